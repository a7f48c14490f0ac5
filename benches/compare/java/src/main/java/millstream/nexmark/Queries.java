package millstream.nexmark;

import static millstream.nexmark.Serialization.AUCTION;
import static millstream.nexmark.Serialization.BID;
import static millstream.nexmark.Serialization.EVENT;
import static millstream.nexmark.Serialization.NONE;
import static millstream.nexmark.Serialization.NUMBER;
import static millstream.nexmark.Serialization.PERSON;
import static millstream.nexmark.Serialization.TEXT;
import static millstream.nexmark.Serialization.pair;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import millstream.nexmark.Event.Auction;
import millstream.nexmark.Event.Bid;
import millstream.nexmark.Event.Person;
import millstream.nexmark.Serialization.Pair;
import millstream.nexmark.Values.AuctionStatistics;
import millstream.nexmark.Values.Calculated;
import millstream.nexmark.Values.HotItems;
import millstream.nexmark.Values.LastPrices;
import millstream.nexmark.Values.Statistics;
import millstream.nexmark.Values.TopBids;
import millstream.nexmark.Values.Winning;
import millstream.nexmark.Values.WithSide;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.GlobalKTable;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.kstream.Suppressed.BufferConfig;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.kstream.WindowedSerdes;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.WallclockTimestampExtractor;

/** The queries of NEXMark, each as the function in {@code benches/nexmark/src/queries} that has its name. */
public final class Queries {
    private static final Duration TEN_SECONDS = Duration.ofSeconds(10);
    private static final long SIDE_ROWS = 10_000;
    private static final Serde<Windowed<Long>> WINDOWED =
        WindowedSerdes.timeWindowedSerdeFrom(Long.class, TEN_SECONDS.toMillis());

    private final StreamsBuilder builder = new StreamsBuilder();
    private final String input;
    private final String side;
    private final String output;
    private final boolean isInMemory;

    private Queries(String input, String side, String output, boolean isInMemory) {
        this.input = input;
        this.side = side;
        this.output = output;
        this.isInMemory = isInMemory;
    }

    /** Whether there is a query of this name. */
    public static boolean has(String name) {
        return name.matches("q[0-9]+");
    }

    /** The topology of the query of this name. */
    public static Topology of(String name, String input, String side, String output, boolean isInMemory) {
        Queries queries = new Queries(input, side, output, isInMemory);
        switch (name) {
            case "q0" -> queries.passThrough();
            case "q1" -> queries.currencies();
            case "q2" -> queries.selection();
            case "q3" -> queries.localItems();
            case "q4" -> queries.ofCategories();
            case "q5" -> queries.hotItems();
            case "q6" -> queries.ofSellers();
            case "q7" -> queries.highestBid();
            case "q8" -> queries.newUsers();
            case "q9" -> queries.winningBids();
            case "q11" -> queries.sessions();
            case "q12" -> queries.processingTime();
            case "q13" -> queries.sideInput();
            case "q14" -> queries.calculation();
            case "q15" -> queries.ofDays();
            case "q16" -> queries.ofChannels();
            case "q17" -> queries.ofAuctions();
            case "q18" -> queries.lastBids();
            case "q19" -> queries.tenHighest();
            case "q20" -> queries.withAuction();
            case "q21" -> queries.channels();
            case "q22" -> queries.directories();
            default -> throw new IllegalArgumentException("no query is called " + name);
        }
        return queries.builder.build();
    }

    // --- Sources and sinks -------------------------------------------------------------------------------------------

    private KStream<Void, Event> events() {
        return builder.stream(input, Consumed.with(NONE, EVENT));
    }

    private static KStream<Void, Bid> bidsOf(KStream<Void, Event> events) {
        return events.filter((key, event) -> event instanceof Bid).mapValues(event -> (Bid) event);
    }

    private static KStream<Void, Auction> auctionsOf(KStream<Void, Event> events) {
        return events.filter((key, event) -> event instanceof Auction).mapValues(event -> (Auction) event);
    }

    private static KStream<Void, Person> personsOf(KStream<Void, Event> events) {
        return events.filter((key, event) -> event instanceof Person).mapValues(event -> (Person) event);
    }

    private KStream<Void, Bid> bids() {
        return bidsOf(events());
    }

    private <K, V> void finish(KStream<K, V> results, Serde<K> key, Serde<V> value) {
        results.to(output, Produced.with(key, value));
    }

    private static <K, V, S extends StateStore> Materialized<K, V, S> store(String name, Serde<K> key, Serde<V> value) {
        return Materialized.<K, V, S>as(name).withKeySerde(key).withValueSerde(value);
    }

