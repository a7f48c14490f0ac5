package millstream.rival;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;

/** The workloads, each as in {@code topologies.rs}. */
final class Topologies {
    static final Serde<String> TEXT = Serdes.String();
    static final Serde<byte[]> BYTES = Serdes.ByteArray();
    /** A record's value begins with its number, with this many digits. */
    static final int NUMBER_DIGITS = 10;
    /** So much of a record's value goes into a joined one. */
    private static final int JOINED_BYTES = 10;

    final Job job;
    final StreamsBuilder builder = new StreamsBuilder();

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
            case "window-count" -> new Windows(topologies).tumbling();
            case "session-count" -> new Windows(topologies).session();
            case "sliding-count" -> new Windows(topologies).sliding();
            case "suppress" -> new Windows(topologies).suppressed();
            case "join" -> new StreamJoins(topologies).withTable();
            case "stream-join" -> new StreamJoins(topologies).withStream();
            case "global-join" -> new StreamJoins(topologies).withGlobalTable();
            case "versioned-join" -> new StreamJoins(topologies).withVersionedTable();
            case "lookup" -> Lookup.build(topologies);
            case "table-join" -> new Tables(topologies).join();
            case "foreign-key-join" -> new Tables(topologies).foreignKeyJoin();
            case "table-count" -> new Tables(topologies).count();
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

    private void keyedCount() {
        writeCounts(
            records().groupByKey(Grouped.with(TEXT, BYTES)).count(Materialized.as("counts")).toStream(), TEXT);
    }

    KStream<String, byte[]> records() {
        return builder.stream(job.get("input"), Consumed.with(TEXT, BYTES));
    }

    void write(KStream<String, byte[]> results) {
        results.to(job.get("output"), Produced.with(TEXT, BYTES));
    }

    <K> void writeCounts(KStream<K, Long> counts, Serde<K> keys) {
        counts.to(job.get("output"), Produced.with(keys, Serdes.Long()));
    }

    /** A row with the beginning of a record's value. */
    static byte[] joined(byte[] value, byte[] row) {
        return ByteBuffer.allocate(row.length + JOINED_BYTES).put(row).put(value, 0, JOINED_BYTES).array();
    }
}
