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
 * not with IOCP, if NIO's result isn't the one that stands in the list of exclusions, and if Netty's leak detector found
 * something.
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
        line("Written by the build: `./mvnw verify -Pall-modes`, or `tools/run-testsuite` in parts, runs all classes with NIO and");
        line("with IOCP in all its modes and makes this page of Surefire's reports (`tools/TestsuiteTable.java`).");
        line("");
        line("| | |");
        line("|---|---|");
        line("| last commit of the shipped sources | " + String.join(", ", sources) + " |");
        line("| Netty | " + machine.getProperty("netty.version") + " |");
        line("| Java | " + machine.getProperty("java.runtime.version") + " for Windows" + (WINE ? ", under Wine" : "")
                + " |");
        line("| leak detection | " + leakLevel() + ": " + (leaks.isEmpty() ? "no leaks" : leaks) + " |");
        modes.forEach(mode -> line("| " + MODES.get(mode) + " | " + cell(total(mode, type -> true)) + " |"));
        line("");
        line("NIO is NIO with NIO. IOCP is IOCP with IOCP, IOCP with NIO and NIO with IOCP, three combinations in each test;");
        line("beside the default there are receives of zero bytes, loops without skip-on-success, and loops whose calls do all");
        line("that Windows may do ([soak.md](soak.md)). Each test runs with two allocators. Passed / run:");
        line("");
        table("Sockets and loops", type -> !isPipe(type), modes);
        table("Named pipes", TestsuiteTable::isPipe, modes);
        line("The classes of TLS run with the JDK's and with OpenSSL (BoringSSL of tcnative) on each side; that OpenSSL is there");
        line("is what `TlsProvidersTest` tests.");
        line("");
        notPassed(modes);
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

    private void notPassed(List<String> modes) {
        line("## What was skipped or failed");
        line("");
        line("| test | mode | result |");
        line("|---|---|---|");
        outcomes.forEach((type, tests) -> tests.forEach((test, results) -> {
            Map<String, TreeSet<String>> same = new LinkedHashMap<>();
            for (String mode : modes) {
                Outcome outcome = results.get(mode);
                if (outcome != null && outcome.result() != Result.PASSED) {
                    same.computeIfAbsent(outcome.result().name().toLowerCase(Locale.ROOT) + ": "
                            + outcome.why(), why -> new TreeSet<>()).add(MODES.get(mode));
                }
            }
            same.forEach((why, where) -> line("| " + simple(type) + '.' + escape(test)
                    + " | " + String.join(", ", where) + " | " + escape(why) + " |"));
        }));
        line("");
    }

    private List<String> onlyNio(List<String> modes) {
        List<String> found = new ArrayList<>();
        outcomes.forEach((type, tests) -> tests.forEach((test, results) -> {
            Outcome nio = results.get("nio");
            if (nio == null || nio.result() != Result.PASSED) {
                return;
            }
            for (String mode : modes) {
                if (results.containsKey(mode) && results.get(mode).result() != Result.PASSED) {
                    found.add(type + '.' + test + " (" + MODES.get(mode) + ')');
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
    private record Exclusion(String line, List<String[]> tests, String nio) { }

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
                exclusions.add(new Exclusion(line, tests, columns[4]));
            }
        }
        return exclusions;
    }

    /**
     * What NIO's reports contradict. The last column begins with {@code passes}, {@code skipped}, {@code fails}, {@code
     * fails on Wine}, {@code as IOCP} or, where NIO has no such test, {@code -}.
     */
    private List<String> wrong(List<Exclusion> exclusions) {
        List<String> wrong = new ArrayList<>();
        for (Exclusion exclusion : exclusions) {
            for (String[] test : exclusion.tests()) {
                Pattern type = Pattern.compile("Iocp" + test[0].replace("*", "\\w*"));
                Pattern name = Pattern.compile((test[1].isEmpty() ? "\\w+" : test[1]) + "\\b.*", Pattern.DOTALL);
                List<Map<String, Outcome>> results = outcomes.entrySet().stream()
                        .filter(tests -> type.matcher(tests.getKey()).matches())
                        .flatMap(tests -> tests.getValue().entrySet().stream())
                        .filter(entry -> name.matcher(entry.getKey()).matches() && entry.getValue().containsKey("nio"))
                        .map(Map.Entry::getValue).toList();
                boolean none = exclusion.nio().equals("-");
                if (!none && (results.isEmpty() || !holds(exclusion.nio(), results))) {
                    wrong.add(test[0] + '.' + test[1] + " \"" + exclusion.nio() + "\", but NIO's result is "
                            + results.stream().map(modes -> modes.get("nio").result()).toList());
                }
            }
        }
        return wrong;
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
