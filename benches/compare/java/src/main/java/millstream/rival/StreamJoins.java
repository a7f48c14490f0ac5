package millstream.rival;

import java.time.Duration;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.GlobalKTable;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.state.Stores;

/** Joins of a stream, as in {@code topologies/joins.rs}. */
final class StreamJoins {
    private static final Duration SPAN = Duration.ofSeconds(1);
    private static final Duration HISTORY = Duration.ofHours(1);

    private final Topologies topologies;
    private final String rowsTopic;
    private final KStream<String, byte[]> records;

    StreamJoins(Topologies topologies) {
        this.topologies = topologies;
        rowsTopic = topologies.job.get("rows");
        records = topologies.records();
    }

    void withTable() {
        joinWith(topologies.builder.table(rowsTopic, rowsConsumed(), Materialized.as("rows")));
    }

    void withVersionedTable() {
        var store = Stores.persistentVersionedKeyValueStore("rows", HISTORY);
        joinWith(topologies.builder.table(rowsTopic, rowsConsumed(), Materialized.as(store)));
    }

    private void joinWith(KTable<String, byte[]> rows) {
        var joined = Joined.with(Topologies.TEXT, Topologies.BYTES, Topologies.BYTES);
        topologies.write(records.join(rows, Topologies::joined, joined));
    }

    void withGlobalTable() {
        GlobalKTable<String, byte[]> rows =
            topologies.builder.globalTable(rowsTopic, rowsConsumed(), Materialized.as("rows"));
        topologies.write(records.join(rows, (key, value) -> key, Topologies::joined));
    }

    void withStream() {
        KStream<String, byte[]> even = records.filter((key, value) -> isEven(value));
        KStream<String, byte[]> odd = records.filterNot((key, value) -> isEven(value));
        var stores = StreamJoined.with(Topologies.TEXT, Topologies.BYTES, Topologies.BYTES).withStoreName("pairs");
        topologies.write(even.join(odd, (left, right) -> Topologies.joined(right, left),
            JoinWindows.ofTimeDifferenceWithNoGrace(SPAN), stores));
    }

    /** Whether the number of a record is even, as its last digit's code is then. */
    private static boolean isEven(byte[] value) {
        return value[Topologies.NUMBER_DIGITS - 1] % 2 == 0;
    }

    private static Consumed<String, byte[]> rowsConsumed() {
        return Consumed.with(Topologies.TEXT, Topologies.BYTES);
    }
}
