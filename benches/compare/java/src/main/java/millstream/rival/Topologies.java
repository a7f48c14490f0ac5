package millstream.rival;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.kstream.WindowedSerdes;

/** The workloads, each as in {@code topologies.rs}. */
final class Topologies {
    private static final Serde<String> TEXT = Serdes.String();
    private static final Serde<byte[]> BYTES = Serdes.ByteArray();
    private static final Duration WINDOW = Duration.ofSeconds(10);
    /** So much of a record's value goes into a joined one. */
    private static final int JOINED_BYTES = 10;

    private final Job job;
    private final StreamsBuilder builder = new StreamsBuilder();

    private Topologies(Job job) {
        this.job = job;
    }

    static Topology of(Job job, Properties properties) {
        Topologies topologies = new Topologies(job);
        switch (job.get("workload")) {
            case "filter" -> topologies.filter();
            case "pass-through" -> topologies.passThrough();
            case "word-count" -> topologies.wordCount();
            case "keyed-count", "large-count" -> topologies.keyedCount();
            case "window-count" -> topologies.windowCount();
            case "join" -> topologies.join();
            default -> throw new IllegalArgumentException("no workload is called " + job.get("workload"));
        }
        return topologies.builder.build(properties);
    }

    private void filter() {
        builder.stream(job.get("input"), Consumed.with(BYTES, BYTES))
            .filter((key, value) -> value.length == 0)
            .to(job.get("output"), Produced.with(BYTES, BYTES));
    }

    private void passThrough() {
        builder.stream(job.get("input"), Consumed.with(BYTES, BYTES)).to(job.get("output"), Produced.with(BYTES, BYTES));
    }

    private void wordCount() {
        builder.stream(job.get("input"), Consumed.with(BYTES, TEXT))
            .flatMapValues(line -> Arrays.asList(line.split(" ")))
            .groupBy((key, word) -> word, Grouped.with(TEXT, TEXT))
            .count(Materialized.as("counts"))
            .toStream()
            .to(job.get("output"), Produced.with(TEXT, Serdes.Long()));
    }

    private KGroupedStream<String, byte[]> grouped() {
        return builder.stream(job.get("input"), Consumed.with(TEXT, BYTES)).groupByKey(Grouped.with(TEXT, BYTES));
    }

    private void keyedCount() {
        grouped().count(Materialized.as("counts")).toStream().to(job.get("output"), Produced.with(TEXT, Serdes.Long()));
    }

    private void windowCount() {
        Serde<Windowed<String>> windowed = WindowedSerdes.timeWindowedSerdeFrom(String.class, WINDOW.toMillis());
        grouped()
            .windowedBy(TimeWindows.ofSizeWithNoGrace(WINDOW))
            .count(Materialized.as("counts"))
            .toStream()
            .to(job.get("output"), Produced.with(windowed, Serdes.Long()));
    }

    private void join() {
        KTable<String, byte[]> rows =
            builder.table(job.get("rows"), Consumed.with(TEXT, BYTES), Materialized.as("rows"));
        KStream<String, byte[]> records = builder.stream(job.get("input"), Consumed.with(TEXT, BYTES));
        records.join(rows, Topologies::joined, Joined.with(TEXT, BYTES, BYTES))
            .to(job.get("output"), Produced.with(TEXT, BYTES));
    }

    private static byte[] joined(byte[] value, byte[] row) {
        return ByteBuffer.allocate(row.length + JOINED_BYTES).put(row).put(value, 0, JOINED_BYTES).array();
    }
}
