import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * {@code java TestsuiteTable.java CHECKOUT}: writes docs/testsuite.md from what Surefire reported of Netty's testsuite:
 * NIO next to IOCP in its modes. The build runs it with the profile all-modes. Fails if a test passes with NIO and does
 * not with IOCP, and if Netty's leak detector found something.
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

    private enum Result { PASSED, SKIPPED, FAILED }

    private record Outcome(Result result, String why) { }

    private final Path checkout;
    private final Path reports;
    /** By class, test and mode. */
    private final Map<String, Map<String, Map<String, Outcome>>> outcomes = new TreeMap<>();
    private final Properties machine = new Properties();
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
        List<String> onlyNio = write();
        Files.writeString(checkout.resolve("docs/testsuite.md"), page);
        onlyNio.forEach(test -> System.out.println("passes with NIO and not with IOCP: " + test));
        leaks.forEach(file -> System.out.println("leaks: " + file));
        return onlyNio.isEmpty() && leaks.isEmpty();
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
    private List<String> write() throws IOException {
        List<String> modes = MODES.keySet().stream().filter(this::wasRun).toList();
        boolean wine = !System.getProperty("os.name").startsWith("Windows");
        line("# Netty's testsuite");
        line("");
        line("Written by the build: `./mvnw verify -Pall-modes` runs all classes with NIO and with IOCP in all its modes and makes");
        line("this page of Surefire's reports (`tools/TestsuiteTable.java`). " + wrapped(
                "Here: Java " + machine.getProperty("java.runtime.version") + " for Windows"
                + (wine ? " under Wine, " : ", ") + "Netty " + machine.getProperty("netty.version")
                + ", leak detection \"" + machine.getProperty("io.netty.leakDetectionLevel", leakLevel()) + "\"."));
        line("");
        line("NIO is NIO with NIO. IOCP is IOCP with IOCP, IOCP with NIO and NIO with IOCP, three combinations in each test;");
        line("beside the default there are receives of zero bytes, loops without skip-on-success, and loops whose calls do all");
        line("that Windows may do ([soak.md](soak.md)). Each test runs with two allocators. Passed / run:");
        line("");
        table("Sockets and loops", false, modes);
        table("Named pipes", true, modes);
        notPassed(modes);
        List<String> onlyNio = onlyNio(modes);
        line("## What NIO passes and IOCP does not");
        line("");
        line(onlyNio.isEmpty() ? "Nothing." : String.join("\n", onlyNio.stream().map(test -> "* " + test).toList()));
        line("");
        exclusions();
        page.setLength(page.length() - 1);
        return onlyNio;
    }

    private String leakLevel() {
        Matcher level = Pattern.compile("-Dio\\.netty\\.leakDetectionLevel=(\\w+)")
                .matcher(machine.getProperty("sun.jvm.args", ""));
        return level.find() ? level.group(1) : "as the build sets it";
    }

    private static String wrapped(String text) {
        return text;
    }

    private boolean wasRun(String mode) {
        return outcomes.values().stream().flatMap(tests -> tests.values().stream())
                .anyMatch(results -> results.containsKey(mode));
    }

    private void table(String title, boolean pipes, List<String> modes) {
        line("## " + title);
        line("");
        line("| class | " + String.join(" | ", modes.stream().map(MODES::get).toList()) + " |");
        line("|---|" + "---|".repeat(modes.size()));
        Map<String, int[]> totals = new LinkedHashMap<>();
        outcomes.forEach((type, tests) -> {
            if (type.startsWith("pipe.") != pipes) {
                return;
            }
            StringBuilder row = new StringBuilder("| " + type.substring(type.lastIndexOf('.') + 1) + " |");
            for (String mode : modes) {
                int[] count = count(tests, mode);
                row.append(' ').append(cell(count)).append(" |");
                int[] total = totals.computeIfAbsent(mode, name -> new int[Result.values().length]);
                for (int i = 0; i < total.length; i++) {
                    total[i] += count[i];
                }
            }
            line(row.toString());
        });
        StringBuilder row = new StringBuilder("| **all** |");
        modes.forEach(mode -> row.append(" **").append(cell(totals.getOrDefault(mode, new int[3]))).append("** |"));
        line(row.toString());
        line("");
    }

    private static int[] count(Map<String, Map<String, Outcome>> tests, String mode) {
        int[] count = new int[Result.values().length];
        tests.values().stream().map(results -> results.get(mode)).filter(outcome -> outcome != null)
                .forEach(outcome -> count[outcome.result().ordinal()]++);
        return count;
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
                    same.computeIfAbsent(outcome.result().name().toLowerCase(java.util.Locale.ROOT) + ": "
                            + outcome.why(), why -> new TreeSet<>()).add(MODES.get(mode));
                }
            }
            same.forEach((why, where) -> line("| " + type.substring(type.lastIndexOf('.') + 1) + '.' + escape(test)
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

    private void exclusions() throws IOException {
        line("## What is left out or done differently");
        line("");
        line("| transport | test | left out | reason | NIO with the same test |");
        line("|---|---|---|---|---|");
        Path list = checkout.resolve(
                "testsuite/src/test/resources/io/github/nettyiocp/testsuite/netty/exclusions.txt");
        for (String exclusion : Files.readAllLines(list)) {
            if (!exclusion.isEmpty() && !exclusion.startsWith("#")) {
                line("| " + exclusion + " |");
            }
        }
        line("");
    }

    private static String escape(String text) {
        return text.replace("|", "\\|").replace("<", "&lt;");
    }

    private void line(String text) {
        page.append(text).append('\n');
    }
}
