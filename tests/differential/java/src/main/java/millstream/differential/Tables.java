// Operators of tables, and the options of stores.
package millstream.differential;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.function.BiFunction;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KGroupedTable;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.kstream.TableJoined;
import org.apache.kafka.streams.kstream.ValueJoiner;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.state.KeyValueStore;

final class Tables {
    private Tables() {}

    static Built operator(JsonNode node, Built from) {
        return switch (node.path("op").asText()) {
            case "table_filter" -> from.with(filter(node, from, false));
            case "table_filter_not" -> from.with(filter(node, from, true));
            case "table_map_values" -> from.withValues(mapValues(node, from), Built.TEXT);
            case "table_process_values" -> from.with(from.table().transformValues(Processors.WithTime::new,
                    materialized(node.path("store"), from.keys(), from.values()), Building.named(node)));
            case "table_group_by" -> Built.text(groupBy(node, from.table()));
            case "suppress" -> from.with(from.table().suppress(suppressed(node)));
            case "to_stream" -> from.with(from.table().toStream(Building.named(node)));
            default -> throw new IllegalArgumentException("no such operator of tables: " + node);
        };
    }

    private static KTable<Object, Object> filter(JsonNode node, Built from, boolean isNot) {
        var table = from.table();
        var predicate = Functions.predicate(node.path("predicate"));
        Named named = Building.named(node);
        if (!node.path("store").isObject()) {
            return isNot ? table.filterNot(predicate, named) : table.filter(predicate, named);
        }
        Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> store =
                materialized(node.path("store"), from.keys(), from.values());
        return isNot ? table.filterNot(predicate, named, store) : table.filter(predicate, named, store);
    }

    private static KTable<Object, Object> mapValues(JsonNode node, Built from) {
        var function = Functions.ofRow(node.path("function"));
        Named named = Building.named(node);
        return node.path("store").isObject()
                ? from.table().mapValues(function, named, materialized(node.path("store"), from.keys(), Built.TEXT))
                : from.table().mapValues(function, named);
    }

    private static KGroupedTable<Object, Object> groupBy(JsonNode node, KTable<Object, Object> table) {
        var key = Functions.ofKey(node.path("key"));
        return table.groupBy((old, value) -> new KeyValue<>(key.apply(old, value), Functions.text(value)),
                Grouped.with(Building.name(node), Built.TEXT, Built.TEXT));
    }

    /** Two tables, by their keys or by a foreign key. */
    static Built join(JsonNode node, Built one, Built other) {
        String operator = node.path("op").asText();
        Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> store =
                node.path("store").isObject() ? materialized(node.path("store"), one.keys(), Built.TEXT) : null;
        return one.withValues(operator.endsWith("_foreign")
                ? joinForeign(node, one.table(), other.table(), operator.startsWith("left"), store)
                : joinByKey(node, one.table(), other.table(), operator, store), Built.TEXT);
    }

    private static KTable<Object, Object> joinByKey(JsonNode node, KTable<Object, Object> one, KTable<Object, Object> other,
            String operator, Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> store) {
        ValueJoiner<Object, Object, Object> pair = Functions::rowPair;
        Named named = Building.named(node);
        return switch (operator) {
            case "table_join" -> store == null ? one.join(other, pair, named) : one.join(other, pair, named, store);
            case "table_left_join" ->
                    store == null ? one.leftJoin(other, pair, named) : one.leftJoin(other, pair, named, store);
            default -> store == null ? one.outerJoin(other, pair, named) : one.outerJoin(other, pair, named, store);
        };
    }

    private static KTable<Object, Object> joinForeign(JsonNode node, KTable<Object, Object> one, KTable<Object, Object> other,
            boolean isLeft, Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> store) {
        var key = Functions.ofKey(node.path("foreign_key"));
        BiFunction<Object, Object, Object> foreignKey = key::apply;
        ValueJoiner<Object, Object, Object> pair = Functions::rowPair;
        TableJoined<Object, Object> joined = TableJoined.as(Building.name(node));
        if (isLeft) {
            return store == null
                    ? one.leftJoin(other, foreignKey, pair, joined)
                    : one.leftJoin(other, foreignKey, pair, joined, store);
        }
        return store == null
                ? one.join(other, foreignKey, pair, joined)
                : one.join(other, foreignKey, pair, joined, store);
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static Suppressed<Object> suppressed(JsonNode node) {
        JsonNode until = node.path("until");
        Suppressed suppressed;
        if (until.path("kind").asText().equals("window_closes")) {
            suppressed = Suppressed.untilWindowCloses(until.has("records_max")
                    ? Suppressed.BufferConfig.maxRecords(until.path("records_max").asLong()).shutDownWhenFull()
                    : Suppressed.BufferConfig.unbounded());
        } else {
            suppressed = Suppressed.untilTimeLimit(Duration.ofMillis(until.path("limit_ms").asLong()), bounds(until));
        }
        return Building.name(node) == null ? suppressed : suppressed.withName(Building.name(node));
    }

    @SuppressWarnings("rawtypes")
    private static Suppressed.BufferConfig bounds(JsonNode until) {
        long records = until.path("records_max").asLong();
        long bytes = until.path("bytes_max").asLong();
        if (until.has("records_max") && until.has("bytes_max")) {
            return Suppressed.BufferConfig.maxRecords(records).withMaxBytes(bytes);
        }
        if (until.has("records_max")) {
            return Suppressed.BufferConfig.maxRecords(records);
        }
        return until.has("bytes_max") ? Suppressed.BufferConfig.maxBytes(bytes) : Suppressed.BufferConfig.unbounded();
    }

    /** Whether a store has neither a name nor options: then no `Materialized` is given. */
    static boolean isPlain(JsonNode store) {
        return !store.has("name") && store.path("caching").asBoolean() && !store.path("in_memory").asBoolean()
                && !store.has("retention_ms");
    }

    /** The options of a store. */
    static <S extends StateStore> Materialized<Object, Object, S> materialized(
            JsonNode store, Serde<Object> keys, Serde<Object> values) {
        String name = store.path("name").textValue();
        if (store.hasNonNull("history_ms")) {
            return versioned(store, keys, values);
        }
        Materialized<Object, Object, S> materialized = name == null
                ? Materialized.<Object, Object, S>with(keys, values)
                : Materialized.<Object, Object, S>as(name).withKeySerde(keys).withValueSerde(values);
        if (store.path("in_memory").asBoolean()) {
            materialized = materialized.withStoreType(Materialized.StoreType.IN_MEMORY);
        }
        if (!store.path("caching").asBoolean()) {
            materialized = materialized.withCachingDisabled();
        }
        return store.hasNonNull("retention_ms")
                ? materialized.withRetention(Duration.ofMillis(store.path("retention_ms").asLong()))
                : materialized;
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static <S extends StateStore> Materialized<Object, Object, S> versioned(
            JsonNode store, Serde<Object> keys, Serde<Object> values) {
        var history = Duration.ofMillis(store.path("history_ms").asLong());
        var supplier = org.apache.kafka.streams.state.Stores.persistentVersionedKeyValueStore(
                store.path("name").asText(), history);
        return (Materialized) Materialized.<Object, Object>as(supplier).withKeySerde(keys).withValueSerde(values);
    }
}
