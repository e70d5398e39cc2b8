/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.internal.WinConst;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.MessageSizeEstimator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.ServerChannelRecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.ServerSocketChannelConfig;
import io.netty.util.NetUtil;

import java.util.Map;

import static io.netty.channel.ChannelOption.SO_BACKLOG;
import static io.netty.channel.ChannelOption.SO_RCVBUF;
import static io.netty.channel.ChannelOption.SO_REUSEADDR;
import static io.netty.channel.ChannelOption.TCP_FASTOPEN;
import static io.netty.util.internal.ObjectUtil.checkInRange;
import static io.netty.util.internal.ObjectUtil.checkPositive;
import static io.netty.util.internal.ObjectUtil.checkPositiveOrZero;

/**
 * The settings of an {@link IocpServerSocketChannel}. Those of the socket throw a {@link ChannelException} if Windows
 * refuses them or the socket is closed. May be used from any thread.
 */
public final class IocpServerSocketChannelConfig extends DefaultChannelConfig implements ServerSocketChannelConfig {

    private static final int MAX_POSTED_ACCEPTS = 1024;

    private final WinSocket socket;
    private volatile int backlog = NetUtil.SOMAXCONN;
    private volatile boolean reuseAddress;
    private volatile boolean exclusiveAddressUse = true;
    private volatile int fastOpen;
    private volatile int postedAccepts = 16;

    IocpServerSocketChannelConfig(IocpServerSocketChannel channel, WinSocket socket) {
        super(channel, new ServerChannelRecvByteBufAllocator());
        this.socket = socket;
    }

