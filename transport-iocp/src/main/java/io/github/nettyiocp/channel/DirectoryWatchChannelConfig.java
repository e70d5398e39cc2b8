/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultChannelConfig;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

import static io.netty.util.internal.ObjectUtil.checkInRange;
import static io.netty.util.internal.ObjectUtil.checkNonEmpty;

/**
 * The options of a {@link DirectoryWatchChannel}: those of {@link DefaultChannelConfig}, and
 * {@link IocpChannelOption#WATCH_SUBTREE}, {@link IocpChannelOption#WATCH_FILTER},
 * {@link IocpChannelOption#WATCH_BUFFER_SIZE} and {@link IocpChannelOption#WATCH_DETAILS}, which Windows wants to know
 * when the watch begins: later changes have no effect.
 */
public final class DirectoryWatchChannelConfig extends DefaultChannelConfig {

    private static final int MIN_BUFFER_SIZE = 1024;
    private static final int MAX_BUFFER_SIZE = 1024 * 1024;
    private static final int DEFAULT_BUFFER_SIZE = 64 * 1024;

    private final DirectoryWatchChannel watchChannel;
    private volatile boolean subtree;
    private volatile Set<WatchFilter> filter = Collections.unmodifiableSet(EnumSet.of(WatchFilter.FILE_NAME,
            WatchFilter.DIRECTORY_NAME, WatchFilter.SIZE, WatchFilter.LAST_WRITE));
    private volatile int bufferSize = DEFAULT_BUFFER_SIZE;
    private volatile boolean details;

    DirectoryWatchChannelConfig(DirectoryWatchChannel channel) {
        super(channel);
        watchChannel = channel;
    }

    @Override
    public Map<ChannelOption<?>, Object> getOptions() {
        return getOptions(super.getOptions(), IocpChannelOption.WATCH_SUBTREE, IocpChannelOption.WATCH_FILTER,
                IocpChannelOption.WATCH_BUFFER_SIZE, IocpChannelOption.WATCH_DETAILS);
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T getOption(ChannelOption<T> option) {
        if (option == IocpChannelOption.WATCH_SUBTREE) {
            return (T) Boolean.valueOf(subtree);
        }
        if (option == IocpChannelOption.WATCH_FILTER) {
            return (T) filter;
        }
        if (option == IocpChannelOption.WATCH_BUFFER_SIZE) {
            return (T) Integer.valueOf(bufferSize);
        }
        if (option == IocpChannelOption.WATCH_DETAILS) {
            return (T) Boolean.valueOf(details);
        }
        return super.getOption(option);
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> boolean setOption(ChannelOption<T> option, T value) {
        validate(option, value);
        if (option == IocpChannelOption.WATCH_SUBTREE) {
            setSubtree((Boolean) value);
        } else if (option == IocpChannelOption.WATCH_FILTER) {
            setFilter((Set<WatchFilter>) value);
        } else if (option == IocpChannelOption.WATCH_BUFFER_SIZE) {
            setBufferSize((Integer) value);
        } else if (option == IocpChannelOption.WATCH_DETAILS) {
            setDetails((Boolean) value);
        } else {
            return super.setOption(option, value);
        }
        return true;
    }

    /** See {@link IocpChannelOption#WATCH_SUBTREE}. */
    public boolean isSubtree() {
        return subtree;
    }

    /** See {@link IocpChannelOption#WATCH_SUBTREE}. */
    public DirectoryWatchChannelConfig setSubtree(boolean subtree) {
        this.subtree = subtree;
        return this;
    }

    /** See {@link IocpChannelOption#WATCH_FILTER}. */
    public Set<WatchFilter> getFilter() {
        return filter;
    }

    /** See {@link IocpChannelOption#WATCH_FILTER}. */
    public DirectoryWatchChannelConfig setFilter(Set<WatchFilter> filter) {
        this.filter = Collections.unmodifiableSet(EnumSet.copyOf(checkNonEmpty(filter, "filter")));
        return this;
    }

    /** See {@link IocpChannelOption#WATCH_BUFFER_SIZE}. */
    public int getBufferSize() {
        return bufferSize;
    }

    /** See {@link IocpChannelOption#WATCH_BUFFER_SIZE}. */
    public DirectoryWatchChannelConfig setBufferSize(int bufferSize) {
        this.bufferSize = checkInRange(bufferSize, MIN_BUFFER_SIZE, MAX_BUFFER_SIZE, "bufferSize");
        return this;
    }

    /** See {@link IocpChannelOption#WATCH_DETAILS}. */
    public boolean isDetails() {
        return details;
    }

    /** See {@link IocpChannelOption#WATCH_DETAILS}. */
    public DirectoryWatchChannelConfig setDetails(boolean details) {
        this.details = details;
        return this;
    }

    @Override
    protected void autoReadCleared() {
        watchChannel.clearReadPending();
    }
}
