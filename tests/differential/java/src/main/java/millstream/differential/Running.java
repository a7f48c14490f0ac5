// Runs a program with Kafka Streams' test driver and tells its outcome.
package millstream.differential;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.StreamsConfig.InternalConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.LogAndContinueProcessingExceptionHandler;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.test.TestRecord;

final class Running {
    private static int started;

    private final ObjectNode outcome = Main.JSON.createObjectNode();
    private final JsonNode program;

    private Running(JsonNode program) {
        this.program = program;
    }

    static ObjectNode run(JsonNode program) {
        var running = new Running(program);
        running.run();
        return running.outcome;
    }

    private void run() {
        outcome.put("describe", "");
        outcome.putArray("steps");
        outcome.putObject("stores");
        outcome.putNull("error");
        Topology topology;
        try {
            topology = Building.topology(program, settings());
            outcome.put("describe", topology.describe().toString());
        } catch (Exception | StackOverflowError failure) {
            fail("build", failure);
            return;
        }
        run(topology);
    }

    private void run(Topology topology) {
        TopologyTestDriver driver;
        try {
            driver = new TopologyTestDriver(topology, settings(), Instant.ofEpochMilli(0));
        } catch (Exception failure) {
            fail("build", failure);
            return;
        }
        try {
            feed(driver, topology);
        } finally {
            close(driver);
        }
    }

    /** A driver whose task has failed may fail again when it closes. */
    private static void close(TopologyTestDriver driver) {
        try {
            driver.close();
        } catch (Exception failure) {
            // The outcome has the first failure.
        }
    }

    private Properties settings() {
        var settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, Driver.APPLICATION);
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1");
        // A directory of its own: a driver that fails while it starts leaves its stores open.
        settings.put(StreamsConfig.STATE_DIR_CONFIG, System.getProperty("java.io.tmpdir") + "/" + started);
        started += 1;
        // What a table without a store hands on has no serde for `suppress`.
        settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        settings.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG,
                program.path("settings").path("cache_bytes_max").asLong());
        if (program.path("settings").path("skips_failures").asBoolean()) {
            settings.put(StreamsConfig.PROCESSING_EXCEPTION_HANDLER_CLASS_CONFIG,
                    LogAndContinueProcessingExceptionHandler.class);
        }
        if (program.path("settings").path("keeps_headers").asBoolean()) {
            settings.put(StreamsConfig.DSL_STORE_FORMAT_CONFIG, StreamsConfig.DSL_STORE_FORMAT_HEADERS);
        }
        if (program.path("settings").has("optimizations")) {
            List<String> names = new ArrayList<>();
            program.path("settings").path("optimizations").forEach(name -> names.add(name.asText()));
            settings.put(StreamsConfig.TOPOLOGY_OPTIMIZATION_CONFIG, String.join(",", names));
        }
        long emitInterval = program.path("settings").path("emit_interval_ms").asLong();
        settings.put(InternalConfig.EMIT_INTERVAL_MS_KSTREAMS_OUTER_JOIN_SPURIOUS_RESULTS_FIX, emitInterval);
        settings.put(InternalConfig.EMIT_INTERVAL_MS_KSTREAMS_WINDOWED_AGGREGATION, emitInterval);
        return settings;
    }

    private void feed(TopologyTestDriver driver, Topology topology) {
        var written = Driver.recordWritten(driver);
        Driver.orderTies(driver, topology);
        Driver.orderBuffers(driver);
        double dropped = 0;
        for (JsonNode input : program.path("inputs")) {
            try {
                step(driver, input);
            } catch (Exception failure) {
                fail("input", failure);
                return;
            }
            double droppedNow = dropped(driver);
            var step = outcome.withArray("steps").addObject();
            var records = step.putArray("records");
            written.forEach(record -> records.add(shown(record)));
            written.clear();
            step.put("dropped", (long) (droppedNow - dropped));
            dropped = droppedNow;
        }
        try {
            Stores.read(driver, outcome.path("steps"), outcome.putObject("stores"));
        } catch (Exception failure) {
            fail("stores", failure);
        }
    }

    private static void step(TopologyTestDriver driver, JsonNode input) {
        if (input.has("advance_wall_ms")) {
            driver.advanceWallClockTime(Duration.ofMillis(input.path("advance_wall_ms").asLong()));
            return;
        }
        var headers = new RecordHeaders();
        for (JsonNode header : input.path("headers")) {
            String value = header.get(1).textValue();
            headers.add(header.get(0).asText(), value == null ? null : value.getBytes(StandardCharsets.UTF_8));
        }
        driver.createInputTopic(input.path("topic").asText(), new StringSerializer(), new StringSerializer())
                .pipeInput(new TestRecord<>(input.path("key").textValue(), input.path("value").textValue(), headers,
                        input.path("ts").asLong()));
    }

    private static double dropped(TopologyTestDriver driver) {
        return driver.metrics().entrySet().stream()
                .filter(metric -> metric.getKey().name().equals("dropped-records-total"))
                .map(metric -> (Metric) metric.getValue())
                .mapToDouble(metric -> (double) metric.metricValue())
                .sum();
    }

    private static ObjectNode shown(ProducerRecord<byte[], byte[]> record) {
        var shown = Main.JSON.createObjectNode();
        shown.put("topic", record.topic());
        shown.put("key", Shown.of(record.key()));
        shown.put("value", Shown.of(record.value()));
        shown.put("ts", record.timestamp());
        ArrayNode headers = shown.putArray("headers");
        record.headers().forEach(header -> headers.addArray().add(header.key()).add(Shown.of(header.value())));
        return shown;
    }

    private void fail(String kind, Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        outcome.putObject("error").put("kind", kind).put("message", failure + ", because of " + cause);
    }
}
