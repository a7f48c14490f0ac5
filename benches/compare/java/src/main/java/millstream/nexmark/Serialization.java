package millstream.nexmark;

import java.nio.ByteBuffer;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/** The bytes of keys and values: those of Millstream, so that both contenders read and write the same. */
final class Serialization {
    static final Serde<Void> NONE = Serdes.Void();
    static final Serde<Long> NUMBER = Serdes.Long();
    static final Serde<String> TEXT = Serdes.String();
    static final Serde<Event> EVENT = bincode(Event::write, Event::read);
    static final Serde<Event.Person> PERSON = bincode(Event.Person::write, Event.Person::read);
    static final Serde<Event.Auction> AUCTION = bincode(Event.Auction::write, Event.Auction::read);
    static final Serde<Event.Bid> BID = bincode(Event.Bid::write, Event.Bid::read);

    private Serialization() {}

    /** The serde for values in bincode. A serializer is used by one thread, which lets it use its room again. */
    static <T> Serde<T> bincode(BiConsumer<BincodeWriter, T> write, Function<BincodeReader, T> read) {
        BincodeWriter writer = new BincodeWriter();
        return Serdes.serdeFrom(
            (topic, value) -> {
                if (value == null) {
                    return null;
                }
                write.accept(writer, value);
                return writer.take();
            },
            (topic, bytes) -> bytes == null ? null : read.apply(new BincodeReader(bytes)));
    }

    /** Two parts: the length of the first in four bytes, the first, the second. */
    record Pair<A, B>(A first, B second) {}

    static <A, B> Serde<Pair<A, B>> pair(Serde<A> first, Serde<B> second) {
        return Serdes.serdeFrom(
            (topic, pair) -> {
                if (pair == null) {
                    return null;
                }
                byte[] one = first.serializer().serialize(topic, pair.first);
                byte[] other = second.serializer().serialize(topic, pair.second);
                return ByteBuffer.allocate(4 + one.length + other.length).putInt(one.length).put(one).put(other).array();
            },
            (topic, bytes) -> {
                if (bytes == null) {
                    return null;
                }
                ByteBuffer buffer = ByteBuffer.wrap(bytes);
                byte[] one = new byte[buffer.getInt()];
                byte[] other = new byte[bytes.length - 4 - one.length];
                buffer.get(one).get(other);
                return new Pair<>(first.deserializer().deserialize(topic, one), second.deserializer().deserialize(topic, other));
            });
    }
}
