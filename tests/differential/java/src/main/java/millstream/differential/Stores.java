// The rows of stores, with the bytes that their changelogs have.
package millstream.differential;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.query.MultiVersionedKeyQuery;
import org.apache.kafka.streams.query.PositionBound;
import org.apache.kafka.streams.query.QueryConfig;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.SessionStore;
import org.apache.kafka.streams.state.WindowStore;
import org.apache.kafka.streams.state.internals.CachingKeyValueStore;
import org.apache.kafka.streams.state.internals.CachingSessionStore;
import org.apache.kafka.streams.state.internals.CachingWindowStore;
import org.apache.kafka.streams.state.internals.InMemoryTimeOrderedKeyValueChangeBuffer;
import org.apache.kafka.streams.state.internals.ListValueStore;
import org.apache.kafka.streams.state.internals.MeteredKeyValueStore;
import org.apache.kafka.streams.state.internals.MeteredSessionStore;
import org.apache.kafka.streams.state.internals.MeteredSessionStoreWithHeaders;
import org.apache.kafka.streams.state.internals.MeteredTimestampedKeyValueStore;
import org.apache.kafka.streams.state.internals.MeteredTimestampedKeyValueStoreWithHeaders;
import org.apache.kafka.streams.state.internals.MeteredTimestampedWindowStore;
import org.apache.kafka.streams.state.internals.MeteredTimestampedWindowStoreWithHeaders;
import org.apache.kafka.streams.state.internals.MeteredVersionedKeyValueStore;
import org.apache.kafka.streams.state.internals.MeteredWindowStore;
import org.apache.kafka.streams.state.internals.RocksDBTimeOrderedKeyValueBuffer;
import org.apache.kafka.streams.state.internals.SessionKeySchema;
import org.apache.kafka.streams.state.internals.Utils;
import org.apache.kafka.streams.state.internals.WrappedStateStore;

final class Stores {
    private Stores() {}

    static void read(TopologyTestDriver driver, JsonNode steps, ObjectNode stores) {
        driver.getAllStateStores().forEach((name, store) -> {
            if (store instanceof MeteredVersionedKeyValueStore<?, ?> versioned) {
                readVersions(versioned, keys(steps, name), stores.putObject(name));
            } else {
                read(store, stores.putObject(name));
            }
        });
    }

    /** The keys in the changelog of a store, as they are shown. */
    private static Set<String> keys(JsonNode steps, String store) {
        Set<String> keys = new TreeSet<>();
        for (JsonNode step : steps) {
            for (JsonNode record : step.path("records")) {
                if (record.path("topic").asText().equals(Driver.APPLICATION + "-" + store + "-changelog")) {
                    keys.add(record.path("key").asText());
                }
            }
        }
        return keys;
    }

    /** The history of each key of a versioned store, which has no read of all rows. */
    @SuppressWarnings("unchecked")
    private static void readVersions(MeteredVersionedKeyValueStore<?, ?> store, Set<String> keys, ObjectNode shown) {
        ArrayNode rows = shown.put("kind", "versioned").putArray("rows");
        var versioned = (MeteredVersionedKeyValueStore<Object, Object>) store;
        for (String key : keys) {
            var query = MultiVersionedKeyQuery.<Object, Object>withKey(key).withAscendingTimestamps();
            var result = versioned.query(query, PositionBound.unbounded(), new QueryConfig(false)).getResult();
            result.forEachRemaining(version -> {
                String end = version.validTo().map(String::valueOf).orElse("now");
                byte[] value = version.value().toString().getBytes(StandardCharsets.UTF_8);
                rows.addArray().add(key).add(Shown.of(value) + " until " + end).add(version.timestamp());
            });
            result.close();
        }
    }

