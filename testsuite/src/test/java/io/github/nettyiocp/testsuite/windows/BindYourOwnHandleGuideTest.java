/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.Binding;
import io.github.nettyiocp.CompletionKey;
import io.github.nettyiocp.HandleCloser;
import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.ObjectWait;
import io.github.nettyiocp.Overlapped;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import static org.assertj.core.api.Assertions.assertThat;

/** The code of docs/bind-your-own-handle.md, run; the last test sees that it is the same code. */
@Timeout(240)
class BindYourOwnHandleGuideTest {

    private static final int FILTER = 0x1;

    private final IocpEventLoopGroup group = new IocpEventLoopGroup(1);
    private final BlockingQueue<String> seen = new LinkedBlockingQueue<>();

    @AfterEach
    void shutDown() {
        WindowsTestSupport.shutDown(group);
    }

    private String next() throws InterruptedException {
        String next = seen.poll(60, TimeUnit.SECONDS);
        assertThat(next).as("something to come").isNotNull();
        return next;
    }

    private static long openDirectory(Path directory) {
        return WindowsCalls.createFile(directory.toString(), 1, 3, 0x42000000);
    }

    private static int readDirectoryChanges(long directory, long buffer, int length, int filter, long overlapped) {
        return WindowsCalls.readDirectoryChanges(directory, buffer, length, filter, overlapped);
    }

    private static void closeHandle(long handle) {
        WindowsCalls.closeHandle(handle);
    }

    // ---- the page

    static final class Watch {
        private final Binding binding;
        private final Consumer<String> listener;
        private Overlapped read;
        private ByteBuf buffer;

        private Watch(Binding binding, Consumer<String> listener) {
            this.binding = binding;
            this.listener = listener;
        }

        static Watch open(IoEventLoop loop, Path directory, Consumer<String> listener) throws Exception {
            long handle = openDirectory(directory);                      // your call, with FILE_FLAG_OVERLAPPED
            Future<Binding> bound = Binding.open(loop, handle).await();  // not on the loop: use a listener there
            if (!bound.isSuccess()) {
                closeHandle(handle);                                     // a handle that was refused is still yours
                throw new IOException("cannot watch " + directory, bound.cause());
            }
            Watch watch = new Watch(bound.getNow(), listener);           // from now on the binding owns the handle
            loop.submit(watch::start).sync();
            return watch;
        }

        private void start() {
            read = binding.overlapped(this::completed);
            read();
        }

        private void read() {
            buffer = PooledByteBufAllocator.DEFAULT.directBuffer(16 * 1024);
            read.own(buffer).submit((overlapped, transferred) -> readDirectoryChanges(binding.handle(),
                    buffer.memoryAddress(), 16 * 1024, FILTER, overlapped));
        }

        private void completed(Overlapped operation, int status, int bytes) {
            if (!operation.isSuccess()) {
                binding.close();                                         // cancelled by close(), or failed
                return;
            }
            ByteBuf changes = buffer.writerIndex(bytes);
            read();                                                      // it rearms itself
            if (bytes > 0) {
                listener.accept(changes.toString(12, changes.getIntLE(8), StandardCharsets.UTF_16LE));
            }
        }                                                                // now "changes" is released

        Future<Void> close() {
            return binding.close();                                      // done when the handle was closed
        }
    }

    @Test
    void aHandleThatTheLibraryHasNeverHeardOf(@TempDir Path directory) throws Exception {
        Watch watch = Watch.open(group.next(), directory, seen::add);
        Files.createFile(directory.resolve("one"));
        assertThat(next()).isEqualTo("one");
        Files.createFile(directory.resolve("two"));
        assertThat(next()).isEqualTo("two");
        watch.close().sync();
        WindowsTestSupport.await("nothing is in flight", () -> group.metrics().outstanding() == 0);
    }

    @Test
    void severalBuffersAPositionAndCancels(@TempDir Path directory) throws Exception {
        IoEventLoop loop = group.next();
        long file = WindowsCalls.createFile(directory.resolve("file").toString(),
                WindowsCalls.GENERIC_READ | WindowsCalls.GENERIC_WRITE, WindowsCalls.CREATE_ALWAYS, 0x40000000);
        ByteBuf header = Unpooled.directBuffer(8).writeLong(42);
        ByteBuf trailer = Unpooled.directBuffer(8).writeLong(43);

        Binding binding = Binding.open(loop, file, HandleCloser.NONE).sync().getNow();
        loop.submit(() -> {
            Overlapped write = binding.overlapped((operation, status, bytes) -> seen.add("wrote " + bytes));
            write.offset(4096).own(header).retain(trailer).submit((overlapped, transferred) ->
                    WindowsCalls.writeFile(file, header.memoryAddress(), 8, transferred, overlapped));
            binding.cancelAll();                                         // a request; the outcome comes anyway
        }).sync();

        assertThat(next()).isIn("wrote 8", "wrote 0");
        binding.close().sync();
        assertThat(WindowsCalls.isOpen(file)).isTrue();
        closeHandle(file);
        WindowsTestSupport.await("the binding's reference is gone", () -> trailer.refCnt() == 1);
        trailer.release();
    }

    @Test
    void packetsWithoutAnOperation() throws Exception {
        IoEventLoop loop = group.next();
        CompletionKey key = CompletionKey.open(loop, (source, message, payload) ->
                seen.add(message + " " + payload)).sync().getNow();
        new Thread(() -> {
            try {
                key.post(1, 4711);                                       // from any thread
            } catch (IOException closed) {
                seen.add(closed.toString());
            }
        }).start();
        assertThat(next()).isEqualTo("1 4711");
        key.close();
    }

    @Test
    void objectsThatAreSignalled() throws Exception {
        IoEventLoop loop = group.next();
        long semaphore = WindowsCalls.createSemaphore(1, 1);
        ObjectWait wait = ObjectWait.open(loop, semaphore, signalled -> seen.add("signalled")).sync().getNow();
        loop.submit(() -> {
            wait.arm();                                                  // one signal; the handler may arm it again
            return null;
        }).sync();
        assertThat(next()).isEqualTo("signalled");
        wait.close().sync();
        closeHandle(semaphore);                                          // not before: Windows still has it
    }

    @Test
    void theGuideHasThisCode() throws IOException {
        Path checkout = Path.of(System.getProperty("checkout"));
        List<String> code = lines(checkout.resolve("testsuite/src/test/java/io/github/nettyiocp/testsuite/windows/"
                + BindYourOwnHandleGuideTest.class.getSimpleName() + ".java"));
        List<List<String>> blocks = new ArrayList<>();
        boolean inBlock = false;
        for (String line : lines(checkout.resolve("docs/bind-your-own-handle.md"))) {
            if (line.startsWith("```")) {
                inBlock = line.equals("```java");
                if (inBlock) {
                    blocks.add(new ArrayList<>());
                }
            } else if (inBlock) {
                blocks.getLast().add(line);
            }
        }
        assertThat(blocks).hasSize(4).allSatisfy(block ->
                assertThat(Collections.indexOfSubList(code, block)).as(String.join("\n", block)).isNotNegative());
    }

    /** Without indentation and empty lines. */
    private static List<String> lines(Path file) throws IOException {
        return Files.readAllLines(file).stream().map(String::strip).filter(line -> !line.isEmpty()).toList();
    }
}