    // --- Without state -----------------------------------------------------------------------------------------------

    private void passThrough() {
        finish(bids(), NONE, BID);
    }

    private void currencies() {
        finish(bids().mapValues(bid -> bid.withPrice(inEuros(bid.price()))), NONE, BID);
    }

    private static long inEuros(long dollars) {
        return dollars * 908 / 1_000;
    }

    private void selection() {
        KStream<Void, Bid> some = bids().filter((key, bid) -> bid.auction() % 123 == 0);
        finish(some.map((key, bid) -> KeyValue.pair(bid.auction(), bid.price())), NUMBER, NUMBER);
    }

    private void sideInput() {
        GlobalKTable<Long, String> rows = builder.globalTable(side, Consumed.with(NUMBER, TEXT), store(side, NUMBER, TEXT));
        KStream<Void, WithSide> joined = bids().join(rows, (key, bid) -> bid.auction() % SIDE_ROWS, WithSide::new);
        finish(joined, NONE, WithSide.SERDE);
    }

    private void calculation() {
        KStream<Void, Calculated> calculated = bids()
            .mapValues(bid -> bid.withPrice(inEuros(bid.price())))
            .filter((key, bid) -> bid.price() >= 1_000_000 && bid.price() < 50_000_000)
            .mapValues(bid -> new Calculated(bid.auction(), bid.bidder(), bid.price(), timeOfDay(bid.dateTime()), letters(bid.extra())));
        finish(calculated, NONE, Calculated.SERDE);
    }

    private static String timeOfDay(long dateTime) {
        long hour = dateTime / 3_600_000 % 24;
        return hour >= 8 && hour <= 18 ? "day" : hour <= 6 || hour >= 20 ? "night" : "other";
    }

    private static long letters(String text) {
        long letters = 0;
        for (int at = 0; at < text.length(); at++) {
            letters += text.charAt(at) == 'c' ? 1 : 0;
        }
        return letters;
    }

    private void channels() {
        KStream<Long, String> channels = bids()
            .flatMap((key, bid) -> {
                String channel = channelId(bid);
                return channel == null ? List.of() : List.of(KeyValue.pair(bid.auction(), channel));
            });
        finish(channels, NUMBER, TEXT);
    }

    private static String channelId(Bid bid) {
        switch (bid.channel().toLowerCase(Locale.ROOT)) {
            case "apple":
                return "0";
            case "google":
                return "1";
            case "facebook":
                return "2";
            case "baidu":
                return "3";
            default:
                int begin = bid.url().indexOf("channel_id=");
                int end = bid.url().indexOf('&', begin + 1);
                return begin < 0 ? null : bid.url().substring(begin + "channel_id=".length(), end < 0 ? bid.url().length() : end);
        }
    }

    private void directories() {
        KStream<Long, String> directories = bids().map((key, bid) -> {
            String[] parts = bid.url().split("/");
            return KeyValue.pair(bid.auction(), parts[3] + "," + parts[4] + "," + parts[5]);
        });
        finish(directories, NUMBER, TEXT);
    }

    // --- Windows -----------------------------------------------------------------------------------------------------

    private void hotItems() {
        Serde<Pair<Long, Long>> counted = pair(NUMBER, NUMBER);
        KTable<Long, HotItems> hot = bids()
            .groupBy((key, bid) -> bid.auction(), Grouped.with(NUMBER, BID))
            .windowedBy(TimeWindows.ofSizeWithNoGrace(TEN_SECONDS).advanceBy(Duration.ofSeconds(2)))
            .count(store("bids-in-window", NUMBER, NUMBER))
            .suppress(Suppressed.untilWindowCloses(BufferConfig.unbounded()))
            .toStream()
            .map((auction, bids) -> KeyValue.pair(auction.window().start(), new Pair<>(auction.key(), bids)))
            .groupByKey(Grouped.with(NUMBER, counted))
            .aggregate(() -> new HotItems(0, List.of()), (start, auction, hotItems) -> hotItems.with(auction.first(), auction.second()),
                store("hot-items", NUMBER, HotItems.SERDE));
        finish(hot.toStream(), NUMBER, HotItems.SERDE);
    }

    private void highestBid() {
        KTable<Windowed<Long>, TopBids> highest = bids()
            .groupBy((key, bid) -> 0L, Grouped.with(NUMBER, BID))
            .windowedBy(TimeWindows.ofSizeWithNoGrace(TEN_SECONDS))
            .aggregate(() -> new TopBids(List.of()), (all, bid, top) -> top.highestWith(bid), store("highest-bids", NUMBER, TopBids.SERDE))
            .suppress(Suppressed.untilWindowCloses(BufferConfig.unbounded()));
        finish(highest.toStream(), WINDOWED, TopBids.SERDE);
    }

