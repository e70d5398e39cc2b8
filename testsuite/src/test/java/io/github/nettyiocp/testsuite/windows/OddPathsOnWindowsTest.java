/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.SimulationAccess;
import io.github.nettyiocp.channel.DirectoryAddress;
import io.github.nettyiocp.channel.DirectoryEvent;
import io.github.nettyiocp.channel.DirectoryEvent.Created;
import io.github.nettyiocp.channel.DirectoryWatchChannel;
import io.github.nettyiocp.channel.IocpChannelOption;
import io.github.nettyiocp.channel.OverlappedFile;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import io.github.nettyiocp.testsuite.faults.ForwardingWin32;
import io.github.nettyiocp.testsuite.faults.ForwardingWin32Access;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchService;
import java.nio.file.attribute.AclEntry;
import java.nio.file.attribute.AclEntryPermission;
import java.nio.file.attribute.AclEntryType;
import java.nio.file.attribute.AclFileAttributeView;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Paths of files and of directories that are watched: of the network, short ones, odd ones, and forbidden ones. */
@Timeout(240)
class OddPathsOnWindowsTest {

    private final BlockingQueue<Object> events = new LinkedBlockingQueue<>();
    private final Forbidding calls = new Forbidding();
    private IocpEventLoopGroup group;
    private Path directory;

    /** Refuses the access to files and directories, if that is switched on. All other calls are real. */
    private static final class Forbidding extends ForwardingWin32Access {
        private volatile boolean forbids;

        @Override
        protected Win32 around(Win32 real) {
            return new ForwardingWin32(real) {
                private boolean refused;

                @Override
                public long createFile(long name, int access, int share, long security, int disposition, int flags) {
                    refused = forbids;
                    return refused ? WinConst.INVALID_HANDLE_VALUE
                            : super.createFile(name, access, share, security, disposition, flags);
                }

                @Override
                public int lastError() {
                    return refused ? WinError.ERROR_ACCESS_DENIED : super.lastError();
                }
            };
        }
    }

    @BeforeEach
    void start() throws IOException {
        group = new IocpEventLoopGroup(1, SimulationAccess.config(calls));
        directory = Files.createTempDirectory("odd paths ");
    }

    @AfterEach
    void end() throws IOException {
        WindowsTestSupport.shutDown(group);
        delete(directory);
    }

    private static void delete(Path tree) throws IOException {
        try (Stream<Path> paths = Files.walk(tree)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }

    private ChannelFuture connect(Path path) throws Exception {
        ChannelFuture connected = new Bootstrap().group(group).channel(DirectoryWatchChannel.class)
                .option(IocpChannelOption.WATCH_BUFFER_SIZE, 256 * 1024)
                .handler(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(ChannelHandlerContext context, Object message) {
                        if (!(message instanceof DirectoryEvent.Modified)) {
                            events.add(message);
                        }
                    }
                }).connect(new DirectoryAddress(path));
        assertThat(connected.await(60, TimeUnit.SECONDS)).isTrue();
        return connected;
    }

    private Object next() throws InterruptedException {
        return events.poll(60, TimeUnit.SECONDS);
    }

    // ---- the network

    /** A folder by a path of the network; {@code null} if there is none. Under Wine each is a folder of its own. */
    private Path networkPath() throws IOException {
        String prefix = System.getenv("WINEPREFIX");
        if (WindowsTestSupport.isWine() && prefix != null) {
            String server = "odd-paths-" + ProcessHandle.current().pid();
            Files.createDirectories(Path.of("Z:" + prefix, "dosdevices", "unc", server, "share", "folder"));
            return Path.of("\\\\" + server + "\\share\\folder");
        }
        Path share = Path.of("\\\\localhost\\" + directory.toString().charAt(0) + "$"
                + directory.toString().substring(2));
        return Files.isDirectory(share) ? share : null;
    }

    private static void deleteNetworkPath() throws IOException {
        if (WindowsTestSupport.isWine()) {
            delete(Path.of("Z:" + System.getenv("WINEPREFIX"), "dosdevices", "unc",
                    "odd-paths-" + ProcessHandle.current().pid()));
        }
    }

