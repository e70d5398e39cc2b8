import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collector;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * {@code java TestsuiteTable.java CHECKOUT}: writes docs/testsuite.md from what Surefire reported of Netty's testsuite:
 * NIO next to IOCP in its modes. The build runs it with the profile all-modes. Fails if a test passes with NIO and does
 * not with IOCP, if NIO's result isn't the one that stands in the list of exclusions, if a test was skipped that isn't
 * in that list, and if Netty's leak detector found something.
 */
final class TestsuiteTable {

    private static final String PACKAGE = "io.github.nettyiocp.testsuite.netty.";
    /** The suffix of the reports, and what the column is called. */
    private static final Map<String, String> MODES = new LinkedHashMap<>();

    static {
        MODES.put("nio", "NIO");
        MODES.put("windows", "IOCP");
        MODES.put("zero-byte", "zero-byte");
        MODES.put("no-skip", "no-skip");
        MODES.put("faults", "faults");
    }

    private static final boolean WINE = !System.getProperty("os.name").startsWith("Windows");

    private enum Result { PASSED, SKIPPED, FAILED }

    private record Outcome(Result result, String why) { }

    /** How many had each result; those that were not run are {@code null}. */
    private static final Collector<Outcome, int[], int[]> COUNT = Collector.of(() -> new int[Result.values().length],
            (count, outcome) -> {
                if (outcome != null) {
                    count[outcome.result().ordinal()]++;
                }
            }, (one, other) -> {
                throw new IllegalStateException("not parallel");
            });

    private final Path checkout;
    private final Path reports;
    /** By class, test and mode. */
    private final Map<String, Map<String, Map<String, Outcome>>> outcomes = new TreeMap<>();
    private final Properties machine = new Properties();
    /** What the reports say of the sources that were tested. */
    private final TreeSet<String> sources = new TreeSet<>();
    private final StringBuilder page = new StringBuilder();

    private TestsuiteTable(Path checkout) {
        this.checkout = checkout;
        reports = checkout.resolve("testsuite/target/surefire-reports");
    }

    static void main(String[] args) throws IOException {
        System.exit(new TestsuiteTable(Path.of(args[0]).toAbsolutePath().normalize()).run() ? 0 : 1);
    }

