/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.Binding;
import io.github.nettyiocp.IocpRegistration;
import io.github.nettyiocp.Overlapped;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.ObjectKind;
import io.github.nettyiocp.internal.Operation;
import io.github.nettyiocp.internal.StatusTable;
import io.github.nettyiocp.internal.WinError;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.FileRegion;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.ReferenceCounted;
import io.netty.util.concurrent.PromiseNotifier;
import io.netty.util.concurrent.ScheduledFuture;
import io.netty.util.internal.StringUtil;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * The engine of stream channels: one receive and one send in flight at most, so that bytes keep their order.
 *
 * <p><b>Reading.</b> While the channel is active and nothing is kept, one receive is posted, also with autoRead off:
 * that is how the end and a reset are noticed at once. A result with data that comes when no read is pending is kept
 * and delivered by the next {@code read()}. Data that is there already is taken in a loop that the allocator's handle
 * bounds. The receive's buffer belongs to the kernel until the outcome; {@link #readBuffer} is released in the outcome
 * alone.
 *
 * <p><b>Writing.</b> One call gathers what is flushed. Where it ends at once, the next follows, as often as
 * {@link ChannelOption#WRITE_SPIN_COUNT} says; where it does not, the buffers are retained until the outcome, because
 * Netty releases those of its outbound buffer when it discards it.
 */
abstract class AbstractIocpStreamChannel extends AbstractIocpChannel implements DuplexChannel {

    private static final ChannelMetadata METADATA = new ChannelMetadata(false, 16);
    private static final String EXPECTED_TYPES = " (expected: " + StringUtil.simpleClassName(ByteBuf.class) + ", "
            + StringUtil.simpleClassName(FileRegion.class) + ')';

    /** One call's bytes: Windows locks the pages of all, which can fail for lack of memory. */
    private static final int MAX_WRITE_BYTES = 1 << 20;
    private static final int MIN_WRITE_BYTES = 1 << 16;
    private static final int KEEP_IN_FLIGHT_ARRAY = 64;
    private static final ByteBuf[] NO_BUFFERS = {};

    private ChannelPromise connectPromise;
    private ScheduledFuture<?> connectTimeout;
    private SocketAddress requestedRemote;

    private Overlapped readOperation;
    private ByteBuf readBuffer;
    /** A {@code read()} was asked for and nothing was delivered for it yet. */
    private boolean readPending;
    /** {@code channelRead} was fired and {@code channelReadComplete} not yet. */
    private boolean readLoopOpen;
    /** The allocator's handle wants the outcome of the receive in the same read loop. */
    private boolean readingOn;
    private boolean inReadLoop;
    private boolean outOfBuffers;
    /** The status of a receive that failed while a write was in flight, whose outcome goes first; 0 for none. */
    private int resetToReport;
    /** Data that came unasked. */
    private ReferenceCounted kept;
    private boolean keptScheduled;
    private boolean inputClosedSeen;
    private volatile boolean inputShutdown;
    private final Runnable deliverKept = this::deliverKept;

    private Overlapped writeOperation;
    /** Where the bytes of the write in flight are; {@code null} if Windows took them and only the packet is to come. */
    private ChannelOutboundBuffer writtenFrom;
    private ByteBuf[] inFlight = NO_BUFFERS;
    private int inFlightCount;
    private final RegionReader regions = new RegionReader(this);
    /** What Windows reads itself for the write that was started; {@code null} if the bytes are in buffers. */
    private Transmission transmission;
    private int maxWriteBytes = MAX_WRITE_BYTES;
    private boolean completingWrite;
    private boolean flushScheduled;
    private ChannelPromise pendingShutdown;
    private ScheduledFuture<?> writeTimeout;
    private volatile boolean outputShutdown;
    private final Runnable flushAgain = this::flushAgain;

    AbstractIocpStreamChannel(Channel parent, boolean active) {
        super(parent, active);
    }

    // ---- what subclasses do

    /** Starts a receive into the memory; a length of 0 waits for data. The call of a {@code Submission}. */
    abstract int startRead(long overlapped, long transferred, long address, int length);

    /** What gathers the bytes of one send: the calling thread's. */
    abstract WriteBuffers writeBuffers();

    /** Starts a send of what {@link #writeBuffers()} gathered. The call of a {@code Submission}. */
    abstract int startWrite(long overlapped, long transferred);

    /** What a connect fails with that takes longer than it may. */
    ConnectTimeoutException connectTimedOut(int millis) {
        return new ConnectTimeoutException("connection timed out after " + millis + " ms: " + requestedRemote);
    }

    /** A part of a region that Windows can send without the bytes coming here; {@code null} if they are to be read. */
    Transmission transmission(FileRegion region) throws IOException {
        return null;
    }

    /** Starts to connect; {@link #connectSucceeded} or {@link #connectFailed} are called later, on the loop. */
    abstract void startConnect(SocketAddress remoteAddress, SocketAddress localAddress) throws Exception;

    /** Whether a connect is under way that takes the first flushed bytes with it. */
    boolean isSendingFirst() {
        return false;
    }

    abstract ObjectKind kind();

    abstract boolean isAllowHalfClosure();

    abstract ReceiveMode receiveMode();

    /** Whether a close drops what was not sent yet ({@code SO_LINGER} 0). */
    abstract boolean isAbortive();

    abstract void doShutdownInput() throws Exception;

    /** Sends the end of the stream ahead of a close, where the kind of handle has such a thing. */
    abstract void sendEnd();

    /** Whether the handle can be read at all. */
    boolean canRead() {
        return true;
    }

    /** What an outcome of the read that isn't an error means. */
    ReadOutcome classifyRead(int status, int bytes) {
        return bytes == 0 ? ReadOutcome.END : ReadOutcome.DATA;
    }

    /** Whether a read that failed so found the end. */
    boolean isEndOfStream(int status) {
        return StatusTable.isEndOfStream(kind(), status);
    }

    /** Makes the message that handlers get. */
    ReferenceCounted toMessage(ByteBuf buffer, ReadOutcome outcome) {
        return buffer;
    }

    /** Gathers what is flushed into the buffers; what is gathered can be taken by one call. */
    void gather(ChannelOutboundBuffer outbound, WriteBuffers buffers) throws Exception {
        outbound.forEachFlushedMessage(buffers);
    }

    /** Whether the first flushed message can be written now; if not, {@link #resumeWriting()} is called when it can. */
    boolean isWritableNow(Object message) {
        return true;
    }

    /**
     * Whether a message ends the output. If it can't be written, because the peer is gone, that is no reason to close
     * the channel: what the peer wrote before may be unread.
     */
    boolean isOutputEnd(Object message) {
        return false;
    }

    final void resumeWriting() {
        ((StreamUnsafe) unsafe()).flush0();
    }

    /** Whether each message is written by a call of its own, also an empty one of those that are no {@code ByteBuf}. */
    boolean isMessageOriented() {
        return false;
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    /** Makes the operations, once the handle is bound. */
    final void createOperations(Binding binding) {
        readOperation = binding.overlapped().prepare(this::submitRead);
        writeOperation = binding.overlapped().prepare(this::submitWrite);
    }

    @Override
    void completed(Overlapped operation) {
        if (operation == readOperation) {
            readCompleted();
        } else {
            writeCompleted();
        }
    }

    @Override
    void cancelWaiting() {
        if (readOperation != null) {
            readOperation.cancel();
        }
    }

    @Override
    void closing(Throwable cause) {
        ChannelPromise connect = connectPromise;
        endConnect();
        if (connect != null) {
            connect.tryFailure(new ClosedChannelException());
        }
        if (pendingShutdown != null) {
            pendingShutdown.tryFailure(new ClosedChannelException());
            pendingShutdown = null;
        }
        if (!isWriteUndecided()) {
            announceClose();
        } else {
            long millis = door().config().closeTimeoutMillis();
            if (isAbortive()) {
                writeOperation.cancel();
            } else if (millis == 0) {
                writeIsLate();
            } else {
                writeTimeout = eventLoop().schedule(this::writeIsLate, millis, TimeUnit.MILLISECONDS);
            }
        }
        releaseKept();
    }

    /**
     * Tells the peer of the close before the receive is cancelled and awaited. What the peer sends meanwhile stays
     * unread, and a socket that is closed with unread data is reset: without the end before it the peer would see the
     * reset alone.
     */
    private void announceClose() {
        if (readOperation != null && readOperation.isInFlight() && isActive() && !outputShutdown && !isAbortive()) {
            outputShutdown = true;
            sendEnd();
        }
    }

    /** Whether a write is in flight of which Windows has not said that it took all bytes. */
    private boolean isWriteUndecided() {
        return writeOperation != null && writeOperation.isInFlight() && !writeOperation.isSuccessPending();
    }

    /** The write in flight did not end in the time that a close gives it. */
    void writeIsLate() {
        writeOperation.cancel();
    }

    // ---- connecting

    /** Whether somebody waits for the outcome of a connect. */
    final boolean isConnecting() {
        return connectPromise != null && !isClosing();
    }

    /** What {@code connect()} was called with. */
    final SocketAddress requestedRemote() {
        return requestedRemote;
    }

    /** The channel is connected. */
    final void connectSucceeded() {
        ChannelPromise promise = connectPromise;
        endConnect();
        setActive();
        // Before channelActive, whose handlers may close.
        boolean wanted = promise.trySuccess();
        pipeline().fireChannelActive();
        if (!wanted) {
            unsafe().close(unsafe().voidPromise());
        } else if (!isEnding()) {
            startReading();
        }
    }

    /** The connect failed; a channel whose connect failed can't be used again. */
    final void connectFailed(Throwable cause) {
        ChannelPromise promise = connectPromise;
        endConnect();
        ((StreamUnsafe) unsafe()).connectFailed(promise, cause, requestedRemote);
    }

    private void endConnect() {
        connectPromise = null;
        if (connectTimeout != null) {
            connectTimeout.cancel(false);
            connectTimeout = null;
        }
    }

    // ---- reading

    @Override
    void startReading() {
        readMore();
        ((StreamUnsafe) unsafe()).flush0();
    }

    @Override
    protected void doBeginRead() {
        if (inputShutdown) {
            return;
        }
        readPending = true;
        if (!inReadLoop) {
            readMore();
        }
    }

    /**
     * Delivers what is kept if that is wanted, never inside a call of the user, or else sees that a receive is posted.
     */
    private void readMore() {
        if (kept == null) {
            postRead();
        } else if (readPending && !keptScheduled && !isEnding()) {
            keptScheduled = true;
            door().ready(deliverKept);
        }
    }

    /** AutoRead was switched off. */
    final void clearReadPending() {
        if (!isRegistered() || eventLoop().inEventLoop()) {
            clearReadPending0();
        } else {
            eventLoop().execute(this::clearReadPending0);
        }
    }

    private void clearReadPending0() {
        readPending = false;
        readingOn = false;
    }

    /** Posts a receive if none is; its outcome comes later, whatever it is. */
    private void postRead() {
        if (canPostRead()) {
            if (!readLoopOpen) {
                recvBufAllocHandle().reset(config());
            }
            if (receiveMode() == ReceiveMode.ZERO_BYTE || allocated()) {
                readOperation.submit();
            }
        }
    }

    private boolean canPostRead() {
        return canRead() && isActive() && !isEnding() && !inputShutdown && !outOfBuffers && resetToReport == 0
                && kept == null && readOperation != null && !readOperation.isInFlight();
    }

    @SuppressWarnings("deprecation")
    private RecvByteBufAllocator.Handle recvBufAllocHandle() {
        return unsafe().recvBufAllocHandle();
    }

    /** Whether there is a buffer for the next receive. If not, the channel ends, as it does with NIO. */
    private boolean allocated() {
        try {
            allocateReadBuffer();
            return true;
        } catch (Throwable cause) {
            outOfBuffers = true;
            closeFor(cause);
            return false;
        }
    }

    /** How many bytes a read must have room for. */
    int leastRead() {
        return 1;
    }

    private void allocateReadBuffer() {
        var handle = recvBufAllocHandle();
        // A receive of nothing would look like the end.
        ByteBuf buffer = writableByKernel(handle.allocate(alloc()));
        if (buffer.writableBytes() < leastRead()) {
            buffer.release();
            buffer = alloc().directBuffer(leastRead());
        }
        handle.attemptedBytesRead(buffer.writableBytes());
        readBuffer = buffer;
    }

    private int submitRead(long overlapped, long transferred) {
        ByteBuf buffer = readBuffer;
        return buffer == null ? startRead(overlapped, transferred, 0, 0)
                : startRead(overlapped, transferred, buffer.memoryAddress() + buffer.writerIndex(),
                        buffer.writableBytes());
    }

    /** The outcome of the receive: of a posted one, never inside a call of the user. */
    private void readCompleted() {
        boolean announced = readBuffer == null && readOperation.isSuccess();
        if (announced && (isEnding() || inputShutdown)) {
            // Nothing was taken out of the socket: the receive after the next registration finds it.
            completeReadLoop();
            if (!isEnding()) {
                inputEnded();
            }
            return;
        }
        inReadLoop = true;
        try {
            if (!announced || receiveAnnounced()) {
                readLoop();
            }
        } finally {
            inReadLoop = false;
        }
        readMore();
    }

    /** A receive of zero bytes succeeded: starts one with a buffer. {@code true} if it has its outcome already. */
    private boolean receiveAnnounced() {
        if (allocated()) {
            return endsAtOnce(readOperation.start());
        }
        completeReadLoop();
        return false;
    }

    /** Ends the read loop unless the next receive has its outcome, or its data and only the packet is on the way. */
    private boolean endsAtOnce(boolean ended) {
        if (!ended && !readOperation.isSuccessPending()) {
            completeReadLoop();
            recvBufAllocHandle().reset(config());
        }
        return ended;
    }

    /** Takes the outcome of the receive, and goes on as long as data is there and the allocator's handle lets it. */
    private void readLoop() {
        do {
            ByteBuf buffer = readBuffer;
            readBuffer = null;
            int status = readOperation.status();
            int bytes = readOperation.transferred();
            if (isClosing()) {
                // What completes after our own close means nothing.
                ReferenceCountUtil.release(buffer);
                completeReadLoop();
                return;
            }
            if (!readOperation.isSuccess()) {
                ReferenceCountUtil.release(buffer);
                readFailed(status);
                return;
            }
            ReadOutcome outcome = classifyRead(status, bytes);
            if (outcome == ReadOutcome.END || outcome == ReadOutcome.NOTHING) {
                ReferenceCountUtil.release(buffer);
                readNothing(outcome);
                return;
            }
            buffer.writerIndex(buffer.writerIndex() + bytes);
            recvBufAllocHandle().lastBytesRead(bytes);
            ReferenceCounted message = toMessage(buffer, outcome);
            if (!readPending && !readingOn || isEnding() || inputShutdown) {
                keep(message);
                return;
            }
            deliver(message);
        } while (readOn());
    }

    private void readNothing(ReadOutcome outcome) {
        if (outcome == ReadOutcome.END) {
            recvBufAllocHandle().lastBytesRead(-1);
            readLoopOpen |= readPending;
        }
        completeReadLoop();
        if (outcome == ReadOutcome.END) {
            inputEnded();
        }
    }

    private void keep(ReferenceCounted message) {
        if (inputShutdown) {
            message.release();
        } else {
            kept = message;
        }
        completeReadLoop();
    }

    private void deliver(ReferenceCounted message) {
        recvBufAllocHandle().incMessagesRead(1);
        readPending = false;
        readLoopOpen = true;
        pipeline().fireChannelRead(message);
    }

    /** Starts the next receive of the loop; {@code true} if it has its outcome already. */
    private boolean readOn() {
        if (!recvBufAllocHandle().continueReading() || !canPostRead()) {
            completeReadLoop();
            return false;
        }
        if (receiveMode() == ReceiveMode.BUFFER && !allocated()) {
            completeReadLoop();
            return false;
        }
        readingOn = true;
        boolean ended = endsAtOnce(readOperation.start());
        if (ended && readBuffer == null && readOperation.isSuccess()) {
            return receiveAnnounced();
        }
        return ended;
    }

    private void completeReadLoop() {
        readingOn = false;
        if (readLoopOpen) {
            readLoopOpen = false;
            recvBufAllocHandle().readComplete();
            pipeline().fireChannelReadComplete();
        }
    }

    private void deliverKept() {
        keptScheduled = false;
        ReferenceCounted message = kept;
        if (message == null || !readPending || isEnding()) {
            return;
        }
        kept = null;
        inReadLoop = true;
        try {
            deliver(message);
            if (readOn()) {
                readLoop();
            }
        } finally {
            inReadLoop = false;
        }
        readMore();
    }

    private void releaseKept() {
        if (kept != null) {
            kept.release();
            kept = null;
        }
    }

    private void readFailed(int status) {
        int error = StatusTable.errorOf(kind(), status);
        if (error == WinError.ERROR_OPERATION_ABORTED && (isEnding() || inputShutdown)) {
            // Our own cancel: of a deregistration, or of the receive that shutdownInput() found posted.
            completeReadLoop();
            if (inputShutdown) {
                inputEnded();
            }
            return;
        }
        if (isReset(error) && isWriteUndecided()) {
            // It ends the write as well, if the write was not faster: then whoever waits for that may close at once,
            // and there is nothing to report.
            resetToReport = status;
            if (transmission != null) {
                // Wine doesn't always end it.
                writeOperation.cancel();
            }
            completeReadLoop();
            return;
        }
        readLoopOpen |= readPending;
        readPending = false;
        completeReadLoop();
        if (isEndOfStream(status)) {
            inputEnded();
            return;
        }
        pipeline().fireExceptionCaught(exception(Operation.READ, status));
        inputEnded();
    }

    private static boolean isReset(int error) {
        return error == WinError.WSAECONNRESET || error == WinError.WSAECONNABORTED;
    }

    /** There is nothing more to read: half closes or closes. */
    private void inputEnded() {
        readPending = false;
        if (isClosing()) {
            return;
        }
        ChannelPipeline pipeline = pipeline();
        if (!inputShutdown) {
            if (!isAllowHalfClosure()) {
                unsafe().close(unsafe().voidPromise());
                return;
            }
            inputShutdown = true;
            pipeline.fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        }
        if (!inputClosedSeen) {
            inputClosedSeen = true;
            pipeline.fireUserEventTriggered(ChannelInputShutdownReadComplete.INSTANCE);
        }
    }

    // ---- writing

    @Override
    protected Object filterOutboundMessage(Object message) {
        if (message instanceof ByteBuf) {
            ByteBuf buffer = (ByteBuf) message;
            if (isReadableByKernel(buffer)) {
                return buffer;
            }
            ByteBuf copy = directCopy(buffer);
            buffer.release();
            return copy;
        }
        if (message instanceof FileRegion) {
            return message;
        }
        throw new UnsupportedOperationException(
                "unsupported message type: " + StringUtil.simpleClassName(message) + EXPECTED_TYPES);
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer outbound) throws Exception {
        for (int spins = config().getWriteSpinCount(); spins > 0; spins--) {
            // The listener of a promise may have closed the channel.
            Object message = isEnding() ? null : outbound.current();
            if (message == null || !isWritableNow(message)) {
                return;
            }
            WriteBuffers buffers = writeBuffers();
            buffers.clear(isMessageOriented() ? Integer.MAX_VALUE : maxWriteBytes);
            transmission = message instanceof FileRegion && regions.isIdle() ? transmission((FileRegion) message)
                    : null;
            if (transmission != null) {
                writeOperation.own(transmission);
            } else if (message instanceof FileRegion) {
                if (!regions.next((FileRegion) message)) {
                    outbound.remove();
                    continue;
                }
                if (regions.chunk() == null) {
                    return;
                }
                buffers.processMessage(regions.chunk());
            } else {
                gather(outbound, buffers);
            }
            if (buffers.bytes() == 0 && message instanceof ByteBuf) {
                outbound.removeBytes(0);
                continue;
            }
            if (!writeOnce(outbound, buffers)) {
                return;
            }
        }
        if (!isEnding() && outbound.current() != null) {
            // Others of this loop have their turn first.
            flushScheduled = true;
            door().ready(flushAgain);
        }
    }

    /** One call; {@code false} if its outcome comes later. */
    private boolean writeOnce(ChannelOutboundBuffer outbound, WriteBuffers buffers) throws IOException {
        try {
            if (!writeOperation.start()) {
                retain(buffers);
                if (writeOperation.isSuccessPending()) {
                    // Windows has taken the bytes. Who waits for them to go on, to a close perhaps, need not wait for
                    // the packet: until then the peer may have reset the connection because it closed as well.
                    written(outbound, writeOperation.transferred());
                } else {
                    writtenFrom = outbound;
                }
                return false;
            }
        } finally {
            buffers.forget();
        }
        int status = writeStatus();
        if (NtStatus.isSuccess(status)) {
            written(outbound, writeOperation.transferred());
        } else if (isOutputEnd(outbound.current())) {
            outbound.remove(exception(Operation.WRITE, status));
        } else if (!retryOtherwise(status)) {
            regions.release();
            throw writeFailure(status);
        }
        return true;
    }

    private int submitWrite(long overlapped, long transferred) {
        return transmission != null ? transmission.start(overlapped, transferred) : startWrite(overlapped, transferred);
    }

    /** How the write ended. Wine calls it a success that it has sent nothing of a file that ended before. */
    private int writeStatus() {
        boolean nothingSent = transmission != null && writeOperation.isSuccess() && writeOperation.transferred() == 0;
        return nothingSent ? NtStatus.STATUS_END_OF_FILE : writeOperation.status();
    }

    private IOException writeFailure(int status) {
        return transmission != null ? transmission.failure(status) : exception(Operation.WRITE, status);
    }

    /** Whether a call that failed at once, so that nothing was sent, may succeed in another way. */
    private boolean retryOtherwise(int status) {
        return transmission != null ? transmission.isRefused(status) : retryWithLess(status);
    }

    /** Windows had no memory to lock so many pages. Nothing was sent, as the call itself failed. */
    private boolean retryWithLess(int status) {
        int error = StatusTable.errorOf(kind(), status);
        boolean outOfMemory = error == WinError.WSAENOBUFS || error == WinError.ERROR_NO_SYSTEM_RESOURCES
                || error == WinError.ERROR_NOT_ENOUGH_QUOTA;
        if (!outOfMemory || isMessageOriented() || maxWriteBytes <= MIN_WRITE_BYTES) {
            return false;
        }
        maxWriteBytes /= 2;
        return true;
    }

    /** Keeps the buffers until the outcome: Netty may release them before, when it discards its outbound buffer. */
    private void retain(WriteBuffers buffers) {
        if (inFlight.length < buffers.bufferCount()) {
            inFlight = new ByteBuf[Integer.highestOneBit(buffers.bufferCount()) << 1];
        }
        inFlightCount = buffers.bufferCount();
        for (int i = 0; i < inFlightCount; i++) {
            inFlight[i] = buffers.buffer(i).retain();
        }
    }

    private void releaseInFlight() {
        for (int i = 0; i < inFlightCount; i++) {
            inFlight[i].release();
        }
        inFlightCount = 0;
        if (inFlight.length > KEEP_IN_FLIGHT_ARRAY) {
            inFlight = NO_BUFFERS;
        } else {
            Arrays.fill(inFlight, null);
        }
    }

    private void writeCompleted() {
        if (writeTimeout != null) {
            writeTimeout.cancel(false);
            writeTimeout = null;
        }
        ChannelOutboundBuffer outbound = writtenFrom;
        writtenFrom = null;
        if (transmission != null) {
            transmission.ended();
        }
        int status = writeStatus();
        boolean success = NtStatus.isSuccess(status);
        boolean current = outbound != null && outbound == unsafe().outboundBuffer();
        completingWrite = true;
        try {
            if (success && current) {
                written(outbound, writeOperation.transferred());
            }
        } finally {
            completingWrite = false;
            releaseInFlight();
        }
        if (outbound != null && (!current || !success)) {
            regions.release();
        }
        if (isClosing()) {
            announceClose();
            return;
        }
        if (resetToReport != 0) {
            reportReset();
            if (isClosing()) {
                return;
            }
        }
        if (pendingShutdown != null) {
            ChannelPromise promise = pendingShutdown;
            pendingShutdown = null;
            ((AbstractUnsafe) unsafe()).shutdownOutput(promise);
        }
        StreamUnsafe unsafe = (StreamUnsafe) unsafe();
        if (!success && current && isOutputEnd(outbound.current())) {
            outbound.remove(exception(Operation.WRITE, status));
            current = false;
        }
        if (success || !current) {
            unsafe.flush0();
        } else {
            unsafe.writeFailed(writeFailure(status));
        }
    }

    /** Handlers that hear of it may flush: what failed would be sent again. */
    private void reportReset() {
        int reset = resetToReport;
        resetToReport = 0;
        completingWrite = true;
        try {
            readFailed(reset);
        } finally {
            completingWrite = false;
        }
    }

    private void written(ChannelOutboundBuffer outbound, int bytes) {
        if (isMessageOriented()) {
            outbound.progress(bytes);
            outbound.remove();
            return;
        }
        if (transmission != null) {
            outbound.progress(bytes);
            if (transmission.sent(bytes)) {
                outbound.remove();
            }
            return;
        }
        if (regions.chunk() == null) {
            outbound.removeBytes(bytes);
            return;
        }
        outbound.progress(bytes);
        if (regions.written(bytes)) {
            outbound.remove();
        }
    }

    /** A part of the region was read, or can't be. */
    final void regionRead(FileRegion region) {
        ChannelOutboundBuffer outbound = unsafe().outboundBuffer();
        if (outbound != null && outbound.current() == region) {
            resumeWriting();
        } else if (outbound == null) {
            regions.release();
        }
    }

    private void flushAgain() {
        flushScheduled = false;
        if (!isEnding()) {
            ((StreamUnsafe) unsafe()).flush0();
        }
    }

    private IOException exception(Operation operation, int status) {
        return StatusTable.exception(win32(), kind(), operation, status, null);
    }

    // ---- half close

    @Override
    public boolean isInputShutdown() {
        return inputShutdown || !isActive();
    }

    @Override
    public boolean isOutputShutdown() {
        return outputShutdown || !isActive();
    }

    @Override
    public boolean isShutdown() {
        return inputShutdown && outputShutdown || !isActive();
    }

    @Override
    public ChannelFuture shutdownInput() {
        return shutdownInput(newPromise());
    }

    @Override
    public ChannelFuture shutdownInput(ChannelPromise promise) {
        runOnLoop(() -> shutdownInput0(promise));
        return promise;
    }

    private void shutdownInput0(ChannelPromise promise) {
        try {
            if (!isOpen() || isClosing()) {
                throw new ClosedChannelException();
            }
            if (!inputShutdown) {
                doShutdownInput();
                inputShutdown = true;
                releaseKept();
                if (readOperation != null && readOperation.isInFlight()) {
                    // Windows does not end a receive that is posted.
                    readOperation.cancel();
                }
            }
            promise.setSuccess();
        } catch (Throwable cause) {
            promise.setFailure(cause);
        }
    }

    @Override
    public ChannelFuture shutdownOutput() {
        return shutdownOutput(newPromise());
    }

    @Override
    public ChannelFuture shutdownOutput(ChannelPromise promise) {
        runOnLoop(() -> shutdownOutput0(promise));
        return promise;
    }

    /** Waits for the write in flight unless its bytes were taken: the end comes after them. */
    void shutdownOutput0(ChannelPromise promise) {
        if (!isWriteUndecided() || isClosing()) {
            ((AbstractUnsafe) unsafe()).shutdownOutput(promise);
        } else if (pendingShutdown == null) {
            pendingShutdown = promise;
        } else {
            PromiseNotifier.cascade(false, pendingShutdown, promise);
        }
    }

    final void setOutputShutdown() {
        outputShutdown = true;
        regions.release();
    }

    @Override
    public ChannelFuture shutdown() {
        return shutdown(newPromise());
    }

    @Override
    public ChannelFuture shutdown(ChannelPromise promise) {
        runOnLoop(() -> shutdownOutput().addListener(output -> shutdownInput().addListener(input -> {
            Throwable cause = output.cause() != null ? output.cause() : input.cause();
            if (cause == null) {
                promise.setSuccess();
            } else {
                promise.setFailure(cause);
            }
        })));
        return promise;
    }

    /** Runs a task on the loop's thread, now if this is it. */
    protected final void runOnLoop(Runnable task) {
        if (eventLoop().inEventLoop()) {
            task.run();
        } else {
            eventLoop().execute(task);
        }
    }

    @Override
    protected void doClose() throws Exception {
        releaseKept();
        regions.release();
        if (readLoopOpen) {
            // What would end the read loop is on its way, and may come when the channel has long been unregistered.
            eventLoop().execute(this::completeReadLoop);
        }
        super.doClose();
    }

    @Override
    public abstract ChannelConfig config();

    @Override
    void bindHandle(Binding newBinding, IocpRegistration newDoor) throws Exception {
        createOperations(newBinding);
    }

    /** The registered half of a stream channel. */
    abstract class StreamUnsafe extends IocpUnsafe {

        @Override
        public final void connect(SocketAddress remoteAddress, SocketAddress localAddress, ChannelPromise promise) {
            // Not made uncancellable: a connect can be cancelled.
            if (promise.isDone() || !ensureOpen(promise)) {
                return;
            }
            if (isEnding()) {
                promise.tryFailure(isClosing() ? new ClosedChannelException()
                        : new IllegalStateException("the channel is being deregistered"));
                return;
            }
            if (connectPromise != null || isActive()) {
                // The connection that there is is not harmed.
                promise.tryFailure(isActive() ? new AlreadyConnectedException() : new ConnectionPendingException());
                return;
            }
            try {
                startConnect(remoteAddress, localAddress);
            } catch (Throwable cause) {
                connectFailed(promise, cause, remoteAddress);
                return;
            }
            requestedRemote = remoteAddress;
            connectPromise = promise;
            limitConnect();
            promise.addListener((ChannelFutureListener) future -> {
                if (future.isCancelled()) {
                    endConnect();
                    close(voidPromise());
                }
            });
        }

        private void limitConnect() {
            int millis = config().getConnectTimeoutMillis();
            if (millis > 0) {
                connectTimeout = eventLoop().schedule(() -> {
                    ChannelPromise promise = connectPromise;
                    if (promise != null && !promise.isDone() && promise.tryFailure(connectTimedOut(millis))) {
                        close(voidPromise());
                    }
                }, millis, TimeUnit.MILLISECONDS);
            }
        }

        private void connectFailed(ChannelPromise promise, Throwable cause, SocketAddress remoteAddress) {
            promise.tryFailure(annotateConnectException(cause, remoteAddress));
            close(voidPromise());
        }

        @Override
        protected final void flush0() {
            if (!flushScheduled && !completingWrite && pendingShutdown == null && !isEnding() && !isSendingFirst()
                    && (writeOperation == null || !writeOperation.isInFlight())) {
                super.flush0();
            }
        }

        final void writeFailed(Throwable cause) {
            handleWriteError(cause);
        }
    }
}
