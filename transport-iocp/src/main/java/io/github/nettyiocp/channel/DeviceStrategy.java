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
import io.netty.channel.EventLoop;
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
     * Sends a request to the driver ({@code DeviceIoControl}). May be called from any thread. Cancelling the future
     * asks the driver to give the request up ({@code CancelIoEx}).
     *
     * @param code the request's code
     * @param input what the driver reads; taken over, and copied if it isn't in one piece off the heap. {@code null}
     *              for nothing
     * @param maxOutput how many bytes the driver may answer; what a driver gives of a longer answer is the answer
     * @return the driver's answer, which whoever takes it releases; fails with the error of the driver, or with
     *         {@link ClosedChannelException} if the channel is not open, or is closed meanwhile
     * @throws IllegalStateException if there is no channel, or it was never registered
     */
    public final Future<ByteBuf> control(int code, ByteBuf input, int maxOutput) {
        Promise<ByteBuf> promise;
        try {
            checkPositiveOrZero(maxOutput, "maxOutput");
            promise = loop().newPromise();
            channel().runOnLoop(() -> start(code, input, maxOutput, promise));
        } catch (RejectedExecutionException loopEnded) {
            ReferenceCountUtil.release(input);
            return loop().newFailedFuture(loopEnded);
        } catch (Throwable cause) {
            ReferenceCountUtil.release(input);
            throw cause;
        }
        return promise;
    }

    private EventLoop loop() {
        if (channel() == null) {
            throw new IllegalStateException("there is no channel yet of this device");
        }
        return channel().eventLoop();
    }

    private void start(int code, ByteBuf input, int maxOutput, Promise<ByteBuf> promise) {
        if (binding() == null || !binding().isBound() || channel().isClosing()) {
            ReferenceCountUtil.release(input);
            promise.tryFailure(new ClosedChannelException());
            return;
        }
        Request request;
        try {
            request = new Request(promise);
        } catch (Throwable cause) {
            ReferenceCountUtil.release(input);
            promise.tryFailure(cause);
            return;
        }
        request.start(code, input, maxOutput);
    }

    /** The input and the answer's memory belong to the driver until the outcome, and to the operation. */
    private final class Request {

        private final Promise<ByteBuf> promise;
        private final Overlapped operation;
        private ByteBuf answer;

        Request(Promise<ByteBuf> promise) {
            this.promise = promise;
            operation = overlapped(this::completed);
            inFlight.add(operation);
        }

        void start(int code, ByteBuf input, int maxOutput) {
            try {
                ByteBuf in = input == null || input.hasMemoryAddress() ? input : copy(input);
                if (in != null) {
                    operation.own(in);
                }
                answer = channel().alloc().directBuffer(Math.max(1, maxOutput));
                operation.own(answer).submit((overlapped, transferred) -> registration().win32().deviceIoControl(
                        binding().handle(), code,
                        in == null ? 0 : in.memoryAddress() + in.readerIndex(), in == null ? 0 : in.readableBytes(),
                        maxOutput == 0 ? 0 : answer.memoryAddress(), maxOutput, transferred, overlapped));
                promise.addListener(this::cancelIfAsked);
            } catch (Throwable cause) {
                ended();
                promise.tryFailure(cause);
            }
        }

        private ByteBuf copy(ByteBuf input) {
            try {
                return channel().directCopy(input);
            } finally {
                input.release();
            }
        }

        private void cancelIfAsked(Future<?> done) {
            if (done.isCancelled()) {
                operation.cancel();
            }
        }

        /** What the operation owns is released with it, but for what the driver may have. */
        private void ended() {
            inFlight.remove(operation);
            operation.release();
        }

        private void completed(Overlapped completed, int status, int bytes) {
            if (operation.isSuccess()) {
                answer.retain().writerIndex(bytes);
                if (!promise.trySuccess(answer)) {
                    answer.release();
                }
            } else {
                promise.tryFailure(StatusTable.exception(registration().win32(), ObjectKind.FILE, Operation.CONTROL,
                        status, channel().remoteAddress()));
            }
            ended();
        }
    }

    @Override
    protected void closing() {
        for (Overlapped operation : inFlight.toArray(new Overlapped[0])) {
            operation.cancel();
        }
    }
}