    private void sessions() {
        KTable<Windowed<Long>, Long> sessions = bids()
            .groupBy((key, bid) -> bid.bidder(), Grouped.with(NUMBER, BID))
            .windowedBy(SessionWindows.ofInactivityGapWithNoGrace(TEN_SECONDS))
            .count(store("bids-in-session", NUMBER, NUMBER));
        finish(sessions.toStream(), WindowedSerdes.sessionWindowedSerdeFrom(Long.class), NUMBER);
    }

    private void processingTime() {
        Consumed<Void, Event> byClock = Consumed.with(NONE, EVENT).withTimestampExtractor(new WallclockTimestampExtractor());
        KTable<Windowed<Long>, Long> counts = bidsOf(builder.stream(input, byClock))
            .groupBy((key, bid) -> bid.bidder(), Grouped.with(NUMBER, BID))
            .windowedBy(TimeWindows.ofSizeWithNoGrace(TEN_SECONDS))
            .count(store("bids-in-window", NUMBER, NUMBER));
        finish(counts.toStream(), WINDOWED, NUMBER);
    }

    // --- Joins -------------------------------------------------------------------------------------------------------

    private void localItems() {
        KStream<Void, Event> events = events();
        KTable<Long, Person> persons = personsOf(events)
            .filter((key, person) -> Set.of("OR", "ID", "CA").contains(person.state()))
            .map((key, person) -> KeyValue.pair(person.id(), person))
            .toTable(store("persons", NUMBER, PERSON));
        KTable<Long, Long> auctions = auctionsOf(events)
            .filter((key, auction) -> auction.category() == 10)
            .map((key, auction) -> KeyValue.pair(auction.id(), auction.seller()))
            .toTable(store("auctions", NUMBER, NUMBER));
        KTable<Long, String> local = auctions.join(persons, (id, seller) -> seller,
            (seller, person) -> person.name() + ", " + person.city() + ", " + person.state());
        finish(local.toStream(), NUMBER, TEXT);
    }

    private void newUsers() {
        KStream<Void, Event> events = events();
        Serde<Pair<Long, String>> registered = pair(NUMBER, TEXT);
        KStream<Long, Pair<Long, String>> persons = personsOf(events)
            .map((key, person) -> KeyValue.pair(person.id(), new Pair<>(person.dateTime(), person.name())));
        KStream<Long, Long> auctions = auctionsOf(events).map((key, auction) -> KeyValue.pair(auction.seller(), auction.dateTime()));
        KTable<Windowed<Long>, String> newUsers = persons
            .join(auctions, (person, opened) -> windowOf(person.first()) == windowOf(opened) ? person.second() : null,
                JoinWindows.ofTimeDifferenceWithNoGrace(TEN_SECONDS), StreamJoined.with(NUMBER, registered, NUMBER))
            .filter((id, name) -> name != null)
            .groupByKey(Grouped.with(NUMBER, TEXT))
            .windowedBy(TimeWindows.ofSizeWithNoGrace(TEN_SECONDS))
            .reduce((first, again) -> first, store("new-users", NUMBER, TEXT));
        finish(newUsers.toStream(), WINDOWED, TEXT);
    }

    private static long windowOf(long timeMs) {
        return timeMs / TEN_SECONDS.toMillis();
    }

    private void withAuction() {
        KStream<Void, Event> events = events();
        KStream<Long, Auction> auctions = auctionsOf(events)
            .filter((key, auction) -> auction.category() == 10)
            .map((key, auction) -> KeyValue.pair(auction.id(), auction));
        KStream<Long, Bid> bids = bidsOf(events).map((key, bid) -> KeyValue.pair(bid.auction(), bid));
        KStream<Long, Pair<Bid, Auction>> joined = bids.join(auctions, Pair::new,
            JoinWindows.ofTimeDifferenceWithNoGrace(TEN_SECONDS), StreamJoined.with(NUMBER, BID, AUCTION));
        finish(joined, NUMBER, pair(BID, AUCTION));
    }

    // --- Prices ------------------------------------------------------------------------------------------------------

