/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.Win32;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.SocketAddress;

import static io.netty.util.internal.ObjectUtil.checkInRange;
import static io.netty.util.internal.ObjectUtil.checkNotNull;
import static io.netty.util.internal.ObjectUtil.checkPositive;

/**
 * A serial port as a stream of bytes:
 *
 * <pre>{@code
 * new Bootstrap().group(group).channelFactory(() -> new HandleChannel(new SerialStrategy().baudRate(115200)))
 *         .handler(...).connect(new DeviceAddress("COM3"));
 * }</pre>
 *
 * <p>The settings ({@code SetCommState}, {@code SetCommTimeouts}) are made when the port is opened, before anything is
 * read, and on an adopted handle too; they are fixed from then on. A read waits for the first byte without limit, and
 * ends when none follows for {@link #readIntervalMillis}. Errors of the line (parity, framing, overrun) don't stop the
 * stream. Changes of the other lines (ring, carrier) are not told; {@code WaitCommEvent} can be called by a strategy of
 * one's own, with {@link #overlapped} for it.
 *
 * <p>A port that another program has is {@link java.nio.file.AccessDeniedException}, one that is not there
 * {@link java.nio.file.NoSuchFileException}. A port that is unplugged is an {@link IOException} at the next read or
 * write, often at several at once, then the channel closes.
 */
public final class SerialStrategy extends DeviceStrategy {

    /** The bit that is added to each byte. */
    public enum Parity { NONE, ODD, EVEN, MARK, SPACE }

    /** What follows each byte. */
    public enum StopBits { ONE, ONE_AND_A_HALF, TWO }

    /** How either end tells the other to wait. */
    public enum FlowControl {

        /** Not at all. */
        NONE(DTR_ENABLE | RTS_ENABLE),

        /** By the lines RTS and CTS. */
        RTS_CTS(DTR_ENABLE | RTS_HANDSHAKE | OUTX_CTS_FLOW),

        /** By the lines DTR and DSR. */
        DTR_DSR(DTR_HANDSHAKE | RTS_ENABLE | OUTX_DSR_FLOW),

        /** By the bytes XON (0x11) and XOFF (0x13), which can't be sent as data then. */
        XON_XOFF(DTR_ENABLE | RTS_ENABLE | OUT_X | IN_X);

        private final int flags;

        FlowControl(int flags) {
            this.flags = flags;
        }
    }

    // The bit field of a DCB.
    private static final int BINARY = 1;
    private static final int PARITY = 1 << 1;
    private static final int OUTX_CTS_FLOW = 1 << 2;
    private static final int OUTX_DSR_FLOW = 1 << 3;
    private static final int DTR_ENABLE = 1 << 4;
    private static final int DTR_HANDSHAKE = 2 << 4;
    private static final int OUT_X = 1 << 8;
    private static final int IN_X = 1 << 9;
    private static final int RTS_ENABLE = 1 << 12;
    private static final int RTS_HANDSHAKE = 2 << 12;
    private static final int XON = 0x11;
    private static final int XOFF = 0x13;

    private int baudRate = 9600;
    private int dataBits = 8;
    private Parity parity = Parity.NONE;
    private StopBits stopBits = StopBits.ONE;
    private FlowControl flowControl = FlowControl.NONE;
    private int readIntervalMillis = 1;

    /** A port with 9,600 baud, 8 data bits, no parity, one stop bit, and no flow control. */
    public SerialStrategy() {
        super(true);
    }

    /** Bits a second; default 9,600. */
    public SerialStrategy baudRate(int baudRate) {
        this.baudRate = checkPositive(baudRate, "baudRate");
        return this;
    }

    /** Bits of a byte, 5 to 8; default 8. */
    public SerialStrategy dataBits(int dataBits) {
        this.dataBits = checkInRange(dataBits, 5, 8, "dataBits");
        return this;
    }

    /** Default none. */
    public SerialStrategy parity(Parity parity) {
        this.parity = checkNotNull(parity, "parity");
        return this;
    }

    /** Default one. */
    public SerialStrategy stopBits(StopBits stopBits) {
        this.stopBits = checkNotNull(stopBits, "stopBits");
        return this;
    }

    /** Default none. */
    public SerialStrategy flowControl(FlowControl flowControl) {
        this.flowControl = checkNotNull(flowControl, "flowControl");
        return this;
    }

    /**
     * How many milliseconds a read that has got something waits for more; default 1. Longer intervals make fewer and
     * larger reads, and later ones.
     */
    public SerialStrategy readIntervalMillis(int readIntervalMillis) {
        this.readIntervalMillis = checkPositive(readIntervalMillis, "readIntervalMillis");
        return this;
    }

    @Override
    protected long open(SocketAddress address) throws IOException {
        long handle = super.open(address);
        try {
            configure(handle, address);
        } catch (Throwable cause) {
            registration().win32Access().ofThisThread().closeHandle(handle);
            throw cause;
        }
        return handle;
    }

    @Override
    protected void adopt(long handle) throws IOException {
        configure(handle, "handle 0x" + Long.toHexString(handle));
    }

    private void configure(long handle, Object subject) throws IOException {
        Win32 win32 = registration().win32Access().ofThisThread();
        try (Arena arena = Arena.ofConfined()) {
            long state = arena.allocate(Layout.DCB_SIZE, Integer.BYTES).address();
            Memory.putInt(state + Layout.DCB_LENGTH, Layout.DCB_SIZE);
            check(win32, win32.getCommState(handle, state), subject);
            Memory.putInt(state + Layout.DCB_BAUD_RATE, baudRate);
            // Without fAbortOnError, which would stop everything at a wrong parity bit.
            Memory.putInt(state + Layout.DCB_FLAGS, BINARY | flowControl.flags
                    | (parity == Parity.NONE ? 0 : PARITY));
            Memory.putByte(state + Layout.DCB_BYTE_SIZE, dataBits);
            Memory.putByte(state + Layout.DCB_PARITY, parity.ordinal());
            Memory.putByte(state + Layout.DCB_STOP_BITS, stopBits.ordinal());
            Memory.putByte(state + Layout.DCB_XON_CHAR, XON);
            Memory.putByte(state + Layout.DCB_XOFF_CHAR, XOFF);
            check(win32, win32.setCommState(handle, state), subject);
            // No limit of the whole read or write: all other members are 0.
            long timeouts = arena.allocate(Layout.COMMTIMEOUTS_SIZE, Integer.BYTES).address();
            Memory.putInt(timeouts + Layout.COMMTIMEOUTS_READ_INTERVAL_TIMEOUT, readIntervalMillis);
            check(win32, win32.setCommTimeouts(handle, timeouts), subject);
        }
    }

    private static void check(Win32 win32, int error, Object subject) throws IOException {
        if (error != 0) {
            throw exception(win32, error, subject);
        }
    }
}
