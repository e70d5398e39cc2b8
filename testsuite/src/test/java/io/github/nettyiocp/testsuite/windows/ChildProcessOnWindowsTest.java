/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.internal.NativeWin32;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.process.ChildProcess;
import io.github.nettyiocp.process.ChildProcessBuilder;
import io.github.nettyiocp.testsuite.peers.PeerData;
import io.netty.channel.ChannelFuture;
import io.netty.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Child processes: the program {@code child} of the peers, and {@code cmd.exe}. */
@Timeout(300)
class ChildProcessOnWindowsTest {

    @TempDir
    private Path folder;
    private ChildFixture fixture;

    @BeforeEach
    void start() {
        fixture = new ChildFixture();
    }

    @AfterEach
    void end() {
        fixture.close();
    }

    // ---- exit codes

    @Test
    void theExitCodeIsThatOfTheProgram() throws Exception {
        for (int code : new int[] { 0, 1, 42, 259, 0x7fffffff, 0xC0000005 }) {
            ChildProcess child = fixture.start("exit", Integer.toUnsignedString(code));
            assertThat(ChildFixture.exitCode(child)).isEqualTo(code);
            assertThat(child.isAlive()).isFalse();
            assertThat(child.pid()).isPositive();
        }
    }

    @Test
    void cmdIsFoundInTheSystemDirectoryAndRuns() throws Exception {
        ChildProcess child = fixture.start(fixture.record(new ChildProcessBuilder("cmd", "/d", "/c",
                "echo hello& exit 7")));
        assertThat(fixture.output()).isEqualTo("hello\r\n");
        assertThat(ChildFixture.exitCode(child)).isEqualTo(7);
    }

    @Test
    void anExitThatWasToldIsToldAgain() throws Exception {
        ChildProcess child = fixture.start("exit", "5");
        assertThat(ChildFixture.exitCode(child)).isEqualTo(5);
        child.kill();
        child.close();
        assertThat(child.exit().cancel(false)).isFalse();
        assertThat(child.exit().getNow()).isEqualTo(5);
    }

    // ---- standard streams

    @Test
    void whatIsWrittenComesBackAndEndsWithTheInput() throws Exception {
        for (int size : new int[] { 0, 1, 4096, 65536, 3_000_000 }) {
            ChildProcess child = fixture.start("echo");
            if (size > 0) {
                PipeFixture.send(child.stdin(), size, size);
            }
            ChannelFuture ended = child.endInput();
            assertThat(ChildFixture.exitCode(child)).isZero();
            fixture.output();
            assertThat(PeerData.sum(fixture.output.received())).isEqualTo(PeerData.sum(size, size));
            assertThat(ended.await(ChildFixture.TIMEOUT_SECONDS, TimeUnit.SECONDS)).isTrue();
            assertThat(fixture.output.exceptions).isEmpty();
            assertThat(fixture.error.received()).isEmpty();
        }
    }

    @Test
    void errorsHaveAChannelOfTheirOwn() throws Exception {
        ChildProcess child = fixture.start("both");
        assertThat(fixture.output()).isEqualTo("o".repeat(100));
        fixture.error.awaitInactive();
        assertThat(new String(fixture.error.received(), StandardCharsets.US_ASCII)).isEqualTo("e".repeat(100));
        assertThat(ChildFixture.exitCode(child)).isZero();
    }

    @Test
    void mergedErrorsComeInTheOrderInWhichTheyWereWritten() throws Exception {
        ChildProcess child = fixture.start(fixture.builder("both").redirectErrorStream(true));
        assertThat(fixture.output()).isEqualTo("oe".repeat(100));
        assertThat(child.stderr()).isNull();
        assertThat(ChildFixture.exitCode(child)).isZero();
    }

    @Test
    void aFloodOfErrorsIsDeliveredToTheLastByte() throws Exception {
        int size = 5_000_000;
        ChildProcess child = fixture.start("flood-error", String.valueOf(size));
        assertThat(fixture.output()).isEqualTo("done\r\n".replace("\r", ""));
        fixture.error.awaitInactive();
        byte[] received = fixture.error.received();
        assertThat(received).hasSize(size);
        for (int i = 0; i < size; i++) {
            if (received[i] != (byte) (i * 31L >> 3)) {
                assertThat(i).as("the first wrong byte").isEqualTo(-1);
            }
        }
        assertThat(ChildFixture.exitCode(child)).isZero();
    }