    private boolean run() throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(reports)) {
            files = all.sorted().toList();
        }
        List<String> leaks = new ArrayList<>();
        for (Path file : files) {
            Matcher report = Pattern.compile("TEST-" + Pattern.quote(PACKAGE) + "([\\w.]+)-([\\w-]+)\\.xml")
                    .matcher(file.getFileName().toString());
            if (report.matches() && MODES.containsKey(report.group(2))) {
                read(file, report.group(1), report.group(2));
            } else if (file.getFileName().toString().endsWith("-output.txt")
                    && Files.readString(file, StandardCharsets.ISO_8859_1).contains("LEAK: ")) {
                leaks.add(file.getFileName().toString());
            }
        }
        List<Exclusion> exclusions = readExclusions();
        List<String> onlyNio = write(exclusions, leaks);
        Files.writeString(checkout.resolve("docs/testsuite.md"), page);
        onlyNio.forEach(test -> System.out.println("passes with NIO and not with IOCP: " + test));
        leaks.forEach(file -> System.out.println("leaks: " + file));
        List<String> wrong = wrong(exclusions);
        wrong.forEach(line -> System.out.println("exclusions.txt: " + line));
        return onlyNio.isEmpty() && leaks.isEmpty() && wrong.isEmpty();
    }

    private void read(Path file, String type, String mode) {
        try {
            Element suite = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file.toFile())
                    .getDocumentElement();
            NodeList properties = suite.getElementsByTagName("property");
            for (int i = 0; i < properties.getLength(); i++) {
                Element property = (Element) properties.item(i);
                machine.setProperty(property.getAttribute("name"), property.getAttribute("value"));
            }
            sources.add(machine.getProperty("testsuite.sources", "unknown"));
            NodeList tests = suite.getElementsByTagName("testcase");
            for (int i = 0; i < tests.getLength(); i++) {
                Element test = (Element) tests.item(i);
                outcomes.computeIfAbsent(type, name -> new TreeMap<>())
                        .computeIfAbsent(test.getAttribute("name"), name -> new LinkedHashMap<>())
                        .put(mode, outcome(test));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (ParserConfigurationException | SAXException e) {
            throw new IllegalStateException(file.toString(), e);
        }
    }

    private static Outcome outcome(Element test) {
        for (String tag : new String[] { "skipped", "failure", "error" }) {
            NodeList found = test.getElementsByTagName(tag);
            if (found.getLength() > 0) {
                Element element = (Element) found.item(0);
                String message = element.getAttribute("message").lines().findFirst().orElse("").strip();
                return new Outcome(tag.equals("skipped") ? Result.SKIPPED : Result.FAILED,
                        message.isEmpty() ? element.getAttribute("type") : message);
            }
        }
        return new Outcome(Result.PASSED, "");
    }

    // ---- the page

    /** What passes with NIO and does not with IOCP. */
    private List<String> write(List<Exclusion> exclusions, List<String> leaks) {
        List<String> modes = MODES.keySet().stream().filter(this::wasRun).toList();
        line("# Netty's testsuite");
        line("");
        line("Written by the build: `./mvnw verify -Pall-modes`, or `tools/run-testsuite` in parts, runs all classes");
        line("with NIO and with IOCP in all its modes and makes this page of Surefire's reports");
        line("(`tools/TestsuiteTable.java`).");
        line("");
        line("| | |");
        line("|---|---|");
        line("| last commit of the shipped sources | " + String.join(", ", sources) + " |");
        line("| Netty | " + machine.getProperty("netty.version") + ", its testsuite "
                + machine.getProperty("netty.testsuite.version", "unknown") + " |");
        line("| Java | " + machine.getProperty("java.runtime.version") + " for Windows" + (WINE ? ", under Wine" : "")
                + " |");
        line("| leak detection | " + leakLevel() + ": " + (leaks.isEmpty() ? "no leaks" : leaks) + " |");
        modes.forEach(mode -> line("| " + MODES.get(mode) + " | " + cell(total(mode, type -> true)) + " |"));
        line("");
        line("NIO is NIO with NIO. IOCP is IOCP with IOCP, IOCP with NIO and NIO with IOCP, three combinations in");
        line("each test; beside the default there are receives of zero bytes, loops without skip-on-success, and");
        line("loops whose calls do all that Windows may do ([soak.md](soak.md)). The first two are settings of");
        line("streams: datagrams have no such modes, and their classes repeat the default there. Each test runs with two");
        line("allocators. Passed / run:");
        line("");
        table("Sockets and loops", type -> !isPipe(type), modes);
        table("Named pipes", TestsuiteTable::isPipe, modes);
        line("The classes of TLS run with the JDK's and with OpenSSL (BoringSSL of tcnative) on each side; that");
        line("OpenSSL is there is what `TlsProvidersTest` tests.");
        line("");
        notPassed(modes, exclusions);
        List<String> onlyNio = onlyNio(modes);
        line("## What NIO passes and IOCP does not");
        line("");
        line(onlyNio.isEmpty() ? "Nothing." : String.join("\n", onlyNio.stream().map(test -> "* " + test).toList()));
        line("");
        line("## What is left out or done differently");
        line("");
        line("That NIO's result is the one of the last column was checked with these reports.");
        line("");
        line("| transport | test | left out | reason | NIO with the same test |");
        line("|---|---|---|---|---|");
        exclusions.forEach(exclusion -> line("| " + exclusion.line() + " |"));
        return onlyNio;
    }

    private String leakLevel() {
        return machine.getProperty("io.netty.leakDetectionLevel", "unknown");
    }

    private static boolean isPipe(String type) {
        return type.startsWith("pipe.");
    }

    private boolean wasRun(String mode) {
        return outcomes.values().stream().flatMap(tests -> tests.values().stream())
                .anyMatch(results -> results.containsKey(mode));
    }

    private void table(String title, Predicate<String> which, List<String> modes) {
        line("## " + title);
        line("");
        line("| class | " + String.join(" | ", modes.stream().map(MODES::get).toList()) + " |");
        line("|---|" + "---|".repeat(modes.size()));
        outcomes.forEach((type, tests) -> {
            if (which.test(type)) {
                line("| " + simple(type) + " | "
                        + String.join(" | ", modes.stream().map(mode -> cell(count(tests, mode))).toList()) + " |");
            }
        });
        line("| **all** | " + String.join(" | ",
                modes.stream().map(mode -> "**" + cell(total(mode, which)) + "**").toList()) + " |");
        line("");
    }

    private int[] total(String mode, Predicate<String> which) {
        return outcomes.entrySet().stream().filter(type -> which.test(type.getKey()))
                .flatMap(type -> type.getValue().values().stream()).map(results -> results.get(mode)).collect(COUNT);
    }

    private static int[] count(Map<String, Map<String, Outcome>> tests, String mode) {
        return tests.values().stream().map(results -> results.get(mode)).collect(COUNT);
    }

    private static String cell(int[] count) {
        int run = count[0] + count[1] + count[2];
        return run == 0 ? "-" : count[0] + " / " + run + (count[1] == 0 ? "" : ", " + count[1] + " skipped")
                + (count[2] == 0 ? "" : ", " + count[2] + " failed");
    }

    /** The rows of a parameterized test that ended alike for the same reason are one line. */
    private void notPassed(List<String> modes, List<Exclusion> exclusions) {
        line("## What was skipped or failed");
        line("");
        line("| test | mode | result |");
        line("|---|---|---|");
        outcomes.forEach((type, tests) -> {
            // By the method, what became of it and why, and the modes: how many rows.
            Map<List<String>, Integer> rows = new LinkedHashMap<>();
            tests.forEach((test, results) -> {
                Map<String, TreeSet<String>> same = new LinkedHashMap<>();
                for (String mode : modes) {
                    Outcome outcome = results.get(mode);
                    if (outcome != null && outcome.result() != Result.PASSED) {
                        same.computeIfAbsent(outcome.result().name().toLowerCase(Locale.ROOT) + ": "
                                + reason(type, test, outcome, exclusions), why -> new TreeSet<>()).add(MODES.get(mode));
                    }
                }
                same.forEach((why, where) -> rows.merge(List.of(method(test), String.join(", ", where), why), 1,
                        Integer::sum));
            });
            rows.forEach((row, times) -> line("| " + simple(type) + '.' + row.get(0) + (times == 1 ? "" : ", " + times
                    + " times") + " | " + row.get(1) + " | " + escape(row.get(2)) + " |"));
        });
        line("");
    }

    /** Why a test was skipped is what the list says of it; why it failed is what it said itself. */
    private static String reason(String type, String test, Outcome outcome, List<Exclusion> exclusions) {
        return outcome.result() != Result.SKIPPED ? outcome.why()
                : exclusions.stream().filter(exclusion -> exclusion.names(type, test)).map(Exclusion::reason)
                        .reduce((one, other) -> one + "; " + other).orElse(outcome.why());
    }

    private static String method(String test) {
        return test.replaceFirst("(?s)\\W.*", "");
    }

    /** A mode without a result of such a test has not passed it; pipes don't run over NIO. */
    private List<String> onlyNio(List<String> modes) {
        List<String> found = new ArrayList<>();
        outcomes.forEach((type, tests) -> tests.forEach((test, results) -> {
            Outcome nio = results.get("nio");
            if (nio == null || nio.result() != Result.PASSED) {
                return;
            }
            for (String mode : modes) {
                if (!results.containsKey(mode) || results.get(mode).result() != Result.PASSED) {
                    found.add(type + '.' + test + " (" + MODES.get(mode)
                            + (results.containsKey(mode) ? ")" : ", no result)"));
                }
            }
        }));
        return found;
    }

    private static String simple(String type) {
        return type.substring(type.lastIndexOf('.') + 1);
    }

    // ---- the list of what is left out

    /** One line: the class and the method ({@code ""} for all) that each of its tests names, and NIO's result. */
    private record Exclusion(String line, String transport, List<String[]> tests, String reason, String nio) {

        /** Whether this line is of a test of ours. */
        boolean names(String type, String test) {
            return tests.stream().anyMatch(named -> names(named, type, test));
        }

        /** Netty's SocketXTest and AbstractXTest are IocpSocketXTest and IocpXTest here, NamedPipeXTest of pipes. */
        boolean names(String[] named, String type, String test) {
            String name = named[0].replaceFirst("^Abstract(SingleThread)?", "").replace("*", "\\w*");
            String ours = transport.equals("sockets") ? "Iocp" + name
                    : "pipe\\.NamedPipe" + name.replaceFirst("^Socket", "");
            return type.matches(ours) && (named[1].isEmpty() || named[1].equals(method(test)));
        }
    }

    private List<Exclusion> readExclusions() throws IOException {
        List<Exclusion> exclusions = new ArrayList<>();
        for (String line : Files.readAllLines(checkout.resolve(
                "testsuite/src/test/resources/io/github/nettyiocp/testsuite/netty/exclusions.txt"))) {
            if (!line.isEmpty() && !line.startsWith("#")) {
                String[] columns = line.split(" \\| ", -1);
                List<String[]> tests = new ArrayList<>();
                String type = "";
                for (String test : columns[1].split(", ")) {
                    boolean method = Character.isLowerCase(test.charAt(0));
                    if (!method) {
                        type = test.replaceFirst("\\..*", "");
                    }
                    tests.add(new String[] { type, method ? test : test.replaceFirst("[^.]*\\.?", "") });
                }
                exclusions.add(new Exclusion(line, columns[0], tests, columns[3], columns[4]));
            }
        }
        return exclusions;
    }

    /**
     * What the reports contradict: a test was skipped that no line names, or NIO's result isn't that of the last
     * column, which begins with {@code passes}, {@code skipped}, {@code fails}, {@code fails on Wine}, {@code as IOCP}
     * or, where NIO has no such test, {@code -}.
     */
    private List<String> wrong(List<Exclusion> exclusions) {
        TreeSet<String> wrong = new TreeSet<>();
        outcomes.forEach((type, tests) -> tests.forEach((test, results) -> results.forEach((mode, outcome) -> {
            if (outcome.result() == Result.SKIPPED
                    && exclusions.stream().noneMatch(exclusion -> exclusion.names(type, test))) {
                wrong.add("no line names " + type + '.' + method(test) + ", skipped in the mode " + mode);
            }
        })));
        for (Exclusion exclusion : exclusions) {
            for (String[] named : exclusion.tests()) {
                List<Map<String, Outcome>> results = new ArrayList<>();
                outcomes.forEach((type, tests) -> tests.forEach((test, modes) -> {
                    if (exclusion.names(named, type, test) && modes.containsKey("nio")) {
                        results.add(modes);
                    }
                }));
                // What pipes leave out is left out over sockets too, or NIO has no such test.
                boolean none = exclusion.nio().equals("-") || exclusion.transport().equals("pipes");
                if (!none && (results.isEmpty() || !holds(exclusion.nio(), results))) {
                    wrong.add(named[0] + '.' + named[1] + " \"" + exclusion.nio() + "\", but NIO's result is "
                            + results.stream().map(modes -> modes.get("nio").result()).toList());
                }
            }
        }
        return List.copyOf(wrong);
    }

    private static boolean holds(String expected, List<Map<String, Outcome>> results) {
        if (expected.startsWith("as IOCP")) {
            return results.stream().allMatch(modes -> modes.containsKey("windows")
                    && modes.get("nio").result() == modes.get("windows").result());
        }
        Result result = expected.startsWith("skipped") ? Result.SKIPPED
                : expected.startsWith("fails") && (WINE || !expected.startsWith("fails on Wine")) ? Result.FAILED
                : Result.PASSED;
        return results.stream().allMatch(modes -> modes.get("nio").result() == result);
    }

    private static String escape(String text) {
        return text.replace("|", "\\|").replace("<", "&lt;");
    }

    private void line(String text) {
        page.append(text).append('\n');
    }
}
