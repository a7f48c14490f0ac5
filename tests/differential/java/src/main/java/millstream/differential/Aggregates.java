// Windows, and aggregates per key and per window.
package millstream.differential;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.Initializer;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KGroupedTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.TimeWindowedKStream;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.WindowStore;

final class Aggregates {
    private Aggregates() {}

    static Built operator(JsonNode node, Built from) {
        if (node.path("op").asText().equals("windowed_by")) {
            return windowedBy(node.path("windows"), from);
        }
        var values = valuesOf(node);
        if (from.result() instanceof TimeWindowedKStream<?, ?>) {
            return from.withValues(byWindow(node, from, values), values);
        }
        if (from.result() instanceof KGroupedTable<?, ?>) {
            return from.withValues(ofRows(node, from, values), values);
        }
        return from.withValues(byKey(node, from.grouped(), values), values);
    }

    private static Built windowedBy(JsonNode windows, Built from) {
        long size = windows.path("size_ms").asLong();
        long advance = windows.path("advance_ms").asLong();
        var time = TimeWindows.ofSizeAndGrace(Duration.ofMillis(size), Duration.ofMillis(windows.path("grace_ms").asLong()));
        if (advance != size) {
            time = time.advanceBy(Duration.ofMillis(advance));
        }
        return from.withKeys(from.grouped().windowedBy(time), Built.windowed(size));
    }

    /** The type of the result. */
    private static Serde<Object> valuesOf(JsonNode node) {
        boolean isNumber = switch (node.path("op").asText()) {
            case "count" -> true;
            case "aggregate" -> Functions.isNumber(node.path("aggregator"));
            default -> false;
        };
        return isNumber ? Built.LONG : Built.TEXT;
    }

    private static Initializer<Object> initial(JsonNode node) {
        return Functions.isNumber(node.path("aggregator")) ? () -> 0L : () -> "";
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static Object byKey(JsonNode node, KGroupedStream<Object, Object> grouped, Serde<Object> values) {
        Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> store =
                Tables.materialized(node.path("store"), Built.TEXT, values);
        Named named = Building.named(node);
        return switch (node.path("op").asText()) {
            case "count" -> Tables.isPlain(node.path("store"))
                    ? grouped.count(named)
                    : grouped.count(named, (Materialized) store);
            case "reduce" -> grouped.reduce(Functions.reducer(node.path("reducer")), named, store);
            case "aggregate" ->
                    grouped.aggregate(initial(node), Functions.aggregator(node.path("aggregator")), named, store);
            default -> throw new IllegalArgumentException("no such aggregate: " + node);
        };
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static Object byWindow(JsonNode node, Built from, Serde<Object> values) {
        var windows = (TimeWindowedKStream<Object, Object>) from.result();
        Materialized<Object, Object, WindowStore<Bytes, byte[]>> store =
                Tables.materialized(node.path("store"), Built.TEXT, values);
        Named named = Building.named(node);
        return switch (node.path("op").asText()) {
            case "count" -> Tables.isPlain(node.path("store"))
                    ? windows.count(named)
                    : windows.count(named, (Materialized) store);
            case "reduce" -> windows.reduce(Functions.reducer(node.path("reducer")), named, store);
            case "aggregate" ->
                    windows.aggregate(initial(node), Functions.aggregator(node.path("aggregator")), named, store);
            default -> throw new IllegalArgumentException("no such aggregate: " + node);
        };
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static Object ofRows(JsonNode node, Built from, Serde<Object> values) {
        var grouped = (KGroupedTable<Object, Object>) from.result();
        Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> store =
                Tables.materialized(node.path("store"), Built.TEXT, values);
        Named named = Building.named(node);
        return switch (node.path("op").asText()) {
            case "count" -> Tables.isPlain(node.path("store"))
                    ? grouped.count(named)
                    : grouped.count(named, (Materialized) store);
            case "reduce" ->
                    grouped.reduce(Functions.reducer(node.path("reducer")), Functions::without, named, store);
            case "aggregate" -> grouped.aggregate(initial(node), Functions.aggregator(node.path("aggregator")),
                    (key, gone, soFar) -> Functions.without(soFar, gone), named, store);
            default -> throw new IllegalArgumentException("no such aggregate: " + node);
        };
    }
}
