// `start`, `rows` and `close`: an application of Kafka Streams; `describe`: what it would run.
package millstream.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Properties;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.ValueAndTimestamp;

final class Streaming {
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private final String bootstrap;
    private KafkaStreams streams;

    Streaming(String bootstrap) {
        this.bootstrap = bootstrap;
    }

    ObjectNode describe(JsonNode request) {
        return Server.JSON.createObjectNode().put("text", topology(request, settings(request)).describe().toString());
    }

    /** Starts `topology` as `application`, which has no state of its own here, and waits until it runs. */
    void start(JsonNode request) throws Exception {
        var settings = settings(request);
        streams = new KafkaStreams(topology(request, settings), settings);
        streams.start();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (streams.state() != KafkaStreams.State.RUNNING) {
            if (System.nanoTime() > deadline || streams.state().hasCompletedShutdown()) {
                throw new IllegalStateException("the application is " + streams.state());
            }
            Thread.sleep(10);
        }
    }

    private Topology topology(JsonNode request, Properties settings) {
        return Topologies.of(request.path("topology").asText(), request.path("application").asText(), settings);
    }

    /** Whatever stands under `settings` in the request goes over these. */
    private Properties settings(JsonNode request) {
        var settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, request.path("application").asText());
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);
        settings.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, 3000);
        settings.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, 500);
        request.path("settings").properties().forEach(set -> settings.put(set.getKey(), set.getValue().asText()));
        return settings;
    }

    /** The rows of `store`, whose kind is `key-value` or `window`, with their timestamps. */
    void rows(JsonNode request, Consumer<ObjectNode> answers) {
        String store = request.path("store").asText();
        if (request.path("kind").asText().equals("window")) {
            var type = QueryableStoreTypes.<String, Object>timestampedWindowStore();
            try (var rows = streams.store(StoreQueryParameters.fromNameAndType(store, type)).all()) {
                rows.forEachRemaining(row -> answers.accept(row(Formats.windowed(row.key), row.value)));
            }
        } else {
            var type = QueryableStoreTypes.<String, Object>timestampedKeyValueStore();
            try (var rows = streams.store(StoreQueryParameters.fromNameAndType(store, type)).all()) {
                rows.forEachRemaining(row -> answers.accept(row(Server.JSON.valueToTree(row.key), row.value)));
            }
        }
    }

    private static ObjectNode row(JsonNode key, ValueAndTimestamp<Object> value) {
        var row = Server.JSON.createObjectNode().put("timestamp", value.timestamp());
        row.set("key", key);
        row.set("value", Server.JSON.valueToTree(value.value()));
        return row;
    }

    /** Closes in good order and removes its state. By default Kafka Streams stays in its group, which waits for it. */
    void close(boolean leave) {
        if (streams == null) {
            return;
        }
        var operation = leave
                ? CloseOptions.GroupMembershipOperation.LEAVE_GROUP
                : CloseOptions.GroupMembershipOperation.REMAIN_IN_GROUP;
        if (!streams.close(CloseOptions.groupMembershipOperation(operation).withTimeout(PATIENCE))) {
            throw new IllegalStateException("the application does not close");
        }
        streams.cleanUp();
        streams = null;
    }
}
