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
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannelConfig;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.util.Map;

import static io.netty.channel.ChannelOption.ALLOW_HALF_CLOSURE;
import static io.netty.channel.ChannelOption.IP_TOS;
import static io.netty.channel.ChannelOption.SO_KEEPALIVE;
import static io.netty.channel.ChannelOption.SO_LINGER;
import static io.netty.channel.ChannelOption.SO_RCVBUF;
import static io.netty.channel.ChannelOption.SO_REUSEADDR;
import static io.netty.channel.ChannelOption.SO_SNDBUF;
import static io.netty.channel.ChannelOption.TCP_FASTOPEN_CONNECT;
import static io.netty.channel.ChannelOption.TCP_NODELAY;
import static io.netty.util.internal.ObjectUtil.checkInRange;
import static io.netty.util.internal.ObjectUtil.checkNotNull;
import static io.netty.util.internal.ObjectUtil.checkPositive;

/**
 * The settings of an {@link IocpSocketChannel}. Those of the socket throw a {@link ChannelException} if Windows refuses
 * them or the socket is closed. May be used from any thread.
 */
public final class IocpSocketChannelConfig extends DefaultChannelConfig implements SocketChannelConfig {

    private static final InternalLogger logger = InternalLoggerFactory.getInstance(IocpSocketChannelConfig.class);

    private final WinSocket socket;
    private volatile boolean allowHalfClosure;
    private volatile boolean reuseAddress;
    private volatile boolean exclusiveAddressUse = true;
    private volatile boolean reuseUnicastPort = true;
    private volatile boolean fastOpenConnect;
    private volatile boolean skipOnSuccess = true;
    private volatile ReceiveMode receiveMode = ReceiveMode.BUFFER;
    private volatile int linger = -1;
    private volatile int trafficClass;

    IocpSocketChannelConfig(IocpSocketChannel channel, WinSocket socket) {
        super(channel);
        this.socket = socket;
        // As all of Netty's transports do, which don't mind if the connection is broken already.
        try {
            setTcpNoDelay(true);
        } catch (ChannelException broken) {
            logger.debug("Cannot set TCP_NODELAY", broken);
        }
    }

