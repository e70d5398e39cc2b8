/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.Overlapped;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.ObjectKind;
import io.github.nettyiocp.internal.Operation;
import io.github.nettyiocp.internal.StatusTable;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.netty.buffer.ByteBuf;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;

import static io.netty.util.internal.ObjectUtil.checkPositiveOrZero;

/**
 * A device: what a driver offers under a {@link DeviceAddress}. Beside reading and writing it takes requests
 * ({@link #control}), any number at a time.
 *
 * <pre>{@code
 * DeviceStrategy device = new DeviceStrategy();
 * Channel channel = new Bootstrap().group(group).channelFactory(() -> new HandleChannel(device)).handler(...)
 *         .connect(new DeviceAddress("MyDevice")).sync().channel();
 * Future<ByteBuf> answer = device.control(IOCTL_MY_REQUEST, input, 512);
 * }</pre>
 */
public class DeviceStrategy extends HandleStrategy {

    private final boolean readable;
    private final List<Overlapped> inFlight = new ArrayList<>();

    /** A device that takes requests only: nothing is read from it. */
    public DeviceStrategy() {
        this(false);
    }

    /**
     * A device.
     *
     * @param readable whether the device is read, as a stream of bytes
     */
    public DeviceStrategy(boolean readable) {
        this.readable = readable;
    }

    @Override
    protected boolean canRead() {
        return readable;
    }

    @Override
    protected boolean waitsWithoutBuffer() {
        return false;
    }

    // ---- opening

    @Override
    protected void checkAddress(SocketAddress address) {
        if (!(address instanceof DeviceAddress)) {
            throw new UnsupportedAddressTypeException();
        }
    }

    /** Opens the device for reading and writing, not shared ({@code CreateFileW}). */
    @Override
    protected long open(SocketAddress address) throws IOException {
        return open(address, WinConst.GENERIC_READ | WinConst.GENERIC_WRITE, 0);
    }

    final long open(SocketAddress address, int access, int shareMode) throws IOException {
        Win32 win32 = registration().win32Access().ofThisThread();
        long handle;
        try (Arena arena = Arena.ofConfined()) {
            handle = win32.createFile(arena.allocateFrom(address.toString(), StandardCharsets.UTF_16LE).address(),
                    access, shareMode, 0, WinConst.OPEN_EXISTING, WinConst.FILE_FLAG_OVERLAPPED);
        }
        if (handle == WinConst.INVALID_HANDLE_VALUE) {
            throw exception(win32, win32.lastError(), address);
        }
        return handle;
    }

    static IOException exception(Win32 win32, int error, Object subject) {
        return StatusTable.exception(win32, ObjectKind.FILE, Operation.OPEN, NtStatus.ofError(error), subject);
    }

    // ---- requests

    /**
     * Sends a request to the driver ({@code DeviceIoControl}). May be called from any thread.
     *
     * @param code the request's code
     * @param input what the driver reads; taken over, and copied if it isn't in one piece off the heap. {@code null}
     *              for nothing
     * @param maxOutput how many bytes the driver may answer
     * @return the driver's answer, which whoever takes it releases; fails with the error of the driver, or with
     *         {@link ClosedChannelException} if the channel is not open, or is closed meanwhile
     */
    public final Future<ByteBuf> control(int code, ByteBuf input, int maxOutput) {
        checkPositiveOrZero(maxOutput, "maxOutput");
        Promise<ByteBuf> promise = channel().eventLoop().newPromise();
        if (channel().eventLoop().inEventLoop()) {
            start(code, input, maxOutput, promise);
        } else {
            try {
                channel().eventLoop().execute(() -> start(code, input, maxOutput, promise));
            } catch (RejectedExecutionException cause) {
                ReferenceCountUtil.release(input);
                promise.setFailure(cause);
            }
        }
        return promise;
    }

    private void start(int code, ByteBuf input, int maxOutput, Promise<ByteBuf> promise) {
        if (binding() == null || !binding().isBound() || channel().isClosing()) {
            ReferenceCountUtil.release(input);
            promise.setFailure(new ClosedChannelException());
            return;
        }
        ByteBuf in = null;
        try {
            in = input == null || input.hasMemoryAddress() ? input : copy(input);
            ByteBuf out = channel().alloc().directBuffer(Math.max(1, maxOutput));
            new Request(code, in, out, maxOutput, promise).submit();
        } catch (Throwable cause) {
            ReferenceCountUtil.release(in);
            promise.setFailure(cause);
        }
    }

    private ByteBuf copy(ByteBuf input) {
        try {
            return channel().directCopy(input);
        } finally {
            input.release();
        }
    }

    /** The input and the answer's memory belong to the driver until the outcome. */
    private final class Request {

        private final int code;
        private final ByteBuf in;
        private final ByteBuf out;
        private final int maxOutput;
        private final Promise<ByteBuf> promise;

        Request(int code, ByteBuf in, ByteBuf out, int maxOutput, Promise<ByteBuf> promise) {
            this.code = code;
            this.in = in;
            this.out = out;
            this.maxOutput = maxOutput;
            this.promise = promise;
        }

        void submit() {
            Overlapped operation = binding().overlapped(this::completed);
            if (in != null) {
                operation.own(in);
            }
            inFlight.add(operation);
            operation.own(out).submit(this::call);
        }

        private int call(long overlapped, long transferred) {
            return registration().win32().deviceIoControl(binding().handle(), code,
                    in == null ? 0 : in.memoryAddress() + in.readerIndex(), in == null ? 0 : in.readableBytes(),
                    maxOutput == 0 ? 0 : out.memoryAddress(), maxOutput, transferred, overlapped);
        }

        private void completed(Overlapped operation, int status, int bytes) {
            inFlight.remove(operation);
            operation.release();
            if (operation.isSuccess()) {
                ByteBuf answer = out.retain().writerIndex(bytes);
                if (!promise.trySuccess(answer)) {
                    answer.release();
                }
            } else {
                promise.tryFailure(StatusTable.exception(registration().win32(), ObjectKind.FILE, Operation.CONTROL,
                        status, channel().remoteAddress()));
            }
        }
    }

    @Override
    protected void closing() {
        for (Overlapped operation : inFlight.toArray(new Overlapped[0])) {
            operation.cancel();
        }
    }
}
