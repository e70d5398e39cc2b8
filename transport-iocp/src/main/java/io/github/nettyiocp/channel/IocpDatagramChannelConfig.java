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
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MessageSizeEstimator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.DatagramChannelConfig;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Enumeration;
import java.util.Map;

import static io.netty.channel.ChannelOption.IP_MULTICAST_ADDR;
import static io.netty.channel.ChannelOption.IP_MULTICAST_IF;
import static io.netty.channel.ChannelOption.IP_MULTICAST_LOOP_DISABLED;
import static io.netty.channel.ChannelOption.IP_MULTICAST_TTL;
import static io.netty.channel.ChannelOption.IP_TOS;
import static io.netty.channel.ChannelOption.SO_BROADCAST;
import static io.netty.channel.ChannelOption.SO_RCVBUF;
import static io.netty.channel.ChannelOption.SO_REUSEADDR;
import static io.netty.channel.ChannelOption.SO_SNDBUF;
import static io.netty.util.internal.ObjectUtil.checkInRange;
import static io.netty.util.internal.ObjectUtil.checkNotNull;
import static io.netty.util.internal.ObjectUtil.checkPositive;

/**
 * The settings of an {@link IocpDatagramChannel}. Those of the socket throw a {@link ChannelException} if Windows
 * refuses them or the socket is closed. May be used from any thread.
 *
 * <p>The options of multicast exist for IPv4 and for IPv6. A socket of IPv6, which is a dual one, has both set, and
 * tells that of IPv6.
 */
public final class IocpDatagramChannelConfig extends DefaultChannelConfig implements DatagramChannelConfig {

    private static final int DEFAULT_BUFFER_SIZE = 2048;
    private static final int MAX_POSTED_RECEIVES = 1024;

    private final WinSocket socket;
    private volatile boolean activeOnRegistration;
    private volatile boolean reuseAddress;
    private volatile boolean exclusiveAddressUse = true;
    private volatile int postedReceives = 4;
    private volatile int trafficClass;

    IocpDatagramChannelConfig(IocpDatagramChannel channel, WinSocket socket) {
        super(channel, new FixedRecvByteBufAllocator(DEFAULT_BUFFER_SIZE));
        this.socket = socket;
    }

    @Override
    @SuppressWarnings("deprecation")
    public Map<ChannelOption<?>, Object> getOptions() {
        return getOptions(super.getOptions(), SO_BROADCAST, SO_RCVBUF, SO_SNDBUF, SO_REUSEADDR,
                IP_MULTICAST_LOOP_DISABLED, IP_MULTICAST_ADDR, IP_MULTICAST_IF, IP_MULTICAST_TTL, IP_TOS,
                ChannelOption.DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION, IocpChannelOption.POSTED_RECEIVES,
                IocpChannelOption.SO_EXCLUSIVEADDRUSE);
    }

    @Override
    @SuppressWarnings({ "unchecked", "deprecation" })
    public <T> T getOption(ChannelOption<T> given) {
        ChannelOption<T> option = JdkOptions.here(given);
        Object value;
        if (option == SO_BROADCAST) {
            value = isBroadcast();
        } else if (option == SO_RCVBUF) {
            value = getReceiveBufferSize();
        } else if (option == SO_SNDBUF) {
            value = getSendBufferSize();
        } else if (option == SO_REUSEADDR) {
            value = isReuseAddress();
        } else if (option == IP_MULTICAST_LOOP_DISABLED) {
            value = isLoopbackModeDisabled();
        } else if (option == JdkOptions.IP_MULTICAST_LOOP) {
            value = !isLoopbackModeDisabled();
        } else if (option == JdkOptions.IP_DONTFRAGMENT) {
            value = getOfFamily(WinConst.IP_DONTFRAGMENT, WinConst.IPV6_DONTFRAG) != 0;
        } else if (option == IP_MULTICAST_ADDR) {
            value = getInterface();
        } else if (option == IP_MULTICAST_IF) {
            value = getNetworkInterface();
        } else if (option == IP_MULTICAST_TTL) {
            value = getTimeToLive();
        } else if (option == IP_TOS) {
            value = getTrafficClass();
        } else if (option == ChannelOption.DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION) {
            value = activeOnRegistration;
        } else if (option == IocpChannelOption.POSTED_RECEIVES) {
            value = getPostedReceives();
        } else if (option == IocpChannelOption.SO_EXCLUSIVEADDRUSE) {
            value = isExclusiveAddressUse();
        } else if (option instanceof RawSocketOption) {
            value = socket.get((RawSocketOption<T>) option);
        } else {
            return super.getOption(option);
        }
        return (T) value;
    }

