package millstream.nexmark;

import millstream.nexmark.Event.Bid;
import millstream.nexmark.Serialization.Pair;
import millstream.nexmark.Values.Statistics;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** Turns each bid into the statistics of it alone, which count a bidder and an auction only if they were not seen before. */
final class CountNew implements FixedKeyProcessor<String, Bid, Statistics> {
    private static final Serde<Pair<String, Pair<Long, Long>>> KEY =
        Serialization.pair(Serialization.TEXT, Serialization.pair(Serialization.NUMBER, Serialization.NUMBER));

    private FixedKeyProcessorContext<String, Statistics> context;
    private KeyValueStore<Pair<String, Pair<Long, Long>>, Boolean> seen;

    /** What was seen in a group: the group, what it is, and its key. */
    static StoreBuilder<KeyValueStore<Pair<String, Pair<Long, Long>>, Boolean>> store(boolean isInMemory) {
        return Stores.keyValueStoreBuilder(
            isInMemory ? Stores.inMemoryKeyValueStore("seen") : Stores.persistentKeyValueStore("seen"), KEY, Serdes.Boolean());
    }

    @Override
    public void init(FixedKeyProcessorContext<String, Statistics> context) {
        this.context = context;
        seen = context.getStateStore("seen");
    }

    @Override
    public void process(FixedKeyRecord<String, Bid> record) {
        Bid bid = record.value();
        Statistics statistics = Statistics.atMinute(bid.dateTime() / 60_000 % (24 * 60));
        for (int counted : new int[] {0, Values.rank(bid.price())}) {
            statistics.bids()[counted] += 1;
            statistics.bidders()[counted] += countIfNew(record.key(), counted, bid.bidder());
            statistics.auctions()[counted] += countIfNew(record.key(), 4 + counted, bid.auction());
        }
        context.forward(record.withValue(statistics));
    }

    private long countIfNew(String group, long kind, long id) {
        Pair<String, Pair<Long, Long>> key = new Pair<>(group, new Pair<>(kind, id));
        if (seen.get(key) != null) {
            return 0;
        }
        seen.put(key, true);
        return 1;
    }
}
