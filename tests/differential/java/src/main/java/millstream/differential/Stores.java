// The rows of stores, with the bytes that their changelogs have.
package millstream.differential;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.WindowStore;
import org.apache.kafka.streams.state.internals.CachingKeyValueStore;
import org.apache.kafka.streams.state.internals.CachingWindowStore;
import org.apache.kafka.streams.state.internals.InMemoryTimeOrderedKeyValueChangeBuffer;
import org.apache.kafka.streams.state.internals.MeteredKeyValueStore;
import org.apache.kafka.streams.state.internals.MeteredTimestampedKeyValueStoreWithHeaders;
import org.apache.kafka.streams.state.internals.MeteredWindowStore;
import org.apache.kafka.streams.state.internals.Utils;
import org.apache.kafka.streams.state.internals.WrappedStateStore;

final class Stores {
    private Stores() {}

    static void read(TopologyTestDriver driver, ObjectNode stores) {
        driver.getAllStateStores().forEach((name, store) -> read(store, stores.putObject(name)));
    }

    @SuppressWarnings("unchecked")
    private static void read(StateStore store, ObjectNode shown) {
        ArrayNode rows = shown.putArray("rows");
        StateStore below = belowCache(store);
        if (below instanceof WindowStore<?, ?>) {
            shown.put("kind", "window");
            try (var all = ((WindowStore<Bytes, byte[]>) below).all()) {
                all.forEachRemaining(row -> add(rows, windowed(row.key.key().get(), row.key.window().start()), row.value));
            }
        } else if (below instanceof KeyValueStore<?, ?>) {
            shown.put("kind", "key-value");
            try (var all = ((KeyValueStore<Bytes, byte[]>) below).all()) {
                all.forEachRemaining(row -> add(rows, row.key.get(), withoutHeaders(store, row.value)));
            }
        } else if (below instanceof InMemoryTimeOrderedKeyValueChangeBuffer<?, ?, ?> buffer) {
            shown.put("kind", "buffer");
            var row = rows.addArray().add(String.valueOf(buffer.numRecords())).add(String.valueOf(buffer.bufferSize()));
            if (buffer.numRecords() == 0) {
                row.addNull();
            } else {
                row.add(buffer.minTimestamp());
            }
        } else {
            throw new IllegalStateException("no rows are read of a " + below.getClass());
        }
    }

    /**
     * What a store's metrics and cache are wrapped around, with keys and values as bytes. The cache, which is empty after each commit, also
     * returns windows that the store has dropped: that is in the list of differences.
     */
    private static StateStore belowCache(StateStore store) {
        var below = store;
        while (below instanceof MeteredWindowStore<?, ?> || below instanceof CachingWindowStore
                || below instanceof MeteredKeyValueStore<?, ?> || below instanceof CachingKeyValueStore) {
            below = ((WrappedStateStore<?, ?, ?>) below).wrapped();
        }
        return below;
    }

    /** The subscriptions of foreign-key joins are kept with headers, which are before the time. */
    private static byte[] withoutHeaders(StateStore store, byte[] value) {
        return store instanceof MeteredTimestampedKeyValueStoreWithHeaders<?, ?> ? Utils.rawTimestampedValue(value) : value;
    }

    /** The time is in the eight bytes before the value. */
    private static void add(ArrayNode rows, byte[] key, byte[] timed) {
        var row = ByteBuffer.wrap(timed);
        long timestamp = row.getLong();
        byte[] value = new byte[row.remaining()];
        row.get(value);
        rows.addArray().add(Shown.of(key)).add(Shown.of(value)).add(timestamp);
    }

    /** The key, the start of its window, and a sequence number, which is zero. */
    private static byte[] windowed(byte[] key, long start) {
        return ByteBuffer.allocate(key.length + 12).put(key).putLong(start).array();
    }
}
