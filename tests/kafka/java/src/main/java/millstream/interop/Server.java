// Kafka's own clients and Kafka Streams behind a pipe: each line of standard input is a request, and is answered by
// lines of JSON on standard output, the last of them `{"done":true}` or `{"error":"…"}`. Ends with its input.
package millstream.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

public final class Server {
    static final ObjectMapper JSON = new ObjectMapper();

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private final Producing producing;
    private final Reading reading;
    private final Streaming streaming;

    private Server(String bootstrap) {
        producing = new Producing(bootstrap);
        reading = new Reading(bootstrap);
        streaming = new Streaming(bootstrap);
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 1) {
            throw new IllegalArgumentException("usage: Server BOOTSTRAP");
        }
        new Server(arguments[0]).serve();
    }

    private void serve() throws Exception {
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            try {
                answer(JSON.readTree(line), this::print);
                print(JSON.createObjectNode().put("done", true));
            } catch (Exception failure) {
                var trace = new StringWriter();
                failure.printStackTrace(new PrintWriter(trace));
                print(JSON.createObjectNode().put("error", trace.toString()));
            }
        }
        streaming.close(true);
    }

    private void answer(JsonNode request, Consumer<ObjectNode> answers) throws Exception {
        switch (request.path("do").asText()) {
            case "produce" -> producing.produce(request, answers);
            case "read" -> reading.read(request, answers);
            case "describe" -> answers.accept(streaming.describe(request));
            case "start" -> streaming.start(request);
            case "rows" -> streaming.rows(request, answers);
            case "close" -> streaming.close(request.path("leave").asBoolean());
            default -> throw new IllegalArgumentException("no such request: " + request);
        }
    }

    private void print(ObjectNode answer) {
        out.println(answer);
    }
}
