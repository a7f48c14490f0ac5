package millstream.rival;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.TableJoined;

/** Joins of two tables, and a grouped table, as in {@code topologies/tables.rs}. */
final class Tables {
    /** The number of digits at the end of a record's number that a table is grouped by. */
    private static final int GROUP_DIGITS = 3;

    private final Topologies topologies;
    private final KTable<String, byte[]> records;

    Tables(Topologies topologies) {
        this.topologies = topologies;
        records = table("input", "records");
    }

    void join() {
        topologies.write(records.join(table("rows", "rows"), Topologies::joined).toStream());
    }

    void foreignKeyJoin() {
        var joined = records.join(table("rows", "rows"), (key, value) -> "0" + key.substring(0, key.length() - 1),
            Topologies::joined, TableJoined.<String, String>as("foreign"));
        topologies.write(joined.toStream());
    }

    void count() {
        var counts = records
            .groupBy((key, value) -> KeyValue.pair(group(value), value), Grouped.with(Topologies.TEXT, Topologies.BYTES))
            .count(Materialized.as("counts"));
        topologies.writeCounts(counts.toStream(), Topologies.TEXT);
    }

    private static String group(byte[] value) {
        return new String(value, Topologies.NUMBER_DIGITS - GROUP_DIGITS, GROUP_DIGITS, StandardCharsets.UTF_8);
    }

    private KTable<String, byte[]> table(String topic, String store) {
        return topologies.builder.table(topologies.job.get(topic), Consumed.with(Topologies.TEXT, Topologies.BYTES),
            Materialized.as(store));
    }
}
