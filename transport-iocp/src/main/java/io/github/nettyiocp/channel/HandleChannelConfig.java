/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultChannelConfig;

import java.util.Map;

import static io.netty.channel.ChannelOption.ALLOW_HALF_CLOSURE;
import static io.netty.util.internal.ObjectUtil.checkNotNull;

/**
 * The options of a {@link HandleChannel}: those of {@link DefaultChannelConfig}, {@code ALLOW_HALF_CLOSURE},
 * {@link IocpChannelOption#RECEIVE_MODE} and {@link IocpChannelOption#SKIP_ON_SUCCESS}.
 */
public class HandleChannelConfig extends DefaultChannelConfig {

    private final HandleChannel handleChannel;
    private volatile boolean allowHalfClosure;
    private volatile boolean skipOnSuccess = true;
    private volatile ReceiveMode receiveMode = ReceiveMode.BUFFER;

    /** Makes the configuration of a channel. */
    protected HandleChannelConfig(HandleChannel channel) {
        super(channel);
        handleChannel = channel;
    }

    @Override
    public Map<ChannelOption<?>, Object> getOptions() {
        return getOptions(super.getOptions(), ALLOW_HALF_CLOSURE, IocpChannelOption.RECEIVE_MODE,
                IocpChannelOption.SKIP_ON_SUCCESS);
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T getOption(ChannelOption<T> option) {
        if (option == ALLOW_HALF_CLOSURE) {
            return (T) Boolean.valueOf(isAllowHalfClosure());
        }
        if (option == IocpChannelOption.RECEIVE_MODE) {
            return (T) getReceiveMode();
        }
        if (option == IocpChannelOption.SKIP_ON_SUCCESS) {
            return (T) Boolean.valueOf(isSkipOnSuccess());
        }
        return super.getOption(option);
    }

    @Override
    public <T> boolean setOption(ChannelOption<T> option, T value) {
        validate(option, value);
        if (option == ALLOW_HALF_CLOSURE) {
            setAllowHalfClosure((Boolean) value);
        } else if (option == IocpChannelOption.RECEIVE_MODE) {
            setReceiveMode((ReceiveMode) value);
        } else if (option == IocpChannelOption.SKIP_ON_SUCCESS) {
            setSkipOnSuccess((Boolean) value);
        } else {
            return super.setOption(option, value);
        }
        return true;
    }

    /** See {@link ChannelOption#ALLOW_HALF_CLOSURE}; default {@code false}. */
    public boolean isAllowHalfClosure() {
        return allowHalfClosure;
    }

    /** See {@link #isAllowHalfClosure()}. */
    public HandleChannelConfig setAllowHalfClosure(boolean allowHalfClosure) {
        this.allowHalfClosure = allowHalfClosure;
        return this;
    }

    /** See {@link IocpChannelOption#RECEIVE_MODE}; channels of messages have a buffer posted always. */
    public ReceiveMode getReceiveMode() {
        return receiveMode;
    }

    /** See {@link #getReceiveMode()}. */
    public HandleChannelConfig setReceiveMode(ReceiveMode receiveMode) {
        this.receiveMode = checkNotNull(receiveMode, "receiveMode");
        return this;
    }

    /** See {@link IocpChannelOption#SKIP_ON_SUCCESS}; only for handles that the library opened itself. */
    public boolean isSkipOnSuccess() {
        return skipOnSuccess;
    }

    /** See {@link #isSkipOnSuccess()}. */
    public HandleChannelConfig setSkipOnSuccess(boolean skipOnSuccess) {
        this.skipOnSuccess = skipOnSuccess;
        return this;
    }

    @Override
    protected void autoReadCleared() {
        handleChannel.clearReadPending();
    }
}
