// The topologies that Millstream and Kafka Streams continue from each other, each by the same names on both sides.
package millstream.interop;

import java.time.Duration;
import java.util.Arrays;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.WindowedSerdes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.WindowStore;

final class Topologies {
    private static final Serde<String> TEXT = Serdes.String();
    private static final Duration WINDOW = Duration.ofSeconds(10);

    private Topologies() {}

    /** A topology by its name; its topics begin with the application's id. */
    static Topology of(String name, String application, Properties settings) {
        var builder = new StreamsBuilder();
        switch (name) {
            case "word-count" -> countWords(builder, application);
            case "aggregates" -> aggregate(builder, application);
            case "join" -> join(builder, application);
            case "language" -> Language.build(builder, application);
            case "partition-time" -> stamp(builder, application);
            default -> throw new IllegalArgumentException("no such topology: " + name);
        }
        return builder.build(settings);
    }

    /** Every name is generated. */
    private static void countWords(StreamsBuilder builder, String application) {
        builder.stream(application + "-lines", Consumed.with(Serdes.ByteArray(), TEXT))
                .flatMapValues(line -> Arrays.asList(line.split(" ")))
                .groupBy((key, word) -> word, Grouped.with(TEXT, TEXT))
                .count()
                .toStream()
                .to(application + "-counts", Produced.with(TEXT, Serdes.Long()));
    }

    private static void aggregate(StreamsBuilder builder, String application) {
        KGroupedStream<String, String> events =
                builder.stream(application + "-events", Consumed.with(TEXT, TEXT)).groupByKey();
        events.windowedBy(TimeWindows.ofSizeAndGrace(WINDOW, WINDOW).advanceBy(WINDOW.dividedBy(2)))
                .count(Materialized.<String, Long, WindowStore<Bytes, byte[]>>as("per-window"))
                .toStream()
                .to(application + "-per-window",
                        Produced.with(WindowedSerdes.timeWindowedSerdeFrom(String.class, WINDOW.toMillis()), Serdes.Long()));
        events.reduce((row, event) -> event.equals("clear") ? null : row + event, store("joined-up"))
                .toStream()
                .to(application + "-joined-up", Produced.with(TEXT, TEXT));
        events.aggregate(() -> 0L, (key, event, sum) -> sum + event.length(),
                        Materialized.<String, Long, KeyValueStore<Bytes, byte[]>>as("lengths")
                                .withKeySerde(TEXT).withValueSerde(Serdes.Long()))
                .toStream()
                .to(application + "-lengths", Produced.with(TEXT, Serdes.Long()));
    }

    private static void join(StreamsBuilder builder, String application) {
        var users = builder.table(application + "-users", Consumed.with(TEXT, TEXT), store("users"));
        builder.stream(application + "-clicks", Consumed.with(TEXT, TEXT))
                .leftJoin(users, (click, user) -> user + " " + click)
                .to(application + "-visits", Produced.with(TEXT, TEXT));
    }

    /** Records of the value `?` take the time that their partition has reached. */
    private static void stamp(StreamsBuilder builder, String application) {
        builder.stream(application + "-in", Consumed.with(TEXT, TEXT).withTimestampExtractor((record, partitionTime) ->
                        "?".equals(record.value()) ? partitionTime : record.timestamp()))
                .to(application + "-out", Produced.with(TEXT, TEXT));
    }

    private static Materialized<String, String, KeyValueStore<Bytes, byte[]>> store(String name) {
        return Materialized.<String, String, KeyValueStore<Bytes, byte[]>>as(name).withKeySerde(TEXT).withValueSerde(TEXT);
    }
}
