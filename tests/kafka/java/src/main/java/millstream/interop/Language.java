// A topology with an operator of each kind that has state, and a topic for the results of each.
package millstream.interop;

import java.time.Duration;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.SessionStore;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;

final class Language {
    private static final Serde<String> TEXT = Serdes.String();

    private final StreamsBuilder builder;
    private final String application;

    private Language(StreamsBuilder builder, String application) {
        this.builder = builder;
        this.application = application;
    }

    static void build(StreamsBuilder builder, String application) {
        var language = new Language(builder, application);
        KStream<String, String> events = language.stream("events");
        language.named(events);
        language.windows(events);
        language.pairs(events);
        language.priced(events);
        language.orders();
    }

    private void named(KStream<String, String> events) {
        var names = builder.globalTable(application + "-names", Consumed.with(TEXT, TEXT), store("names"));
        write("named", events.leftJoin(names, (key, event) -> event, (event, name) -> event + " " + name));
    }

    private void windows(KStream<String, String> events) {
        var perKey = events.groupByKey(Grouped.with(TEXT, TEXT));
        counts("visits", perKey.windowedBy(SessionWindows.ofInactivityGapAndGrace(seconds(8), seconds(60)))
                .count(Materialized.<String, Long, SessionStore<Bytes, byte[]>>as("visits"))
                .toStream().map((visit, count) -> KeyValue.pair(visit.toString(), count)));
        counts("finals", perKey.windowedBy(TimeWindows.ofSizeAndGrace(seconds(10), seconds(1)))
                .count(Materialized.<String, Long, WindowStore<Bytes, byte[]>>as("per-window"))
                .suppress(Suppressed.untilWindowCloses(Suppressed.BufferConfig.unbounded()))
                .toStream().map((window, count) -> KeyValue.pair(window.toString(), count)));
    }

    private void pairs(KStream<String, String> events) {
        KStream<String, String> payments = stream("payments");
        write("paid", payments);
        write("pairs", events.outerJoin(payments, (event, payment) -> event + "+" + payment,
                JoinWindows.ofTimeDifferenceAndGrace(seconds(5), seconds(5)),
                StreamJoined.with(TEXT, TEXT, TEXT).withStoreName("paired")));
    }

    private void priced(KStream<String, String> events) {
        KTable<String, String> prices = builder.table(application + "-prices", Consumed.with(TEXT, TEXT),
                Materialized.as(Stores.persistentVersionedKeyValueStore("prices", seconds(3_600))));
        write("price-changes", prices.toStream());
        write("priced", events.leftJoin(prices, (event, price) -> event + " at " + price,
                Joined.with(TEXT, TEXT, TEXT, "priced")));
    }

    private void orders() {
        var orders = builder.table(application + "-orders", Consumed.with(TEXT, TEXT), store("orders"));
        var customers = builder.table(application + "-customers", Consumed.with(TEXT, TEXT), store("customers"));
        write("customer-changes", customers.toStream());
        write("enriched", orders.leftJoin(customers, customer -> customer,
                (customer, name) -> customer + " is " + name, store("enriched")).toStream());
        counts("order-counts", orders.groupBy((order, customer) -> KeyValue.pair(customer, order), Grouped.with(TEXT, TEXT))
                .count(Materialized.<String, Long, KeyValueStore<Bytes, byte[]>>as("per-customer"))
                .toStream());
    }

    private KStream<String, String> stream(String topic) {
        return builder.stream(application + "-" + topic, Consumed.with(TEXT, TEXT));
    }

    private void write(String topic, KStream<String, String> results) {
        results.to(application + "-" + topic, Produced.with(TEXT, TEXT));
    }

    private void counts(String topic, KStream<String, Long> results) {
        results.to(application + "-" + topic, Produced.with(TEXT, Serdes.Long()));
    }

    private static Materialized<String, String, KeyValueStore<Bytes, byte[]>> store(String name) {
        return Materialized.<String, String, KeyValueStore<Bytes, byte[]>>as(name).withKeySerde(TEXT).withValueSerde(TEXT);
    }

    private static Duration seconds(long seconds) {
        return Duration.ofSeconds(seconds);
    }
}
