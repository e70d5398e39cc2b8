import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;

/** {@code java Download.java URL FILE}: for machines that have neither curl nor wget. */
final class Download {
    private Download() {
    }

    static void main(String[] args) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build()) {
            int status = client.send(HttpRequest.newBuilder(URI.create(args[0])).build(),
                    HttpResponse.BodyHandlers.ofFile(Path.of(args[1]))).statusCode();
            if (status != 200) {
                throw new IOException("HTTP status " + status + ": " + args[0]);
            }
        }
    }
}
