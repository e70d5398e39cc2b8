/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultChannelConfig;
import io.netty.util.NettyRuntime;

import java.util.Map;

import static io.netty.util.internal.ObjectUtil.checkInRange;
import static io.netty.util.internal.ObjectUtil.checkNotNull;
import static io.netty.util.internal.ObjectUtil.checkPositiveOrZero;

/**
 * The options of a {@link NamedPipeServerChannel}: those of {@link NamedPipeOption} that concern servers, which are set
 * before {@code bind()}. Options of sockets that programs set on every server ({@code SO_BACKLOG}, ...) are accepted
 * and have no effect.
 */
public final class NamedPipeServerChannelConfig extends DefaultChannelConfig {

    static final int UNLIMITED_INSTANCES = 255;
    private static final int MAX_POSTED = 254;
    private static final int DEFAULT_QUOTA = 1 << 16;
    private static final int MAX_DEFAULT_POSTED = 16;

    private volatile PipeType pipeType = PipeType.BYTE;
    private volatile PipeType readMode = PipeType.BYTE;
    private volatile PipeDirection direction = PipeDirection.DUPLEX;
    private volatile int maxInstances = UNLIMITED_INSTANCES;
    private volatile int postedInstances = Math.min(MAX_DEFAULT_POSTED, NettyRuntime.availableProcessors());
    private volatile int inQuota = DEFAULT_QUOTA;
    private volatile int outQuota = DEFAULT_QUOTA;
    private volatile PipeSecurity security = PipeSecurity.currentUser();
    private volatile boolean remoteClients;

    NamedPipeServerChannelConfig(NamedPipeServerChannel channel) {
        super(channel);
    }