    private KTable<Long, Winning> winning() {
        KStream<Void, Event> events = events();
        KTable<Long, Auction> auctions = auctionsOf(events)
            .map((key, auction) -> KeyValue.pair(auction.id(), auction))
            .toTable(store("auctions", NUMBER, AUCTION));
        return bidsOf(events)
            .map((key, bid) -> KeyValue.pair(bid.auction(), bid))
            .join(auctions, Winning::of, Joined.with(NUMBER, BID, AUCTION))
            .filter((id, winning) -> winning != null)
            .groupByKey(Grouped.with(NUMBER, Winning.SERDE))
            .reduce(Winning::orHigher, store("winning", NUMBER, Winning.SERDE));
    }

    private void winningBids() {
        finish(winning().toStream(), NUMBER, Winning.SERDE);
    }

    private void ofCategories() {
        Serde<Pair<Long, Long>> sumAndCount = pair(NUMBER, NUMBER);
        KTable<Long, Pair<Long, Long>> sums = winning()
            .groupBy((id, winning) -> KeyValue.pair(winning.category(), winning.price()), Grouped.with(NUMBER, NUMBER))
            .aggregate(() -> new Pair<>(0L, 0L),
                (category, price, sum) -> new Pair<>(sum.first() + price, sum.second() + 1),
                (category, price, sum) -> new Pair<>(sum.first() - price, sum.second() - 1),
                store("sums", NUMBER, sumAndCount));
        finish(sums.mapValues(sum -> sum.first() / Math.max(sum.second(), 1)).toStream(), NUMBER, NUMBER);
    }

    private void ofSellers() {
        KTable<Long, LastPrices> last = winning()
            .groupBy((id, winning) -> KeyValue.pair(winning.seller(), winning), Grouped.with(NUMBER, Winning.SERDE))
            .aggregate(() -> new LastPrices(List.of()),
                (seller, winning, prices) -> prices.with(winning),
                (seller, winning, prices) -> prices.without(winning),
                store("last-prices", NUMBER, LastPrices.SERDE));
        finish(last.mapValues(LastPrices::mean).toStream(), NUMBER, NUMBER);
    }

    private void lastBids() {
        Serde<Pair<Long, Long>> key = pair(NUMBER, NUMBER);
        KTable<Pair<Long, Long>, Bid> last = bids()
            .groupBy((none, bid) -> new Pair<>(bid.bidder(), bid.auction()), Grouped.with(key, BID))
            .reduce((before, bid) -> bid.dateTime() >= before.dateTime() ? bid : before, store("last-bids", key, BID));
        finish(last.toStream(), key, BID);
    }

    private void tenHighest() {
        KTable<Long, TopBids> top = bids()
            .groupBy((key, bid) -> bid.auction(), Grouped.with(NUMBER, BID))
            .aggregate(() -> new TopBids(List.of()), (auction, bid, highest) -> highest.with(bid),
                store("ten-highest", NUMBER, TopBids.SERDE));
        finish(top.toStream(), NUMBER, TopBids.SERDE);
    }

    // --- Statistics --------------------------------------------------------------------------------------------------

    private static String dayOf(Bid bid) {
        return LocalDate.ofInstant(Instant.ofEpochMilli(bid.dateTime()), ZoneOffset.UTC).toString();
    }

    private void count(KStream<String, Bid> groups) {
        builder.addStateStore(CountNew.store(isInMemory));
        KTable<String, Statistics> statistics = groups
            .repartition(Repartitioned.<String, Bid>as("groups").withKeySerde(TEXT).withValueSerde(BID))
            .processValues(CountNew::new, "seen")
            .groupByKey(Grouped.with(TEXT, Statistics.SERDE))
            .reduce(Statistics::plus, store("statistics", TEXT, Statistics.SERDE));
        finish(statistics.toStream(), TEXT, Statistics.SERDE);
    }

    private void ofDays() {
        count(bids().map((key, bid) -> KeyValue.pair(dayOf(bid), bid)));
    }

    private void ofChannels() {
        count(bids().map((key, bid) -> KeyValue.pair(bid.channel() + ", " + dayOf(bid), bid)));
    }

    private void ofAuctions() {
        Serde<Pair<Long, String>> key = pair(NUMBER, TEXT);
        KTable<Pair<Long, String>, AuctionStatistics> statistics = bids()
            .map((none, bid) -> KeyValue.pair(new Pair<>(bid.auction(), dayOf(bid)), bid.price()))
            .groupByKey(Grouped.with(key, NUMBER))
            .aggregate(AuctionStatistics::empty, (auction, price, prices) -> prices.with(price),
                store("statistics", key, AuctionStatistics.SERDE));
        finish(statistics.toStream(), key, AuctionStatistics.SERDE);
    }
}