    @Test
    void aStreamThatNobodyReadsHoldsTheChildUpUntilSomebodyDoes() throws Exception {
        int size = 1_000_000;
        ChildProcess child = fixture.start(new ChildProcessBuilder(ChildFixture.command("flood",
                String.valueOf(size))));
        assertThat(child.exit().await(300, TimeUnit.MILLISECONDS)).isFalse();
        TcpRecorder late = new TcpRecorder();
        child.stdout().pipeline().addLast(late);
        child.stdout().config().setAutoRead(true);
        assertThat(late.inactive.await(ChildFixture.TIMEOUT_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(late.received()).hasSize(size);
        assertThat(ChildFixture.exitCode(child)).isZero();
    }

    @Test
    void aChildThatClosesItsInputEndsTheChannel() throws Exception {
        ChildProcess child = fixture.start("close-input");
        fixture.await("closed");
        assertThat(child.stdin().closeFuture().await(ChildFixture.TIMEOUT_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(child.isAlive()).isTrue();
        assertThatThrownBy(() -> PipeFixture.send(child.stdin(), 10, 1).sync()).isInstanceOf(IOException.class);
        child.kill(9);
        assertThat(ChildFixture.exitCode(child)).isEqualTo(9);
    }

    @Test
    void aWriteThatTheChildNeverReadsFailsWhenItEnds() throws Exception {
        ChildProcess child = fixture.start("forever");
        fixture.await("here");
        ChannelFuture written = PipeFixture.send(child.stdin(), 1_000_000, 3);
        assertThat(written.await(200, TimeUnit.MILLISECONDS)).isFalse();
        child.kill();
        assertThat(written.await(ChildFixture.TIMEOUT_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(written.cause()).isInstanceOf(IOException.class);
        assertThat(ChildFixture.exitCode(child)).isEqualTo(1);
    }

    @Test
    void aGrandchildThatHoldsThePipeKeepsTheOutputOpenAndNotTheExit() throws Exception {
        ChildProcess child = fixture.start("parent", "sleep 1500");
        assertThat(ChildFixture.exitCode(child)).isEqualTo(3);
        assertThat(fixture.output.inactive.getCount()).isEqualTo(1);
        assertThat(fixture.output()).startsWith("started ").endsWith("slept\n");
    }

    @Test
    void redirectsGoToFilesAndComeFromThem() throws Exception {
        Path input = Files.writeString(folder.resolve("in put.txt"), "from a file");
        Path output = folder.resolve("output.txt");
        Path errors = Files.writeString(folder.resolve("errors.txt"), "before ");
        ChildProcessBuilder echo = new ChildProcessBuilder(ChildFixture.command("echo"))
                .redirectInput(Redirect.from(input.toFile())).redirectOutput(Redirect.to(output.toFile()))
                .redirectError(Redirect.DISCARD);
        assertThat(fixture.run(echo)).isZero();
        assertThat(output).hasContent("from a file");
        for (int i = 0; i < 2; i++) {
            assertThat(fixture.run(new ChildProcessBuilder(ChildFixture.command("echo-error"))
                    .redirectInput(Redirect.from(input.toFile())).redirectOutput(Redirect.DISCARD)
                    .redirectError(Redirect.appendTo(errors.toFile())))).isZero();
        }
        assertThat(errors).hasContent("before from a filefrom a file");
        assertThat(fixture.run(echo.redirectInput(Redirect.DISCARD))).isZero();
        assertThat(output).hasContent("");
    }

    @Test
    void redirectsGoToFilesWithLongPaths() throws Exception {
        Path deep = folder;
        for (int i = 0; i < 3; i++) {
            deep = Files.createDirectory(deep.resolve(String.valueOf(i).repeat(100)));
        }
        Path input = Files.writeString(deep.resolve("input.txt"), "from far below");
        Path output = deep.resolve(".").resolve("output.txt");
        assertThat(output.toString()).hasSizeGreaterThan(300);
        assertThat(fixture.run(new ChildProcessBuilder(ChildFixture.command("echo")).redirectInput(input.toFile())
                .redirectOutput(output.toFile()).redirectError(Redirect.DISCARD))).isZero();
        assertThat(output).hasContent("from far below");
    }

    @Test
    void aVariableWithoutAValueIsRefused() throws Exception {
        ChildProcessBuilder builder = fixture.builder("echo");
        builder.environment().put("NOTHING", null);
        assertThat(fixture.refusal(builder)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("NOTHING");
    }

    @Test
    void aStreamThatIsRedirectedHasNoChannel() throws Exception {
        ChildProcess child = fixture.start(new ChildProcessBuilder(ChildFixture.command("echo"))
                .redirectInput(Redirect.DISCARD).redirectOutput(Redirect.DISCARD).redirectError(Redirect.DISCARD));
        assertThat(child.stdin()).isNull();
        assertThat(child.stdout()).isNull();
        assertThat(child.stderr()).isNull();
        assertThatThrownBy(child::endInput).isInstanceOf(IllegalStateException.class);
        assertThat(ChildFixture.exitCode(child)).isZero();
    }

    @Test
    void inheritedStreamsHaveNoChannel() throws Exception {
        ChildProcess child = fixture.start(fixture.builder("exit", "3").inheritIO());
        assertThat(child.stdin()).isNull();
        assertThat(child.stdout()).isNull();
        assertThat(child.stderr()).isNull();
        assertThat(ChildFixture.exitCode(child)).isEqualTo(3);
    }

    @Test
    void aRedirectThatCannotBeOpenedFailsTheStartAndNamesTheFile() throws Exception {
        Path missing = folder.resolve("missing.txt");
        assertThat(fixture.refusal(fixture.builder("echo").redirectInput(Redirect.from(missing.toFile()))))
                .isInstanceOf(NoSuchFileException.class).hasMessageContaining("missing.txt");
        assertThat(fixture.refusal(fixture.builder("echo").redirectOutput(Redirect.to(folder.toFile()))))
                .isInstanceOf(AccessDeniedException.class).hasMessageContaining(folder.getFileName().toString());
        assertThatThrownBy(() -> fixture.builder("echo").redirectInput(Redirect.to(missing.toFile())))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> fixture.builder("echo").redirectOutput(Redirect.from(missing.toFile())))
                .isInstanceOf(IllegalArgumentException.class);
    }

    // ---- arguments, variables, directories

    private static String odd(Random random) {
        String characters = "a \t\"\\'%!^&|<>()[]{}=;,`~$*?/:@#+-_.\n\u00e4\u4e2d\ud83d\ude00\u0001";
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(12); i > 0; i--) {
            int at = random.nextInt(characters.length());
            if (Character.isSurrogate(characters.charAt(at))) {
                text.append("\ud83d\ude00");
            } else {
                text.append(random.nextInt(3) == 0 ? '\\' : characters.charAt(at));
            }
        }
        return text.toString();
    }

    private List<String> roundTrip(List<String> arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of("arguments"));
        all.addAll(arguments);
        ChildProcess child = fixture.start(all.toArray(String[]::new));
        List<String> lines = fixture.lines();
        assertThat(ChildFixture.exitCode(child)).isZero();
        assertThat(lines.get(lines.size() - 1)).isEqualTo("same");
        assertThat(ChildFixture.decode(lines.get(0))).isEqualToIgnoringCase(ChildFixture.program().toString());
        return lines.subList(2, lines.size() - 1).stream().map(ChildFixture::decode).toList();
    }

    @Test
    void argumentsOfAllCharactersArrive() throws Exception {
        List<String> telling = List.of("", " ", "a", "a b", "\"", "\\", "\\\\", "\\\"", "a\\ b\\", "a b\\\\", "\"a\"",
                "a\"b\\\"c\\\\\"", "%PATH%", "^&|<>", "\t", "--x=\"y z\"", "C:\\dir with spaces\\", "'", "*.*", "?");
        assertThat(roundTrip(telling)).isEqualTo(telling);
        StringBuilder everything = new StringBuilder();
        for (char c = 1; c < 0x180; c++) {
            everything.append(c);
        }
        assertThat(roundTrip(List.of(everything.toString(), "x".repeat(30_000)))).containsExactly(
                everything.toString(), "x".repeat(30_000));
        Random random = new Random(7);
        for (int i = 0; i < 20; i++) {
            List<String> arguments = new ArrayList<>();
            for (int j = random.nextInt(30); j >= 0; j--) {
                arguments.add(odd(random));
            }
            assertThat(roundTrip(arguments)).isEqualTo(arguments);
        }
    }

    @Test
    void anImpossibleCommandIsRefused() throws Exception {
        assertThatThrownBy(() -> new ChildProcessBuilder(List.of())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ChildProcessBuilder("a", null)).isInstanceOf(NullPointerException.class);
        assertThat(fixture.refusal(fixture.builder("a\0b"))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("argument 1");
        assertThat(fixture.refusal(fixture.builder("x".repeat(33_000)))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("32766");
        assertThat(fixture.refusal(new ChildProcessBuilder(""))).isInstanceOf(IllegalArgumentException.class);
        assertThat(fixture.refusal(new ChildProcessBuilder("a\"b"))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void variablesArriveAndThoseThatWereRemovedDoNot() throws Exception {
        ChildProcessBuilder builder = fixture.builder("variable", "netty_IOCP_test");
        builder.environment().put("NETTY_iocp_TEST", "a=b \u4e2d%PATH%");
        fixture.start(builder);
        assertThat(ChildFixture.decode(fixture.lines().get(0))).isEqualTo("a=b \u4e2d%PATH%");
        ChildProcessBuilder without = fixture.builder("variable", "PATH");
        without.environment().remove("path");
        fixture.start(without);
        assertThat(fixture.lines()).containsExactly("none");
        ChildProcessBuilder bare = fixture.builder("variable", "SystemRoot");
        bare.environment().clear();
        fixture.start(bare);
        assertThat(ChildFixture.decode(fixture.lines().get(0))).isEqualToIgnoringCase(System.getenv("SystemRoot"));
    }

    @Test
    void anImpossibleVariableIsRefused() throws Exception {
        for (String[] variable : new String[][] { { "", "x" }, { "a=b", "x" }, { "a\0", "x" }, { "a", "x\0" } }) {
            ChildProcessBuilder builder = fixture.builder("exit", "0");
            builder.environment().put(variable[0], variable[1]);
            assertThat(fixture.refusal(builder)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void theDirectoryIsTheOneThatWasAskedFor() throws Exception {
        Path directory = Files.createDirectory(folder.resolve("sub \u00e4"));
        assertThat(fixture.run(fixture.builder("directory").directory(directory))).isZero();
        assertThat(Path.of(ChildFixture.decode(fixture.lines().get(0)))).isEqualTo(directory.toAbsolutePath());
        assertThat(fixture.refusal(fixture.builder("directory").directory(folder.resolve("none"))))
                .isInstanceOf(NoSuchFileException.class).hasMessageContaining("none");
        Path file = Files.createFile(folder.resolve("file"));
        assertThat(fixture.refusal(fixture.builder("directory").directory(file)))
                .isInstanceOf(NotDirectoryException.class).hasMessageContaining("file");
    }

    // ---- programs

    @Test
    void aMissingProgramIsNamed() throws Exception {
        assertThat(fixture.refusal(new ChildProcessBuilder("no-such-program-at-all")))
                .isInstanceOf(NoSuchFileException.class).hasMessageContaining("no-such-program-at-all");
        assertThat(fixture.refusal(new ChildProcessBuilder(folder.resolve("x.exe").toString())))
                .isInstanceOf(NoSuchFileException.class).hasMessageContaining("x.exe");
        assertThat(fixture.refusal(new ChildProcessBuilder(folder.toString())))
                .isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void whatIsNoProgramIsRefusedByWindows() throws Exception {
        Path text = Files.writeString(folder.resolve("text.exe"), "not a program");
        assertThat(fixture.refusal(new ChildProcessBuilder(text.toString()))).isInstanceOf(FileSystemException.class)
                .hasMessageContaining("text.exe").hasMessageContaining("CreateProcessW");
    }

    @Test
    void theCurrentDirectoryIsNotSearched() throws Exception {
        String name = "netty-iocp-test-" + ProcessHandle.current().pid() + ".exe";
        Path here = Path.of("").toAbsolutePath().resolve(name);
        Files.copy(ChildFixture.program(), here);
        try {
            assertThat(fixture.refusal(new ChildProcessBuilder(name, "exit", "1")))
                    .isInstanceOf(NoSuchFileException.class);
            assertThat(ChildFixture.exitCode(fixture.start(new ChildProcessBuilder(".\\" + name, "exit", "1"))))
                    .isEqualTo(1);
        } finally {
            Files.delete(here);
        }
    }

    @Test
    void batchFilesGetSafeArgumentsAndNoOthers() throws Exception {
        Path batch = Files.writeString(folder.resolve("a batch.cmd"), "@echo [%~1] [%~2] [%~3]\r\n@exit /b 5\r\n");
        assertThat(fixture.run(fixture.record(new ChildProcessBuilder(batch.toString(), "plain", "with space",
                "a,b;c=(d)")))).isEqualTo(5);
        assertThat(fixture.output()).isEqualTo("[plain] [with space] [a,b;c=(d)]\r\n");
        for (String unsafe : List.of("\"&calc\"", "%PATH%", "a&b", "a|b", "a>b", "a<b", "a^b", "a!b", "a\nb", "\"")) {
            assertThat(fixture.refusal(new ChildProcessBuilder(batch.toString(), "x", unsafe)))
                    .as(unsafe).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("argument 2")
                    .hasMessageContaining("a batch.cmd");
        }
    }

    // ---- what the child inherits

    private static Win32 win32() {
        return NativeWin32.ACCESS.ofThisThread();
    }

    @Test
    void onlyTheHandlesThatAreNamedAreInherited() throws Exception {
        long named = win32().createEvent(1, 0);
        long inheritable = win32().createEvent(1, 0);
        // Whatever else can be inherited stays here.
        assertThat(win32().setHandleInformation(inheritable, 1, 1)).isZero();
        ChildProcess child = fixture.start(fixture.builder("signal", String.valueOf(named),
                String.valueOf(inheritable)).inherit(named).inherit(named));
        fixture.output();
        assertThat(ChildFixture.exitCode(child)).isZero();
        assertThat(win32().waitForSingleObject(named, 0)).isZero();
        assertThat(win32().waitForSingleObject(inheritable, 0)).isNotZero();
        assertThat(win32().closeHandle(named)).isZero();
        assertThat(win32().closeHandle(inheritable)).isZero();
    }

    @Test
    void aHandleThatIsNotOpenFailsTheStart() throws Exception {
        assertThat(fixture.refusal(fixture.builder("exit", "0").inherit(0x7ffffff0L)))
                .isInstanceOf(IOException.class).hasMessageContaining("0x7ffffff0");
    }

    @Test
    void theChildrensEndsAreClosedHereSoThatTheStreamsEnd() throws Exception {
        // Each child would hold the pipes of those before it, if it inherited them.
        List<ChildProcess> children = new ArrayList<>();
        List<TcpRecorder> outputs = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            children.add(fixture.start("echo"));
            outputs.add(fixture.output);
        }
        for (int i = 0; i < 5; i++) {
            children.get(i).endInput();
            outputs.get(i).awaitInactive();
            assertThat(ChildFixture.exitCode(children.get(i))).isZero();
        }
    }

    // ---- the end

    @Test
    void aChildThatNeverEndsIsKilled() throws Exception {
        ChildProcess child = fixture.start("forever");
        fixture.await("here");
        assertThat(child.isAlive()).isTrue();
        child.kill(77);
        assertThat(ChildFixture.exitCode(child)).isEqualTo(77);
        fixture.output.awaitInactive();
        assertThatThrownBy(child::killTree).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aLoopThatEndsTellsThatNobodyWaitsForTheChild() throws Exception {
        ChildProcess child = fixture.start("forever");
        fixture.await("here");
        fixture.group.shutdownGracefully(0, 15, TimeUnit.SECONDS).sync();
        assertThat(child.exit().await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(child.exit().cause()).isInstanceOf(ClosedChannelException.class);
        ProcessHandle.of(child.pid()).ifPresent(ProcessHandle::destroyForcibly);
    }

    @Test
    void aCancelledStartLeavesNothing() throws Exception {
        int handles = WindowsTestSupport.handles();
        for (int i = 0; i < 10; i++) {
            Future<ChildProcess> started = fixture.builder("forever").start(fixture.group.next());
            if (i % 2 == 0) {
                Thread.sleep(i);
            }
            if (!started.cancel(false)) {
                started.sync().getNow().kill();
                ChildFixture.exitCode(started.getNow());
            }
        }
        WindowsTestSupport.assertNoMoreHandlesThan(handles, 12);
    }

    @Test
    void childrenLeaveNoHandles() throws Exception {
        for (int i = 0; i < 3; i++) {
            ChildFixture.exitCode(fixture.start("exit", "1"));
        }
        int handles = WindowsTestSupport.handles();
        for (int i = 0; i < 30; i++) {
            ChildProcess child = fixture.start("echo");
            child.endInput();
            ChildFixture.exitCode(child);
            fixture.output.awaitInactive();
            fixture.error.awaitInactive();
            fixture.refusal(fixture.builder("exit", "a\0"));
            fixture.refusal(new ChildProcessBuilder("no-such-program-at-all"));
        }
        WindowsTestSupport.assertNoMoreHandlesThan(handles, 5);
    }
}