    @Override
    @SuppressWarnings("deprecation")
    public <T> boolean setOption(ChannelOption<T> given, T value) {
        ChannelOption<T> option = JdkOptions.here(given);
        validate(option, value);
        if (option == SO_BROADCAST) {
            setBroadcast((Boolean) value);
        } else if (option == SO_RCVBUF) {
            setReceiveBufferSize((Integer) value);
        } else if (option == SO_SNDBUF) {
            setSendBufferSize((Integer) value);
        } else if (option == SO_REUSEADDR) {
            setReuseAddress((Boolean) value);
        } else if (option == IP_MULTICAST_LOOP_DISABLED) {
            setLoopbackModeDisabled((Boolean) value);
        } else if (option == JdkOptions.IP_MULTICAST_LOOP) {
            setLoopbackModeDisabled(!(Boolean) value);
        } else if (option == JdkOptions.IP_DONTFRAGMENT) {
            setOfFamily(WinConst.IP_DONTFRAGMENT, WinConst.IPV6_DONTFRAG, (Boolean) value ? 1 : 0);
        } else if (option == IP_MULTICAST_ADDR) {
            setInterface((InetAddress) value);
        } else if (option == IP_MULTICAST_IF) {
            setNetworkInterface((NetworkInterface) value);
        } else if (option == IP_MULTICAST_TTL) {
            setTimeToLive((Integer) value);
        } else if (option == IP_TOS) {
            setTrafficClass((Integer) value);
        } else if (option == ChannelOption.DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION) {
            setActiveOnRegistration((Boolean) value);
        } else if (option == IocpChannelOption.POSTED_RECEIVES) {
            setPostedReceives((Integer) value);
        } else if (option == IocpChannelOption.SO_EXCLUSIVEADDRUSE) {
            setExclusiveAddressUse((Boolean) value);
        } else if (option instanceof RawSocketOption) {
            socket.set((RawSocketOption<T>) option, value);
        } else {
            return super.setOption(option, value);
        }
        return true;
    }

    boolean isActiveOnRegistration() {
        return activeOnRegistration;
    }

    private void setActiveOnRegistration(boolean activeOnRegistration) {
        if (channel.isRegistered()) {
            throw new IllegalStateException("Can only be changed before the channel was registered");
        }
        this.activeOnRegistration = activeOnRegistration;
    }

    /** See {@link IocpChannelOption#POSTED_RECEIVES}. */
    public int getPostedReceives() {
        return postedReceives;
    }

    /** See {@link IocpChannelOption#POSTED_RECEIVES}. */
    public IocpDatagramChannelConfig setPostedReceives(int postedReceives) {
        this.postedReceives = checkInRange(postedReceives, 1, MAX_POSTED_RECEIVES, "postedReceives");
        return this;
    }

    @Override
    public boolean isBroadcast() {
        return socket.getInt(WinConst.SOL_SOCKET, WinConst.SO_BROADCAST) != 0;
    }

    @Override
    public IocpDatagramChannelConfig setBroadcast(boolean broadcast) {
        return set(WinConst.SOL_SOCKET, WinConst.SO_BROADCAST, broadcast ? 1 : 0);
    }

    @Override
    public int getSendBufferSize() {
        return socket.getInt(WinConst.SOL_SOCKET, WinConst.SO_SNDBUF);
    }

    @Override
    public IocpDatagramChannelConfig setSendBufferSize(int sendBufferSize) {
        return set(WinConst.SOL_SOCKET, WinConst.SO_SNDBUF, checkPositive(sendBufferSize, "sendBufferSize"));
    }

    @Override
    public int getReceiveBufferSize() {
        return socket.getInt(WinConst.SOL_SOCKET, WinConst.SO_RCVBUF);
    }

    @Override
    public IocpDatagramChannelConfig setReceiveBufferSize(int receiveBufferSize) {
        return set(WinConst.SOL_SOCKET, WinConst.SO_RCVBUF, checkPositive(receiveBufferSize, "receiveBufferSize"));
    }

    @Override
    public boolean isReuseAddress() {
        return reuseAddress;
    }

    /**
     * Whether several sockets may be bound to one port, as receivers of multicast want it: the {@code SO_REUSEADDR} of
     * Windows, by which any program may take part in the port. Without it the address is bound exclusively. Windows
     * knows it until the socket is bound; later a change is remembered and has no effect.
     */
    @Override
    public IocpDatagramChannelConfig setReuseAddress(boolean reuseAddress) {
        if (((IocpDatagramChannel) channel).localAddress() == null) {
            set(WinConst.SOL_SOCKET, WinConst.SO_REUSEADDR, reuseAddress ? 1 : 0);
        }
        this.reuseAddress = reuseAddress;
        exclusiveAddressUse = !reuseAddress;
        return this;
    }

