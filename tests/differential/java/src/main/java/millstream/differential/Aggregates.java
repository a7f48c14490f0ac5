// Windows, and aggregates per key and per window.
package millstream.differential;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.CogroupedKStream;
import org.apache.kafka.streams.kstream.EmitStrategy;
import org.apache.kafka.streams.kstream.Initializer;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KGroupedTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.SessionWindowedKStream;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.SlidingWindows;
import org.apache.kafka.streams.kstream.TimeWindowedKStream;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.UnlimitedWindows;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.SessionStore;
import org.apache.kafka.streams.state.WindowStore;

final class Aggregates {
    private Aggregates() {}

    static Built operator(JsonNode node, Built from) {
        if (node.path("op").asText().equals("windowed_by")) {
            return windowedBy(node, from);
        }
        var values = valuesOf(node);
        if (from.result() instanceof TimeWindowedKStream<?, ?>) {
            return from.withValues(byWindow(node, from, values), values);
        }
        if (from.result() instanceof SessionWindowedKStream<?, ?>) {
            return from.withValues(bySession(node, from, values), values);
        }
        if (from.result() instanceof KGroupedTable<?, ?>) {
            return from.withValues(ofRows(node, from, values), values);
        }
        return from.withValues(byKey(node, from.grouped(), values), values);
    }

    private static Built windowedBy(JsonNode node, Built from) {
        JsonNode windows = node.path("windows");
        if (from.result() instanceof CogroupedKStream<?, ?>) {
            return Cogroups.windowedBy(windows, from);
        }
        var emit = node.path("on_close").asBoolean() ? EmitStrategy.onWindowClose() : EmitStrategy.onWindowUpdate();
        var grouped = from.grouped();
        return from.withKeys(switch (windows.path("kind").asText()) {
            case "session" -> grouped.windowedBy(sessions(windows)).emitStrategy(emit);
            case "sliding" -> grouped.windowedBy(sliding(windows)).emitStrategy(emit);
            case "unlimited" -> grouped.windowedBy(unlimited(windows));
            default -> grouped.windowedBy(time(windows)).emitStrategy(emit);
        }, keys(windows));
    }

    /** The serde of the keys of the results. */
    static Serde<Object> keys(JsonNode windows) {
        return switch (windows.path("kind").asText()) {
            case "session" -> Built.SESSION;
            case "sliding" -> Built.windowed(windows.path("difference_ms").asLong());
            case "unlimited" -> Built.windowed(Long.MAX_VALUE);
            default -> Built.windowed(windows.path("size_ms").asLong());
        };
    }

    static SessionWindows sessions(JsonNode windows) {
        return SessionWindows.ofInactivityGapAndGrace(ms(windows, "gap_ms"), ms(windows, "grace_ms"));
    }

    static SlidingWindows sliding(JsonNode windows) {
        return SlidingWindows.ofTimeDifferenceAndGrace(ms(windows, "difference_ms"), ms(windows, "grace_ms"));
    }

    static UnlimitedWindows unlimited(JsonNode windows) {
        return UnlimitedWindows.of().startOn(Instant.ofEpochMilli(windows.path("start_ms").asLong()));
    }

    static TimeWindows time(JsonNode windows) {
        var time = TimeWindows.ofSizeAndGrace(ms(windows, "size_ms"), ms(windows, "grace_ms"));
        var advance = ms(windows, "advance_ms");
        return advance.equals(ms(windows, "size_ms")) ? time : time.advanceBy(advance);
    }

    private static Duration ms(JsonNode windows, String field) {
        return Duration.ofMillis(windows.path(field).asLong());
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
    private static Object bySession(JsonNode node, Built from, Serde<Object> values) {
        var sessions = (SessionWindowedKStream<Object, Object>) from.result();
        Materialized<Object, Object, SessionStore<Bytes, byte[]>> store =
                Tables.materialized(node.path("store"), Built.TEXT, values);
        Named named = Building.named(node);
        return switch (node.path("op").asText()) {
            case "count" -> Tables.isPlain(node.path("store"))
                    ? sessions.count(named)
                    : sessions.count(named, (Materialized) store);
            case "reduce" -> sessions.reduce(Functions.reducer(node.path("reducer")), named, store);
            case "aggregate" -> sessions.aggregate(initial(node), Functions.aggregator(node.path("aggregator")),
                    (key, soFar, other) -> Functions.merged(soFar, other), named, store);
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
