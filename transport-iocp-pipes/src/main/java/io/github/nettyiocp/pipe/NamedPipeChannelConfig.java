/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.github.nettyiocp.channel.HandleChannelConfig;
import io.netty.channel.ChannelOption;

import java.util.Map;

import static io.netty.util.internal.ObjectUtil.checkNotNull;

/**
 * The options of a {@link NamedPipeChannel}: those of a {@link HandleChannelConfig} and of {@link NamedPipeOption}.
 * Options of sockets that programs set on every channel ({@code SO_KEEPALIVE}, {@code TCP_NODELAY}, ...) are accepted
 * and have no effect.
 */
public final class NamedPipeChannelConfig extends HandleChannelConfig {

    private volatile PipeDirection direction = PipeDirection.DUPLEX;
    private volatile PipeType readMode = PipeType.BYTE;
    /** {@code null}: as the read mode says. */
    private volatile Boolean emptyMessageIsEnd;
    private volatile ImpersonationLevel impersonationLevel = ImpersonationLevel.IDENTIFICATION;
    private volatile ServerVerification serverVerification = ServerVerification.none();
    private volatile boolean waitForPipe;
    private volatile int desiredAccess;

    NamedPipeChannelConfig(NamedPipeChannel channel) {
        super(channel);
    }

    @Override
    public Map<ChannelOption<?>, Object> getOptions() {
        return getOptions(super.getOptions(), NamedPipeOption.DIRECTION, NamedPipeOption.READ_MODE,
                NamedPipeOption.EMPTY_MESSAGE_IS_END, NamedPipeOption.IMPERSONATION_LEVEL,
                NamedPipeOption.SERVER_VERIFICATION, NamedPipeOption.WAIT_FOR_PIPE, NamedPipeOption.DESIRED_ACCESS);
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T getOption(ChannelOption<T> option) {
        Object value;
        if (option == NamedPipeOption.DIRECTION) {
            value = getDirection();
        } else if (option == NamedPipeOption.READ_MODE) {
            value = getReadMode();
        } else if (option == NamedPipeOption.EMPTY_MESSAGE_IS_END) {
            value = isEmptyMessageEnd();
        } else if (option == NamedPipeOption.IMPERSONATION_LEVEL) {
            value = getImpersonationLevel();
        } else if (option == NamedPipeOption.SERVER_VERIFICATION) {
            value = getServerVerification();
        } else if (option == NamedPipeOption.WAIT_FOR_PIPE) {
            value = isWaitForPipe();
        } else if (option == NamedPipeOption.DESIRED_ACCESS) {
            value = getDesiredAccess();
        } else {
            return super.getOption(option);
        }
        return (T) value;
    }

    @Override
    public <T> boolean setOption(ChannelOption<T> option, T value) {
        validate(option, value);
        if (option == NamedPipeOption.DIRECTION) {
            setDirection((PipeDirection) value);
        } else if (option == NamedPipeOption.READ_MODE) {
            setReadMode((PipeType) value);
        } else if (option == NamedPipeOption.EMPTY_MESSAGE_IS_END) {
            setEmptyMessageEnd((Boolean) value);
        } else if (option == NamedPipeOption.IMPERSONATION_LEVEL) {
            setImpersonationLevel((ImpersonationLevel) value);
        } else if (option == NamedPipeOption.SERVER_VERIFICATION) {
            setServerVerification((ServerVerification) value);
        } else if (option == NamedPipeOption.WAIT_FOR_PIPE) {
            setWaitForPipe((Boolean) value);
        } else if (option == NamedPipeOption.DESIRED_ACCESS) {
            setDesiredAccess((Integer) value);
        } else {
            return super.setOption(option, value) || IgnoredOptions.contains(option);
        }
        return true;
    }

    /** See {@link NamedPipeOption#DIRECTION}. */
    public PipeDirection getDirection() {
        return direction;
    }

    /** Has to be set before {@code connect()}. See {@link NamedPipeOption#DIRECTION}. */
    public NamedPipeChannelConfig setDirection(PipeDirection direction) {
        this.direction = checkNotNull(direction, "direction");
        return this;
    }

    /** See {@link NamedPipeOption#READ_MODE}. */
    public PipeType getReadMode() {
        return readMode;
    }

    /** Has to be set before {@code connect()}. See {@link NamedPipeOption#READ_MODE}. */
    public NamedPipeChannelConfig setReadMode(PipeType readMode) {
        this.readMode = checkNotNull(readMode, "readMode");
        return this;
    }

    /** See {@link NamedPipeOption#EMPTY_MESSAGE_IS_END}. */
    public boolean isEmptyMessageEnd() {
        Boolean is = emptyMessageIsEnd;
        return is != null ? is : readMode == PipeType.BYTE;
    }

    /** See {@link NamedPipeOption#EMPTY_MESSAGE_IS_END}. */
    public NamedPipeChannelConfig setEmptyMessageEnd(boolean emptyMessageIsEnd) {
        this.emptyMessageIsEnd = emptyMessageIsEnd;
        return this;
    }

    /** See {@link NamedPipeOption#IMPERSONATION_LEVEL}. */
    public ImpersonationLevel getImpersonationLevel() {
        return impersonationLevel;
    }

    /** See {@link NamedPipeOption#IMPERSONATION_LEVEL}. */
    public NamedPipeChannelConfig setImpersonationLevel(ImpersonationLevel impersonationLevel) {
        this.impersonationLevel = checkNotNull(impersonationLevel, "impersonationLevel");
        return this;
    }

    /** See {@link NamedPipeOption#SERVER_VERIFICATION}. */
    public ServerVerification getServerVerification() {
        return serverVerification;
    }

    /** See {@link NamedPipeOption#SERVER_VERIFICATION}. */
    public NamedPipeChannelConfig setServerVerification(ServerVerification serverVerification) {
        this.serverVerification = checkNotNull(serverVerification, "serverVerification");
        return this;
    }

    /** See {@link NamedPipeOption#WAIT_FOR_PIPE}. */
    public boolean isWaitForPipe() {
        return waitForPipe;
    }

    /** See {@link NamedPipeOption#WAIT_FOR_PIPE}. */
    public NamedPipeChannelConfig setWaitForPipe(boolean waitForPipe) {
        this.waitForPipe = waitForPipe;
        return this;
    }

    /** See {@link NamedPipeOption#DESIRED_ACCESS}. */
    public int getDesiredAccess() {
        return desiredAccess;
    }

    /** See {@link NamedPipeOption#DESIRED_ACCESS}. */
    public NamedPipeChannelConfig setDesiredAccess(int desiredAccess) {
        this.desiredAccess = desiredAccess;
        return this;
    }
}
