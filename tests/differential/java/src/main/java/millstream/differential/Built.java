// What an operator has returned, with the serdes of its keys and values. Java's types are erased: everything is an `Object`.
package millstream.differential;

import java.util.List;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.WindowedSerdes;

record Built(Object result, Serde<Object> keys, Serde<Object> values) {
    static final Serde<Object> TEXT = erased(Serdes.String());
    static final Serde<Object> LONG = erased(Serdes.Long());
    static final Serde<Object> SESSION = erased(new WindowedSerdes.SessionWindowedSerde<>(Serdes.String()));

    /** With the same types. */
    Built with(Object result) {
        return new Built(result, keys, values);
    }

    Built withKeys(Object result, Serde<Object> keys) {
        return new Built(result, keys, values);
    }

    Built withValues(Object result, Serde<Object> values) {
        return new Built(result, keys, values);
    }

    static Built text(Object result) {
        return new Built(result, TEXT, TEXT);
    }

    @SuppressWarnings("unchecked")
    KStream<Object, Object> stream() {
        return (KStream<Object, Object>) result;
    }

    @SuppressWarnings("unchecked")
    KTable<Object, Object> table() {
        return (KTable<Object, Object>) result;
    }

    @SuppressWarnings("unchecked")
    KGroupedStream<Object, Object> grouped() {
        return (KGroupedStream<Object, Object>) result;
    }

    @SuppressWarnings("unchecked")
    List<KStream<Object, Object>> branches() {
        return (List<KStream<Object, Object>>) result;
    }

    /** Keys with windows of this size. */
    static Serde<Object> windowed(long sizeMs) {
        return erased(new WindowedSerdes.TimeWindowedSerde<>(Serdes.String(), sizeMs));
    }

    @SuppressWarnings("unchecked")
    static Serde<Object> erased(Serde<?> serde) {
        return (Serde<Object>) serde;
    }
}