    /** See {@link IocpChannelOption#SO_EXCLUSIVEADDRUSE}. */
    public boolean isExclusiveAddressUse() {
        return exclusiveAddressUse;
    }

    /** See {@link IocpChannelOption#SO_EXCLUSIVEADDRUSE}; together with {@code SO_REUSEADDR} the {@code bind} fails. */
    public IocpDatagramChannelConfig setExclusiveAddressUse(boolean exclusiveAddressUse) {
        this.exclusiveAddressUse = exclusiveAddressUse;
        return this;
    }

    /** Remembered only; see {@link #setTrafficClass}. */
    @Override
    public int getTrafficClass() {
        return trafficClass;
    }

    /** Windows ignores {@code IP_TOS}, which it calls deprecated: the value is checked and remembered. */
    @Override
    public IocpDatagramChannelConfig setTrafficClass(int trafficClass) {
        this.trafficClass = checkInRange(trafficClass, 0, 255, "trafficClass");
        return this;
    }

    /**
     * Whether this channel does not hear what its own machine sends to its groups; {@code false} by default. On Windows
     * the option is the receiver's, elsewhere the sender's. NIO's means the opposite of its name and of this contract:
     * it is {@code true} where loopback is on, which is the default there as well.
     */
    @Override
    public boolean isLoopbackModeDisabled() {
        return getOfFamily(WinConst.IP_MULTICAST_LOOP, WinConst.IPV6_MULTICAST_LOOP) == 0;
    }

    /** See {@link #isLoopbackModeDisabled()}. */
    @Override
    public IocpDatagramChannelConfig setLoopbackModeDisabled(boolean loopbackModeDisabled) {
        return setOfFamily(WinConst.IP_MULTICAST_LOOP, WinConst.IPV6_MULTICAST_LOOP, loopbackModeDisabled ? 0 : 1);
    }

    /** The routers that multicast may pass, 1 by default: this network only. */
    @Override
    public int getTimeToLive() {
        return getOfFamily(WinConst.IP_MULTICAST_TTL, WinConst.IPV6_MULTICAST_HOPS);
    }

    @Override
    public IocpDatagramChannelConfig setTimeToLive(int ttl) {
        return setOfFamily(WinConst.IP_MULTICAST_TTL, WinConst.IPV6_MULTICAST_HOPS, checkInRange(ttl, 0, 255, "ttl"));
    }

    /** The first address of {@link #getNetworkInterface()}; {@code null} if that has none. */
    @Override
    public InetAddress getInterface() {
        NetworkInterface networkInterface = getNetworkInterface();
        if (networkInterface == null) {
            return null;
        }
        Enumeration<InetAddress> addresses = networkInterface.getInetAddresses();
        return addresses.hasMoreElements() ? addresses.nextElement() : null;
    }

    @Override
    public IocpDatagramChannelConfig setInterface(InetAddress interfaceAddress) {
        try {
            NetworkInterface networkInterface = NetworkInterface.getByInetAddress(interfaceAddress);
            if (networkInterface == null) {
                throw new ChannelException("no network interface has the address " + interfaceAddress);
            }
            return setNetworkInterface(networkInterface);
        } catch (SocketException e) {
            throw new ChannelException(e);
        }
    }

    /** The interface that multicast is sent by; {@code null} if Windows chooses, which is the default. */
    @Override
    public NetworkInterface getNetworkInterface() {
        try {
            if (isIpv6()) {
                int index = socket.getInt(WinConst.IPPROTO_IPV6, WinConst.IPV6_MULTICAST_IF);
                return index == 0 ? null : NetworkInterface.getByIndex(index);
            }
            int address = socket.getInt(WinConst.IPPROTO_IP, WinConst.IP_MULTICAST_IF);
            if (address == 0) {
                return null;
            }
            byte[] bytes = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(address).array();
            // 0.x.x.x is the index of an interface.
            return bytes[0] == 0 ? NetworkInterface.getByIndex(Integer.reverseBytes(address))
                    : NetworkInterface.getByInetAddress(InetAddress.getByAddress(bytes));
        } catch (IOException e) {
            throw new ChannelException(e);
        }
    }