    @Override
    public Map<ChannelOption<?>, Object> getOptions() {
        Map<ChannelOption<?>, Object> options = getOptions(super.getOptions(), SO_RCVBUF, SO_SNDBUF, TCP_NODELAY,
                SO_KEEPALIVE, SO_REUSEADDR, SO_LINGER, IP_TOS, TCP_FASTOPEN_CONNECT, ALLOW_HALF_CLOSURE,
                IocpChannelOption.RECEIVE_MODE, IocpChannelOption.SKIP_ON_SUCCESS,
                IocpChannelOption.SO_EXCLUSIVEADDRUSE, IocpChannelOption.SO_REUSE_UNICASTPORT);
        socket.putKnown(options, IocpChannelOption.TCP_KEEPIDLE, IocpChannelOption.TCP_KEEPINTVL,
                IocpChannelOption.TCP_KEEPCNT, IocpChannelOption.TCP_MAXRT);
        return options;
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T getOption(ChannelOption<T> given) {
        ChannelOption<T> option = JdkOptions.here(given);
        Object value;
        if (option == SO_RCVBUF) {
            value = getReceiveBufferSize();
        } else if (option == SO_SNDBUF) {
            value = getSendBufferSize();
        } else if (option == TCP_NODELAY) {
            value = isTcpNoDelay();
        } else if (option == SO_KEEPALIVE) {
            value = isKeepAlive();
        } else if (option == SO_REUSEADDR) {
            value = isReuseAddress();
        } else if (option == SO_LINGER) {
            value = getSoLinger();
        } else if (option == IP_TOS) {
            value = getTrafficClass();
        } else if (option == ALLOW_HALF_CLOSURE) {
            value = isAllowHalfClosure();
        } else if (option == IocpChannelOption.RECEIVE_MODE) {
            value = getReceiveMode();
        } else if (option == IocpChannelOption.SKIP_ON_SUCCESS) {
            value = isSkipOnSuccess();
        } else if (option == TCP_FASTOPEN_CONNECT) {
            value = isTcpFastOpenConnect();
        } else if (option == IocpChannelOption.SO_EXCLUSIVEADDRUSE) {
            value = isExclusiveAddressUse();
        } else if (option == IocpChannelOption.SO_REUSE_UNICASTPORT) {
            value = isReuseUnicastPort();
        } else if (option instanceof RawSocketOption) {
            value = socket.get((RawSocketOption<T>) option);
        } else {
            return super.getOption(option);
        }
        return (T) value;
    }

    @Override
    public <T> boolean setOption(ChannelOption<T> given, T value) {
        ChannelOption<T> option = JdkOptions.here(given);
        validate(option, value);
        if (option == SO_RCVBUF) {
            setReceiveBufferSize((Integer) value);
        } else if (option == SO_SNDBUF) {
            setSendBufferSize((Integer) value);
        } else if (option == TCP_NODELAY) {
            setTcpNoDelay((Boolean) value);
        } else if (option == SO_KEEPALIVE) {
            setKeepAlive((Boolean) value);
        } else if (option == SO_REUSEADDR) {
            setReuseAddress((Boolean) value);
        } else if (option == SO_LINGER) {
            setSoLinger((Integer) value);
        } else if (option == IP_TOS) {
            setTrafficClass((Integer) value);
        } else if (option == ALLOW_HALF_CLOSURE) {
            setAllowHalfClosure((Boolean) value);
        } else if (option == IocpChannelOption.RECEIVE_MODE) {
            setReceiveMode((ReceiveMode) value);
        } else if (option == IocpChannelOption.SKIP_ON_SUCCESS) {
            setSkipOnSuccess((Boolean) value);
        } else if (option == TCP_FASTOPEN_CONNECT) {
            return WinSocket.isKnown(() -> setTcpFastOpenConnect((Boolean) value));
        } else if (option == IocpChannelOption.SO_EXCLUSIVEADDRUSE) {
            setExclusiveAddressUse((Boolean) value);
        } else if (option == IocpChannelOption.SO_REUSE_UNICASTPORT) {
            setReuseUnicastPort((Boolean) value);
        } else if (option instanceof RawSocketOption) {
            socket.set((RawSocketOption<T>) option, value);
        } else {
            return super.setOption(option, value);
        }
        return true;
    }

    /** See {@link IocpChannelOption#RECEIVE_MODE}. */
    public ReceiveMode getReceiveMode() {
        return receiveMode;
    }

    /** See {@link IocpChannelOption#RECEIVE_MODE}. */
    public IocpSocketChannelConfig setReceiveMode(ReceiveMode receiveMode) {
        this.receiveMode = checkNotNull(receiveMode, "receiveMode");
        return this;
    }

    /** See {@link IocpChannelOption#SKIP_ON_SUCCESS}. */
    public boolean isSkipOnSuccess() {
        return skipOnSuccess;
    }

    /** See {@link IocpChannelOption#SKIP_ON_SUCCESS}. */
    public IocpSocketChannelConfig setSkipOnSuccess(boolean skipOnSuccess) {
        this.skipOnSuccess = skipOnSuccess;
        return this;
    }

    @Override
    public boolean isTcpNoDelay() {
        return socket.getInt(WinConst.IPPROTO_TCP, WinConst.TCP_NODELAY) != 0;
    }

    @Override
    public IocpSocketChannelConfig setTcpNoDelay(boolean tcpNoDelay) {
        return set(WinConst.IPPROTO_TCP, WinConst.TCP_NODELAY, tcpNoDelay ? 1 : 0);
    }

    @Override
    public int getSoLinger() {
        return socket.getLinger();
    }

    @Override
    public IocpSocketChannelConfig setSoLinger(int soLinger) {
        socket.setLinger(soLinger);
        linger = soLinger;
        return this;
    }

    /** What {@link #setSoLinger} set last: closing asks for it each time. */
    int linger() {
        return linger;
    }

    @Override
    public int getSendBufferSize() {
        return socket.getInt(WinConst.SOL_SOCKET, WinConst.SO_SNDBUF);
    }

    @Override
    public IocpSocketChannelConfig setSendBufferSize(int sendBufferSize) {
        return set(WinConst.SOL_SOCKET, WinConst.SO_SNDBUF, checkPositive(sendBufferSize, "sendBufferSize"));
    }

    @Override
    public int getReceiveBufferSize() {
        return socket.getInt(WinConst.SOL_SOCKET, WinConst.SO_RCVBUF);
    }

    @Override
    public IocpSocketChannelConfig setReceiveBufferSize(int receiveBufferSize) {
        return set(WinConst.SOL_SOCKET, WinConst.SO_RCVBUF, checkPositive(receiveBufferSize, "receiveBufferSize"));
    }

    @Override
    public boolean isKeepAlive() {
        return socket.getInt(WinConst.SOL_SOCKET, WinConst.SO_KEEPALIVE) != 0;
    }

    @Override
    public IocpSocketChannelConfig setKeepAlive(boolean keepAlive) {
        return set(WinConst.SOL_SOCKET, WinConst.SO_KEEPALIVE, keepAlive ? 1 : 0);
    }

    /** Remembered only; see {@link #setTrafficClass}. */
    @Override
    public int getTrafficClass() {
        return trafficClass;
    }

    /** Windows ignores {@code IP_TOS}, which it calls deprecated: the value is checked and remembered. */
    @Override
    public IocpSocketChannelConfig setTrafficClass(int trafficClass) {
        this.trafficClass = checkInRange(trafficClass, 0, 255, "trafficClass");
        return this;
    }

    @Override
    public boolean isReuseAddress() {
        return reuseAddress;
    }

    /**
     * Whether the address may be in use by connections that are ending. Never the {@code SO_REUSEADDR} of Windows,
     * which lets another program steal the port: by default the address is bound exclusively, with this option it is
     * not.
     */
    @Override
    public IocpSocketChannelConfig setReuseAddress(boolean reuseAddress) {
        this.reuseAddress = reuseAddress;
        exclusiveAddressUse = !reuseAddress;
        return this;
    }

    /** See {@link IocpChannelOption#SO_EXCLUSIVEADDRUSE}. */
    public boolean isExclusiveAddressUse() {
        return exclusiveAddressUse;
    }

    /** See {@link IocpChannelOption#SO_EXCLUSIVEADDRUSE}. */
    public IocpSocketChannelConfig setExclusiveAddressUse(boolean exclusiveAddressUse) {
        this.exclusiveAddressUse = exclusiveAddressUse;
        return this;
    }

    /** See {@link IocpChannelOption#SO_REUSE_UNICASTPORT}. */
    public boolean isReuseUnicastPort() {
        return reuseUnicastPort;
    }

    /** See {@link IocpChannelOption#SO_REUSE_UNICASTPORT}. */
    public IocpSocketChannelConfig setReuseUnicastPort(boolean reuseUnicastPort) {
        socket.setBoolean(WinConst.SOL_SOCKET, WinConst.SO_REUSE_UNICASTPORT, reuseUnicastPort, "SO_REUSE_UNICASTPORT");
        this.reuseUnicastPort = reuseUnicastPort;
        return this;
    }

    /** See {@link #setTcpFastOpenConnect}. */
    public boolean isTcpFastOpenConnect() {
        return fastOpenConnect;
    }

    /**
     * {@link ChannelOption#TCP_FASTOPEN_CONNECT}: what was written before {@code connect()}, flushed or not, goes with
     * the connect, as the send buffer of {@code ConnectEx}. To a server that the machine has talked with before,
     * Windows may send it with the first packet, and the server may get it twice: it must be harmless. Windows 10 1607
     * and later.
     *
     * @throws ChannelException caused by an {@link UnsupportedOperationException} if this Windows does not know it
     */
    public IocpSocketChannelConfig setTcpFastOpenConnect(boolean fastOpenConnect) {
        socket.setBoolean(WinConst.IPPROTO_TCP, WinConst.TCP_FASTOPEN, fastOpenConnect, "TCP_FASTOPEN_CONNECT");
        this.fastOpenConnect = fastOpenConnect;
        return this;
    }

    @Override
    public IocpSocketChannelConfig setPerformancePreferences(int connectionTime, int latency, int bandwidth) {
        // The JDK ignores it too.
        return this;
    }

    @Override
    public boolean isAllowHalfClosure() {
        return allowHalfClosure;
    }

    @Override
    public IocpSocketChannelConfig setAllowHalfClosure(boolean allowHalfClosure) {
        this.allowHalfClosure = allowHalfClosure;
        return this;
    }

    @Override
    protected void autoReadCleared() {
        ((IocpSocketChannel) channel).clearReadPending();
    }

    private IocpSocketChannelConfig set(int level, int option, int value) {
        socket.setInt(level, option, value);
        return this;
    }

    @Override
    public IocpSocketChannelConfig setConnectTimeoutMillis(int connectTimeoutMillis) {
        super.setConnectTimeoutMillis(connectTimeoutMillis);
        return this;
    }

    @Override
    @Deprecated
    public IocpSocketChannelConfig setMaxMessagesPerRead(int maxMessagesPerRead) {
        super.setMaxMessagesPerRead(maxMessagesPerRead);
        return this;
    }

    @Override
    public IocpSocketChannelConfig setWriteSpinCount(int writeSpinCount) {
        super.setWriteSpinCount(writeSpinCount);
        return this;
    }

    @Override
    public IocpSocketChannelConfig setAllocator(ByteBufAllocator allocator) {
        super.setAllocator(allocator);
        return this;
    }

    @Override
    public IocpSocketChannelConfig setRecvByteBufAllocator(RecvByteBufAllocator allocator) {
        super.setRecvByteBufAllocator(allocator);
        return this;
    }

    @Override
    public IocpSocketChannelConfig setAutoRead(boolean autoRead) {
        super.setAutoRead(autoRead);
        return this;
    }

    @Override
    public IocpSocketChannelConfig setAutoClose(boolean autoClose) {
        super.setAutoClose(autoClose);
        return this;
    }

    @Override
    @Deprecated
    public IocpSocketChannelConfig setWriteBufferHighWaterMark(int writeBufferHighWaterMark) {
        super.setWriteBufferHighWaterMark(writeBufferHighWaterMark);
        return this;
    }

    @Override
    @Deprecated
    public IocpSocketChannelConfig setWriteBufferLowWaterMark(int writeBufferLowWaterMark) {
        super.setWriteBufferLowWaterMark(writeBufferLowWaterMark);
        return this;
    }

    @Override
    public IocpSocketChannelConfig setWriteBufferWaterMark(WriteBufferWaterMark writeBufferWaterMark) {
        super.setWriteBufferWaterMark(writeBufferWaterMark);
        return this;
    }

    @Override
    public IocpSocketChannelConfig setMessageSizeEstimator(MessageSizeEstimator estimator) {
        super.setMessageSizeEstimator(estimator);
        return this;
    }
}
