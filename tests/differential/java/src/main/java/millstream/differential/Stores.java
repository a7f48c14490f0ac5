// The rows of stores, with the bytes that their changelogs have.
package millstream.differential;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.apache.kafka.streams.state.WindowStore;
import org.apache.kafka.streams.state.internals.CachingWindowStore;
import org.apache.kafka.streams.state.internals.InMemoryTimeOrderedKeyValueChangeBuffer;
import org.apache.kafka.streams.state.internals.MeteredWindowStore;
import org.apache.kafka.streams.state.internals.WrappedStateStore;

final class Stores {
    private Stores() {}

    static void read(TopologyTestDriver driver, ObjectNode stores) {
        driver.getAllStateStores().forEach((name, store) -> read(store, stores.putObject(name)));
    }

    @SuppressWarnings("unchecked")
    private static void read(StateStore store, ObjectNode shown) {
        ArrayNode rows = shown.putArray("rows");
        var below = belowCache(store);
        if (below instanceof WindowStore<?, ?>) {
            shown.put("kind", "window");
            try (var all = ((WindowStore<Bytes, byte[]>) below).all()) {
                all.forEachRemaining(row -> addTimed(rows, row.key, row.value));
            }
        } else if (store instanceof InMemoryTimeOrderedKeyValueChangeBuffer<?, ?, ?> buffer) {
            shown.put("kind", "buffer");
            var row = rows.addArray().add(String.valueOf(buffer.numRecords())).add(String.valueOf(buffer.bufferSize()));
            if (buffer.numRecords() == 0) {
                row.addNull();
            } else {
                row.add(buffer.minTimestamp());
            }
        } else if (store instanceof KeyValueStore<?, ?>) {
            shown.put("kind", "key-value");
            try (var all = ((KeyValueStore<Object, Object>) store).all()) {
                all.forEachRemaining(row -> add(rows, key(row.key), row.value));
            }
        } else {
            throw new IllegalStateException("no rows are read of a " + store.getClass());
        }
    }

    /**
     * What a store's metrics and cache are wrapped around. The cache also returns windows that the store has dropped, which is in
     * the list of differences.
     */
    private static StateStore belowCache(StateStore store) {
        var below = store;
        while (below instanceof MeteredWindowStore<?, ?> || below instanceof CachingWindowStore) {
            below = ((WrappedStateStore<?, ?, ?>) below).wrapped();
        }
        return below;
    }

    /** A row of a window store: the time is in the eight bytes before the value. */
    private static void addTimed(ArrayNode rows, Windowed<Bytes> key, byte[] timed) {
        var row = ByteBuffer.wrap(timed);
        long timestamp = row.getLong();
        byte[] value = new byte[row.remaining()];
        row.get(value);
        byte[] plain = key.key().get();
        byte[] stored = ByteBuffer.allocate(plain.length + 12).put(plain).putLong(key.window().start()).array();
        rows.addArray().add(Shown.of(stored)).add(Shown.of(value)).add(timestamp);
    }

    private static void add(ArrayNode rows, byte[] key, Object value) {
        boolean isTimed = value instanceof ValueAndTimestamp;
        Object plain = isTimed ? ((ValueAndTimestamp<?>) value).value() : value;
        var row = rows.addArray().add(Shown.of(key)).add(Shown.of(bytes(plain)));
        if (isTimed) {
            row.add(((ValueAndTimestamp<?>) value).timestamp());
        } else {
            row.addNull();
        }
    }

    /** The key; one with a window as in topics, where the window's start follows. */
    private static byte[] key(Object key) {
        if (!(key instanceof Windowed<?> windowed)) {
            return bytes(key);
        }
        byte[] plain = bytes(windowed.key());
        return ByteBuffer.allocate(plain.length + 8).put(plain).putLong(windowed.window().start()).array();
    }

    private static byte[] bytes(Object value) {
        return value instanceof Long number
                ? ByteBuffer.allocate(8).putLong(number).array()
                : ((String) value).getBytes(StandardCharsets.UTF_8);
    }
}