    @Override
    public IocpDatagramChannelConfig setNetworkInterface(NetworkInterface networkInterface) {
        checkNotNull(networkInterface, "networkInterface");
        try {
            InetAddress address = Multicast.firstIpv4(networkInterface);
            if (isIpv6()) {
                set(WinConst.IPPROTO_IPV6, WinConst.IPV6_MULTICAST_IF, Multicast.index(networkInterface));
                if (address != null) {
                    setQuietly(WinConst.IP_MULTICAST_IF, toInt(address));
                }
                return this;
            }
            if (address == null) {
                throw new SocketException("Network interface not configured for IPv4: " + networkInterface);
            }
            return set(WinConst.IPPROTO_IP, WinConst.IP_MULTICAST_IF, toInt(address));
        } catch (SocketException e) {
            throw new ChannelException(e);
        }
    }

    /** The number whose bytes lie in memory as those of the address do. */
    private static int toInt(InetAddress address) {
        return ByteBuffer.wrap(address.getAddress()).order(ByteOrder.LITTLE_ENDIAN).getInt();
    }

    private boolean isIpv6() {
        return socket.family() == WinConst.AF_INET6;
    }

    private int getOfFamily(int ipv4Option, int ipv6Option) {
        return isIpv6() ? socket.getInt(WinConst.IPPROTO_IPV6, ipv6Option)
                : socket.getInt(WinConst.IPPROTO_IP, ipv4Option);
    }

    private IocpDatagramChannelConfig setOfFamily(int ipv4Option, int ipv6Option, int value) {
        if (isIpv6()) {
            set(WinConst.IPPROTO_IPV6, ipv6Option, value);
            return setQuietly(ipv4Option, value);
        }
        return set(WinConst.IPPROTO_IP, ipv4Option, value);
    }

    /** An IPv4 option of a socket of IPv6 that may not be a dual one. */
    private IocpDatagramChannelConfig setQuietly(int option, int value) {
        try {
            socket.setInt(WinConst.IPPROTO_IP, option, value);
        } catch (ChannelException ignore) {
            // Nothing of IPv4 goes through it then.
        }
        return this;
    }

    private IocpDatagramChannelConfig set(int level, int option, int value) {
        socket.setInt(level, option, value);
        return this;
    }

    @Override
    protected void autoReadCleared() {
        ((IocpDatagramChannel) channel).clearReadPending();
    }

    @Override
    public IocpDatagramChannelConfig setConnectTimeoutMillis(int connectTimeoutMillis) {
        super.setConnectTimeoutMillis(connectTimeoutMillis);
        return this;
    }

    @Override
    @Deprecated
    public IocpDatagramChannelConfig setMaxMessagesPerRead(int maxMessagesPerRead) {
        super.setMaxMessagesPerRead(maxMessagesPerRead);
        return this;
    }

    @Override
    public IocpDatagramChannelConfig setMaxMessagesPerWrite(int maxMessagesPerWrite) {
        super.setMaxMessagesPerWrite(maxMessagesPerWrite);
        return this;
    }

    @Override
    public IocpDatagramChannelConfig setWriteSpinCount(int writeSpinCount) {
        super.setWriteSpinCount(writeSpinCount);
        return this;
    }

    @Override
    public IocpDatagramChannelConfig setAllocator(ByteBufAllocator allocator) {
        super.setAllocator(allocator);
        return this;
    }

    @Override
    public IocpDatagramChannelConfig setRecvByteBufAllocator(RecvByteBufAllocator allocator) {
        super.setRecvByteBufAllocator(allocator);
        return this;
    }

    @Override
    public IocpDatagramChannelConfig setAutoRead(boolean autoRead) {
        super.setAutoRead(autoRead);
        return this;
    }

    @Override
    public IocpDatagramChannelConfig setAutoClose(boolean autoClose) {
        super.setAutoClose(autoClose);
        return this;
    }

    @Override
    @Deprecated
    public IocpDatagramChannelConfig setWriteBufferHighWaterMark(int writeBufferHighWaterMark) {
        super.setWriteBufferHighWaterMark(writeBufferHighWaterMark);
        return this;
    }

    @Override
    @Deprecated
    public IocpDatagramChannelConfig setWriteBufferLowWaterMark(int writeBufferLowWaterMark) {
        super.setWriteBufferLowWaterMark(writeBufferLowWaterMark);
        return this;
    }

    @Override
    public IocpDatagramChannelConfig setWriteBufferWaterMark(WriteBufferWaterMark writeBufferWaterMark) {
        super.setWriteBufferWaterMark(writeBufferWaterMark);
        return this;
    }

    @Override
    public IocpDatagramChannelConfig setMessageSizeEstimator(MessageSizeEstimator estimator) {
        super.setMessageSizeEstimator(estimator);
        return this;
    }
}
