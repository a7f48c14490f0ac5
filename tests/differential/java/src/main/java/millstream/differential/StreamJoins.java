// Joins of two streams.
package millstream.differential;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.kstream.ValueJoiner;
import org.apache.kafka.streams.state.BuiltInDslStoreSuppliers;
import org.apache.kafka.streams.state.DslWindowParams;
import org.apache.kafka.streams.state.WindowBytesStoreSupplier;
import org.apache.kafka.streams.state.WindowStore;
import org.apache.kafka.streams.state.internals.InMemoryWindowBytesStoreSupplier;
import org.apache.kafka.streams.state.internals.InMemoryWindowStore;

final class StreamJoins {
    private StreamJoins() {}

    static Built byTime(JsonNode node, Built one, Built other) {
        ValueJoiner<Object, Object, Object> pair = Functions::rowPair;
        KStream<Object, Object> stream = one.stream();
        var windows = windows(node.path("within"));
        var joined = joined(node, one, other);
        return one.with(switch (node.path("op").asText()) {
            case "join_stream" -> stream.join(other.stream(), pair, windows, joined);
            case "left_join_stream" -> stream.leftJoin(other.stream(), pair, windows, joined);
            default -> stream.outerJoin(other.stream(), pair, windows, joined);
        });
    }

    private static JoinWindows windows(JsonNode within) {
        return JoinWindows.ofTimeDifferenceAndGrace(Duration.ofMillis(20_000), ms(within, "grace_ms"))
                .after(ms(within, "after_ms"))
                .before(ms(within, "before_ms"));
    }

    private static Duration ms(JsonNode within, String field) {
        return Duration.ofMillis(within.path(field).asLong());
    }

    private static StreamJoined<Object, Object, Object> joined(JsonNode node, Built one, Built other) {
        StreamJoined<Object, Object, Object> joined = StreamJoined.with(one.keys(), one.values(), other.values());
        JsonNode store = node.path("store");
        if (store.hasNonNull("name")) {
            joined = joined.withStoreName(store.path("name").asText());
        }
        if (store.path("in_memory").asBoolean()) {
            joined = joined.withDslStoreSuppliers(new InMemory());
        }
        return Building.name(node) == null ? joined : joined.withName(Building.name(node));
    }

    /** Stores in memory for which, as for those on disk, a null value does not advance the time. */
    static final class InMemory extends BuiltInDslStoreSuppliers.InMemoryDslStoreSuppliers {
        @Override
        public WindowBytesStoreSupplier windowStore(DslWindowParams params) {
            return new InMemoryWindowBytesStoreSupplier(params.name(), params.retentionPeriod().toMillis(),
                    params.windowSize().toMillis(), params.retainDuplicates()) {
                @Override
                public WindowStore<Bytes, byte[]> get() {
                    return new InMemoryWindowStore(
                            name(), retentionPeriod(), windowSize(), retainDuplicates(), metricsScope()) {
                        @Override
                        public void put(Bytes key, byte[] value, long start) {
                            if (value != null) {
                                super.put(key, value, start);
                            }
                        }
                    };
                }
            };
        }
    }
}