    @SuppressWarnings("unchecked")
    private static void read(StateStore store, ObjectNode shown) {
        ArrayNode rows = shown.putArray("rows");
        StateStore below = belowCache(store);
        boolean isTimed = isTimed(store);
        if (below instanceof WindowStore<?, ?>) {
            shown.put("kind", "window");
            try (var all = ((WindowStore<Bytes, byte[]>) below).all()) {
                all.forEachRemaining(
                        row -> add(rows, windowed(row.key.key().get(), row.key.window().start()),
                                withoutHeaders(store, row.value), isTimed));
            }
        } else if (below instanceof SessionStore<?, ?>) {
            shown.put("kind", "session");
            try (var all = ((SessionStore<Bytes, byte[]>) below).fetch(null, null)) {
                all.forEachRemaining(row -> add(rows, SessionKeySchema.toBinary(row.key).get(), ofSession(store, row.value), false));
            }
        } else if (below instanceof KeyValueStore<?, ?>) {
            shown.put("kind", "key-value");
            try (var all = ((KeyValueStore<Bytes, byte[]>) below).all()) {
                all.forEachRemaining(row -> add(rows, row.key.get(), withoutHeaders(store, row.value), isTimed));
            }
        } else if (below instanceof InMemoryTimeOrderedKeyValueChangeBuffer<?, ?, ?> buffer) {
            shown.put("kind", "buffer");
            var row = rows.addArray().add(String.valueOf(buffer.numRecords())).add(String.valueOf(buffer.bufferSize()));
            if (buffer.numRecords() == 0) {
                row.addNull();
            } else {
                row.add(buffer.minTimestamp());
            }
        } else if (below instanceof RocksDBTimeOrderedKeyValueBuffer<?, ?> buffer) {
            shown.put("kind", "waiting");
            rows.addArray().add(String.valueOf(buffer.numRecords())).add("").addNull();
        } else {
            throw new IllegalStateException("no rows are read of a " + below.getClass());
        }
    }

    private static boolean isTimed(StateStore store) {
        return store instanceof MeteredTimestampedKeyValueStore<?, ?> || store instanceof MeteredTimestampedWindowStore<?, ?>
                || hasHeaders(store);
    }

    /** Whether rows begin with headers: those of joins, and the subscriptions of foreign-key joins. */
    private static boolean hasHeaders(StateStore store) {
        return store instanceof MeteredTimestampedKeyValueStoreWithHeaders<?, ?>
                || store instanceof MeteredTimestampedWindowStoreWithHeaders<?, ?>;
    }

    /**
     * What a store's metrics and cache are wrapped around, with keys and values as bytes. The cache, which is empty after each commit, also
     * returns windows that the store has dropped: that is in the list of differences.
     */
    private static StateStore belowCache(StateStore store) {
        var below = store;
        while (below instanceof MeteredWindowStore<?, ?> || below instanceof CachingWindowStore
                || below instanceof MeteredSessionStore<?, ?> || below instanceof CachingSessionStore
                || below instanceof MeteredKeyValueStore<?, ?> || below instanceof CachingKeyValueStore
                || isListStore(below)) {
            below = ((WrappedStateStore<?, ?, ?>) below).wrapped();
        }
        return below;
    }

    /** The records that wait in a join are lists, which the store below has as bytes. */
    private static boolean isListStore(StateStore store) {
        return store instanceof WrappedStateStore<?, ?, ?> wrapping
                && (wrapping instanceof ListValueStore || isListStore(wrapping.wrapped()));
    }

    /** Headers are before the value. */
    private static byte[] ofSession(StateStore store, byte[] value) {
        return store instanceof MeteredSessionStoreWithHeaders<?, ?> ? Utils.rawAggregation(value) : value;
    }

    /** Headers are before the time. */
    private static byte[] withoutHeaders(StateStore store, byte[] value) {
        return hasHeaders(store) ? Utils.rawTimestampedValue(value) : value;
    }

    /** The time, in stores with times, is in the eight bytes before the value. */
    private static void add(ArrayNode rows, byte[] key, byte[] stored, boolean isTimed) {
        if (!isTimed) {
            rows.addArray().add(Shown.of(key)).add(Shown.of(stored)).addNull();
            return;
        }
        var row = ByteBuffer.wrap(stored);
        long timestamp = row.getLong();
        byte[] value = new byte[row.remaining()];
        row.get(value);
        var shown = rows.addArray().add(Shown.of(key)).add(Shown.of(value));
        if (timestamp < 0) {
            shown.addNull();
        } else {
            shown.add(timestamp);
        }
    }

    /** The key and the start of its window. */
    private static byte[] windowed(byte[] key, long start) {
        return ByteBuffer.allocate(key.length + 8).put(key).putLong(start).array();
    }
}