    @Override
    public Map<ChannelOption<?>, Object> getOptions() {
        return getOptions(super.getOptions(), SO_RCVBUF, SO_REUSEADDR, SO_BACKLOG, TCP_FASTOPEN,
                IocpChannelOption.POSTED_ACCEPTS, IocpChannelOption.SO_EXCLUSIVEADDRUSE);
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T getOption(ChannelOption<T> given) {
        ChannelOption<T> option = JdkOptions.here(given);
        if (option == SO_RCVBUF) {
            return (T) Integer.valueOf(getReceiveBufferSize());
        }
        if (option == SO_REUSEADDR) {
            return (T) Boolean.valueOf(isReuseAddress());
        }
        if (option == SO_BACKLOG) {
            return (T) Integer.valueOf(getBacklog());
        }
        if (option == TCP_FASTOPEN) {
            return (T) Integer.valueOf(getTcpFastopen());
        }
        if (option == IocpChannelOption.POSTED_ACCEPTS) {
            return (T) Integer.valueOf(getPostedAccepts());
        }
        if (option == IocpChannelOption.SO_EXCLUSIVEADDRUSE) {
            return (T) Boolean.valueOf(isExclusiveAddressUse());
        }
        if (option instanceof RawSocketOption) {
            return socket.get((RawSocketOption<T>) option);
        }
        return super.getOption(option);
    }

    @Override
    public <T> boolean setOption(ChannelOption<T> given, T value) {
        ChannelOption<T> option = JdkOptions.here(given);
        validate(option, value);
        if (option == SO_RCVBUF) {
            setReceiveBufferSize((Integer) value);
        } else if (option == SO_REUSEADDR) {
            setReuseAddress((Boolean) value);
        } else if (option == SO_BACKLOG) {
            setBacklog((Integer) value);
        } else if (option == TCP_FASTOPEN) {
            return WinSocket.isKnown(() -> setTcpFastopen((Integer) value));
        } else if (option == IocpChannelOption.POSTED_ACCEPTS) {
            setPostedAccepts((Integer) value);
        } else if (option == IocpChannelOption.SO_EXCLUSIVEADDRUSE) {
            setExclusiveAddressUse((Boolean) value);
        } else if (option instanceof RawSocketOption) {
            socket.set((RawSocketOption<T>) option, value);
        } else {
            return super.setOption(option, value);
        }
        return true;
    }

    /** See {@link IocpChannelOption#POSTED_ACCEPTS}. */
    public int getPostedAccepts() {
        return postedAccepts;
    }

    /** See {@link IocpChannelOption#POSTED_ACCEPTS}. */
    public IocpServerSocketChannelConfig setPostedAccepts(int postedAccepts) {
        this.postedAccepts = checkInRange(postedAccepts, 1, MAX_POSTED_ACCEPTS, "postedAccepts");
        return this;
    }

    @Override
    public int getBacklog() {
        return backlog;
    }

    /** The connections that Windows holds beside those that {@link IocpChannelOption#POSTED_ACCEPTS} takes. */
    @Override
    public IocpServerSocketChannelConfig setBacklog(int backlog) {
        this.backlog = checkPositiveOrZero(backlog, "backlog");
        return this;
    }

    @Override
    public boolean isReuseAddress() {
        return reuseAddress;
    }

    /** See {@link IocpSocketChannelConfig#setReuseAddress(boolean)}. */
    @Override
    public IocpServerSocketChannelConfig setReuseAddress(boolean reuseAddress) {
        this.reuseAddress = reuseAddress;
        exclusiveAddressUse = !reuseAddress;
        return this;
    }

    /** See {@link IocpChannelOption#SO_EXCLUSIVEADDRUSE}. */
    public boolean isExclusiveAddressUse() {
        return exclusiveAddressUse;
    }

    /** See {@link IocpChannelOption#SO_EXCLUSIVEADDRUSE}. */
    public IocpServerSocketChannelConfig setExclusiveAddressUse(boolean exclusiveAddressUse) {
        this.exclusiveAddressUse = exclusiveAddressUse;
        return this;
    }

    /** See {@link #setTcpFastopen}. */
    public int getTcpFastopen() {
        return fastOpen;
    }

    /**
     * {@link io.netty.channel.ChannelOption#TCP_FASTOPEN}: whether clients may send data with their first packet; 0 for
     * no, which is the default. Windows chooses how many connections may wait so: any other number means yes. Windows
     * 10 1607 and later.
     *
     * @throws ChannelException caused by an {@link UnsupportedOperationException} if this Windows does not know it
     */
    public IocpServerSocketChannelConfig setTcpFastopen(int fastOpen) {
        checkPositiveOrZero(fastOpen, "fastOpen");
        socket.setBoolean(WinConst.IPPROTO_TCP, WinConst.TCP_FASTOPEN, fastOpen > 0, "TCP_FASTOPEN");
        this.fastOpen = fastOpen;
        return this;
    }

    @Override
    public int getReceiveBufferSize() {
        return socket.getInt(WinConst.SOL_SOCKET, WinConst.SO_RCVBUF);
    }

    @Override
    public IocpServerSocketChannelConfig setReceiveBufferSize(int receiveBufferSize) {
        socket.setInt(WinConst.SOL_SOCKET, WinConst.SO_RCVBUF, checkPositive(receiveBufferSize, "receiveBufferSize"));
        return this;
    }

    @Override
    public IocpServerSocketChannelConfig setPerformancePreferences(int connectionTime, int latency, int bandwidth) {
        // The JDK ignores it too.
        return this;
    }

    @Override
    protected void autoReadCleared() {
        ((IocpServerSocketChannel) channel).clearReadPending();
    }

    @Override
    public IocpServerSocketChannelConfig setConnectTimeoutMillis(int connectTimeoutMillis) {
        super.setConnectTimeoutMillis(connectTimeoutMillis);
        return this;
    }

    @Override
    @Deprecated
    public IocpServerSocketChannelConfig setMaxMessagesPerRead(int maxMessagesPerRead) {
        super.setMaxMessagesPerRead(maxMessagesPerRead);
        return this;
    }

    @Override
    public IocpServerSocketChannelConfig setWriteSpinCount(int writeSpinCount) {
        super.setWriteSpinCount(writeSpinCount);
        return this;
    }

    @Override
    public IocpServerSocketChannelConfig setAllocator(ByteBufAllocator allocator) {
        super.setAllocator(allocator);
        return this;
    }

    @Override
    public IocpServerSocketChannelConfig setRecvByteBufAllocator(RecvByteBufAllocator allocator) {
        super.setRecvByteBufAllocator(allocator);
        return this;
    }

    @Override
    public IocpServerSocketChannelConfig setAutoRead(boolean autoRead) {
        super.setAutoRead(autoRead);
        return this;
    }

    @Override
    @Deprecated
    public IocpServerSocketChannelConfig setWriteBufferHighWaterMark(int writeBufferHighWaterMark) {
        super.setWriteBufferHighWaterMark(writeBufferHighWaterMark);
        return this;
    }

    @Override
    @Deprecated
    public IocpServerSocketChannelConfig setWriteBufferLowWaterMark(int writeBufferLowWaterMark) {
        super.setWriteBufferLowWaterMark(writeBufferLowWaterMark);
        return this;
    }

    @Override
    public IocpServerSocketChannelConfig setWriteBufferWaterMark(WriteBufferWaterMark writeBufferWaterMark) {
        super.setWriteBufferWaterMark(writeBufferWaterMark);
        return this;
    }

    @Override
    public IocpServerSocketChannelConfig setMessageSizeEstimator(MessageSizeEstimator estimator) {
        super.setMessageSizeEstimator(estimator);
        return this;
    }
}