    @Test
    void aDirectoryOfTheNetworkIsWatched() throws Exception {
        Path there = networkPath();
        Assumptions.assumeTrue(there != null, "this machine has no share to reach itself by");
        try {
            DirectoryWatchChannel channel = (DirectoryWatchChannel) connect(there).sync().channel();
            for (int i = 0; i < 100; i++) {
                Path path = Files.createFile(there.resolve("file " + i));
                assertThat(next()).isEqualTo(new Created(there, path, null));
            }
            assertThat(channel.remoteAddress().directory()).isEqualTo(there);
            Path current = channel.currentPath().sync().getNow();
            assertThat(Files.isSameFile(current, there)).isTrue();
            channel.close().sync();
        } finally {
            deleteNetworkPath();
        }
    }

    @Test
    void aFileOfTheNetworkIsWrittenAndRead() throws Exception {
        Path there = networkPath();
        Assumptions.assumeTrue(there != null, "this machine has no share to reach itself by");
        try {
            writeAndRead(there.resolve("data"));
        } finally {
            deleteNetworkPath();
        }
    }

    private void writeAndRead(Path path) throws Exception {
        OverlappedFile file = OverlappedFile.open(group.next(), path, StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ, StandardOpenOption.WRITE).sync().getNow();
        byte[] content = path.toString().getBytes(StandardCharsets.UTF_8);
        assertThat(file.write(Unpooled.wrappedBuffer(content), 0).sync().getNow()).isEqualTo(content.length);
        ByteBuf buffer = Unpooled.directBuffer(content.length + 10);
        assertThat(file.read(buffer, 0).sync().getNow()).isEqualTo(content.length);
        assertThat(buffer.toString(StandardCharsets.UTF_8)).isEqualTo(path.toString());
        buffer.release();
        file.close().sync();
        assertThat(path).hasBinaryContent(content);
    }

    // ---- names

    @Test
    void aDirectoryIsWatchedByItsShortName() throws Exception {
        String shortName = WindowsCalls.shortPath(directory.toString());
        Assumptions.assumeTrue(shortName != null && !shortName.equalsIgnoreCase(directory.toString()),
                "this volume has no names of 8.3");
        Path there = Path.of(shortName);
        DirectoryWatchChannel channel = (DirectoryWatchChannel) connect(there).sync().channel();
        Path created = Files.createFile(directory.resolve("a name that is longer than 8.3"));
        // Events have the path that the watch began with.
        assertThat(next()).isEqualTo(new Created(there, there.resolve(created.getFileName()), null));
        assertThat(Files.isSameFile(channel.currentPath().sync().getNow(), directory)).isTrue();
        Path shortFile = Path.of(WindowsCalls.shortPath(created.toString()));
        Files.delete(shortFile);
        // Windows may tell the name that the file was opened by.
        assertThat(((DirectoryEvent.Deleted) next()).path().getFileName().toString())
                .isIn(created.getFileName().toString(), shortFile.getFileName().toString());
        channel.close().sync();
    }

    @Test
    void filesOfEveryOddNameAreWrittenAndRead() throws Exception {
        for (String name : new String[] { "a b", "%41&^!;,=(x)", "\u00e4\u00f6\u00fc \u4e2d\u6587 \ud83d\ude00",
                "x".repeat(200), ".hidden", "a..b", "'quoted'", "-dash" }) {
            writeAndRead(directory.resolve(name));
        }
        Path deep = directory;
        while (deep.toString().length() < 300) {
            deep = Files.createDirectory(deep.resolve("n".repeat(40)));
        }
        writeAndRead(deep.resolve("file"));
    }

    // ---- what is forbidden, or somebody else's

    @Test
    void whatMayNotBeOpenedIsAccessDeniedAndNamed() throws Exception {
        calls.forbids = true;
        ChannelFuture watch = connect(directory);
        assertThat(watch.cause()).isExactlyInstanceOf(AccessDeniedException.class)
                .hasMessageContaining(directory.toString());
        assertThat(watch.channel().closeFuture().await(60, TimeUnit.SECONDS)).isTrue();
        Path path = directory.resolve("file");
        Future<OverlappedFile> file = OverlappedFile.open(group.next(), path, StandardOpenOption.CREATE,
                StandardOpenOption.WRITE).await();
        assertThat(file.cause()).isExactlyInstanceOf(AccessDeniedException.class)
                .hasMessageContaining(path.toString()).hasMessageContaining("CreateFileW");
        calls.forbids = false;
        writeAndRead(path);
    }