    @Override
    public Map<ChannelOption<?>, Object> getOptions() {
        return getOptions(super.getOptions(), NamedPipeOption.PIPE_TYPE, NamedPipeOption.READ_MODE,
                NamedPipeOption.DIRECTION, NamedPipeOption.MAX_INSTANCES, NamedPipeOption.POSTED_INSTANCES,
                NamedPipeOption.IN_QUOTA, NamedPipeOption.OUT_QUOTA, NamedPipeOption.SECURITY,
                NamedPipeOption.REMOTE_CLIENTS);
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T getOption(ChannelOption<T> option) {
        Object value;
        if (option == NamedPipeOption.PIPE_TYPE) {
            value = getPipeType();
        } else if (option == NamedPipeOption.READ_MODE) {
            value = getReadMode();
        } else if (option == NamedPipeOption.DIRECTION) {
            value = getDirection();
        } else if (option == NamedPipeOption.MAX_INSTANCES) {
            value = getMaxInstances();
        } else if (option == NamedPipeOption.POSTED_INSTANCES) {
            value = getPostedInstances();
        } else if (option == NamedPipeOption.IN_QUOTA) {
            value = getInQuota();
        } else if (option == NamedPipeOption.OUT_QUOTA) {
            value = getOutQuota();
        } else if (option == NamedPipeOption.SECURITY) {
            value = getSecurity();
        } else if (option == NamedPipeOption.REMOTE_CLIENTS) {
            value = isRemoteClients();
        } else {
            return super.getOption(option);
        }
        return (T) value;
    }

    @Override
    public <T> boolean setOption(ChannelOption<T> option, T value) {
        validate(option, value);
        if (option == NamedPipeOption.PIPE_TYPE) {
            setPipeType((PipeType) value);
        } else if (option == NamedPipeOption.READ_MODE) {
            setReadMode((PipeType) value);
        } else if (option == NamedPipeOption.DIRECTION) {
            setDirection((PipeDirection) value);
        } else if (option == NamedPipeOption.MAX_INSTANCES) {
            setMaxInstances((Integer) value);
        } else if (option == NamedPipeOption.POSTED_INSTANCES) {
            setPostedInstances((Integer) value);
        } else if (option == NamedPipeOption.IN_QUOTA) {
            setInQuota((Integer) value);
        } else if (option == NamedPipeOption.OUT_QUOTA) {
            setOutQuota((Integer) value);
        } else if (option == NamedPipeOption.SECURITY) {
            setSecurity((PipeSecurity) value);
        } else if (option == NamedPipeOption.REMOTE_CLIENTS) {
            setRemoteClients((Boolean) value);
        } else {
            return super.setOption(option, value) || IgnoredOptions.contains(option);
        }
        return true;
    }

    /** See {@link NamedPipeOption#PIPE_TYPE}. */
    public PipeType getPipeType() {
        return pipeType;
    }

    /** See {@link NamedPipeOption#PIPE_TYPE}. */
    public NamedPipeServerChannelConfig setPipeType(PipeType pipeType) {
        this.pipeType = checkNotNull(pipeType, "pipeType");
        return this;
    }

    /** See {@link NamedPipeOption#READ_MODE}. */
    public PipeType getReadMode() {
        return readMode;
    }

    /** See {@link NamedPipeOption#READ_MODE}. */
    public NamedPipeServerChannelConfig setReadMode(PipeType readMode) {
        this.readMode = checkNotNull(readMode, "readMode");
        return this;
    }

    /** See {@link NamedPipeOption#DIRECTION}. */
    public PipeDirection getDirection() {
        return direction;
    }

    /** See {@link NamedPipeOption#DIRECTION}. */
    public NamedPipeServerChannelConfig setDirection(PipeDirection direction) {
        this.direction = checkNotNull(direction, "direction");
        return this;
    }

    /** See {@link NamedPipeOption#MAX_INSTANCES}. */
    public int getMaxInstances() {
        return maxInstances;
    }

    /** See {@link NamedPipeOption#MAX_INSTANCES}. */
    public NamedPipeServerChannelConfig setMaxInstances(int maxInstances) {
        this.maxInstances = checkInRange(maxInstances, 1, UNLIMITED_INSTANCES, "maxInstances");
        return this;
    }

    /** See {@link NamedPipeOption#POSTED_INSTANCES}. */
    public int getPostedInstances() {
        return postedInstances;
    }

    /** See {@link NamedPipeOption#POSTED_INSTANCES}. */
    public NamedPipeServerChannelConfig setPostedInstances(int postedInstances) {
        this.postedInstances = checkInRange(postedInstances, 1, MAX_POSTED, "postedInstances");
        return this;
    }

    /** See {@link NamedPipeOption#IN_QUOTA}. */
    public int getInQuota() {
        return inQuota;
    }

    /** See {@link NamedPipeOption#IN_QUOTA}. */
    public NamedPipeServerChannelConfig setInQuota(int inQuota) {
        this.inQuota = checkPositiveOrZero(inQuota, "inQuota");
        return this;
    }

    /** See {@link NamedPipeOption#OUT_QUOTA}. */
    public int getOutQuota() {
        return outQuota;
    }

    /** See {@link NamedPipeOption#OUT_QUOTA}. */
    public NamedPipeServerChannelConfig setOutQuota(int outQuota) {
        this.outQuota = checkPositiveOrZero(outQuota, "outQuota");
        return this;
    }

    /** See {@link NamedPipeOption#SECURITY}. */
    public PipeSecurity getSecurity() {
        return security;
    }

    /** See {@link NamedPipeOption#SECURITY}. */
    public NamedPipeServerChannelConfig setSecurity(PipeSecurity security) {
        this.security = checkNotNull(security, "security");
        return this;
    }

    /** See {@link NamedPipeOption#REMOTE_CLIENTS}. */
    public boolean isRemoteClients() {
        return remoteClients;
    }

    /** See {@link NamedPipeOption#REMOTE_CLIENTS}. */
    public NamedPipeServerChannelConfig setRemoteClients(boolean remoteClients) {
        this.remoteClients = remoteClients;
        return this;
    }

    @Override
    protected void autoReadCleared() {
        ((NamedPipeServerChannel) channel).clearReadPending();
    }
}