    /** Under Wine by a file of Linux's that nobody may write, root neither. */
    @Test
    void aFileThatThisUserMayNotWriteIsAccessDeniedAsItIsToFileChannel() throws Exception {
        Path path = WindowsTestSupport.isWine() ? Path.of("Z:\\proc\\sys\\kernel\\osrelease")
                : Files.createFile(directory.resolve("denied"));
        if (!WindowsTestSupport.isWine()) {
            deny(path, AclEntryPermission.WRITE_DATA);
        }
        assertThatThrownBy(() -> FileChannel.open(path, StandardOpenOption.WRITE))
                .isExactlyInstanceOf(AccessDeniedException.class);
        assertThat(OverlappedFile.open(group.next(), path, StandardOpenOption.WRITE).await().cause())
                .isExactlyInstanceOf(AccessDeniedException.class).hasMessageContaining(path.toString())
                .hasMessageContaining("CreateFileW");
        OverlappedFile.open(group.next(), path, StandardOpenOption.READ).sync().getNow().close().sync();
    }

    /** Under Wine by a directory of Linux's first process, which most users may not list. */
    @Test
    void aDirectoryThatThisUserMayNotListIsAccessDeniedAsItIsToTheWatchService() throws Exception {
        Path path = Path.of("Z:\\proc\\1\\fdinfo");
        if (!WindowsTestSupport.isWine()) {
            path = Files.createDirectory(directory.resolve("denied"));
            deny(path, AclEntryPermission.LIST_DIRECTORY);
        }
        try (WatchService service = path.getFileSystem().newWatchService()) {
            AccessDeniedException refused = null;
            try {
                path.register(service, StandardWatchEventKinds.ENTRY_CREATE);
            } catch (AccessDeniedException e) {
                refused = e;
            }
            Assumptions.assumeTrue(refused != null || !WindowsTestSupport.isWine(),
                    "this user of Linux may list every directory");
            assertThat(refused).isNotNull();
            ChannelFuture watch = connect(path);
            assertThat(watch.cause()).isExactlyInstanceOf(AccessDeniedException.class)
                    .hasMessageContaining(path.toString());
            assertThat(watch.channel().closeFuture().await(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            if (!WindowsTestSupport.isWine()) {
                // What may not be listed could not be deleted with what is in it.
                AclFileAttributeView view = Files.getFileAttributeView(path, AclFileAttributeView.class);
                view.setAcl(view.getAcl().stream().filter(entry -> entry.type() != AclEntryType.DENY).toList());
            }
        }
    }

    /** Denies the user of this process something, whatever else the access control list says. */
    private static void deny(Path path, AclEntryPermission permission) throws IOException {
        AclFileAttributeView view = Files.getFileAttributeView(path, AclFileAttributeView.class);
        List<AclEntry> entries = new ArrayList<>(view.getAcl());
        entries.add(0, AclEntry.newBuilder().setType(AclEntryType.DENY).setPermissions(permission).setPrincipal(
                path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(
                        System.getProperty("user.name"))).build());
        view.setAcl(entries);
    }

    @Test
    void aFileThatSomebodyHasForHimselfIsASharingViolation() throws Exception {
        Path path = Files.createFile(directory.resolve("taken"));
        long exclusive = WindowsCalls.createFileExclusively(path.toString(), 0x80000000, 3, 0);
        try {
            for (StandardOpenOption option : new StandardOpenOption[] { StandardOpenOption.READ,
                StandardOpenOption.WRITE }) {
                assertThat(OverlappedFile.open(group.next(), path, option).await().cause())
                        .isExactlyInstanceOf(FileSystemException.class).hasMessageContaining(path.toString())
                        .hasMessageContaining("error 32");
            }
        } finally {
            WindowsCalls.closeHandle(exclusive);
        }
        OverlappedFile.open(group.next(), path).sync().getNow().close().sync();
    }
}
