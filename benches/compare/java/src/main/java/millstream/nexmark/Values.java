package millstream.nexmark;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import millstream.nexmark.Event.Auction;
import millstream.nexmark.Event.Bid;
import org.apache.kafka.common.serialization.Serde;

/** What the queries keep and write: each as the type of the same name in {@code queries/}. */
final class Values {
    /** Prices are low, middle or high. */
    private static final int RANKS = 3;

    private Values() {}

    /** The rank of a price, from 1 to 3. */
    static int rank(long price) {
        return price < 10_000 ? 1 : price < 1_000_000 ? 2 : 3;
    }

    static <T> void writeList(BincodeWriter to, List<T> list, BiConsumer<BincodeWriter, T> write) {
        to.unsigned(list.size());
        list.forEach(element -> write.accept(to, element));
    }

    static <T> List<T> readList(BincodeReader from, Function<BincodeReader, T> read) {
        int length = (int) from.unsigned();
        List<T> list = new ArrayList<>(length + 1);
        for (int at = 0; at < length; at++) {
            list.add(read.apply(from));
        }
        return list;
    }

    private static void writeCounts(BincodeWriter to, long[] counts) {
        for (long count : counts) {
            to.unsigned(count);
        }
    }

    private static long[] readCounts(BincodeReader from) {
        long[] counts = new long[RANKS + 1];
        for (int rank = 0; rank <= RANKS; rank++) {
            counts[rank] = from.unsigned();
        }
        return counts;
    }

    /** q13: a bid with the value of its row. */
    record WithSide(Bid bid, String value) {
        static final Serde<WithSide> SERDE = Serialization.bincode(
            (to, joined) -> {
                Bid.write(to, joined.bid);
                to.text(joined.value);
            },
            from -> new WithSide(Bid.read(from), from.text()));
    }

    /** q14. */
    record Calculated(long auction, long bidder, long price, String timeOfDay, long letters) {
        static final Serde<Calculated> SERDE = Serialization.bincode(
            (to, row) -> to.signed(row.auction).signed(row.bidder).signed(row.price).text(row.timeOfDay).unsigned(row.letters),
            from -> new Calculated(from.signed(), from.signed(), from.signed(), from.text(), from.unsigned()));
    }

    /** The highest bid for an auction while it is open; of equal ones the first. */
    record Winning(long auction, long category, long seller, long expires, long price, long bidder, long dateTime) {
        static final Serde<Winning> SERDE = Serialization.bincode(
            (to, bid) -> to.signed(bid.auction).signed(bid.category).signed(bid.seller).signed(bid.expires)
                .signed(bid.price).signed(bid.bidder).signed(bid.dateTime),
            from -> new Winning(from.signed(), from.signed(), from.signed(), from.signed(), from.signed(), from.signed(),
                from.signed()));

        /** A bid as the highest one; null if the auction is not open. */
        static Winning of(Bid bid, Auction auction) {
            if (bid.dateTime() < auction.dateTime() || bid.dateTime() > auction.expires()) {
                return null;
            }
            return new Winning(auction.id(), auction.category(), auction.seller(), auction.expires(), bid.price(),
                bid.bidder(), bid.dateTime());
        }

        Winning orHigher(Winning later) {
            return later.price > price ? later : this;
        }
    }

    /** A price with two more numbers, of which it consists in bincode. */
    record Triple(long first, long second, long third) {
        static Triple read(BincodeReader from) {
            return new Triple(from.signed(), from.signed(), from.signed());
        }

        static void write(BincodeWriter to, Triple triple) {
            to.signed(triple.first).signed(triple.second).signed(triple.third);
        }
    }

    /** The end, the auction and the winning price of the ten auctions of a seller that end last, the last first. */
    record LastPrices(List<Triple> auctions) {
        static final Serde<LastPrices> SERDE = Serialization.bincode(
            (to, last) -> writeList(to, last.auctions, Triple::write), from -> new LastPrices(readList(from, Triple::read)));

        LastPrices with(Winning winning) {
            List<Triple> auctions = new ArrayList<>(this.auctions);
            auctions.add(new Triple(winning.expires, winning.auction, winning.price));
            auctions.sort((one, other) -> {
                int byEnd = Long.compare(other.first, one.first);
                int byAuction = byEnd != 0 ? byEnd : Long.compare(other.second, one.second);
                return byAuction != 0 ? byAuction : Long.compare(other.third, one.third);
            });
            return new LastPrices(auctions.size() > 10 ? auctions.subList(0, 10) : auctions);
        }

        LastPrices without(Winning winning) {
            List<Triple> auctions = new ArrayList<>(this.auctions);
            auctions.removeIf(auction -> auction.second == winning.auction);
            return new LastPrices(auctions);
        }

        long mean() {
            return auctions.stream().mapToLong(Triple::third).sum() / Math.max(auctions.size(), 1);
        }
    }

    /** Price, bidder and time of the ten highest bids, the highest first; of equal ones the first. */
    record TopBids(List<Triple> bids) {
        static final Serde<TopBids> SERDE = Serialization.bincode(
            (to, top) -> writeList(to, top.bids, Triple::write), from -> new TopBids(readList(from, Triple::read)));

        TopBids with(Bid bid) {
            int place = 0;
            while (place < bids.size() && bids.get(place).first >= bid.price()) {
                place += 1;
            }
            List<Triple> bids = new ArrayList<>(this.bids);
            bids.add(place, new Triple(bid.price(), bid.bidder(), bid.dateTime()));
            return new TopBids(bids.size() > 10 ? bids.subList(0, 10) : bids);
        }

        /** Only the highest bids. */
        TopBids highestWith(Bid bid) {
            if (!bids.isEmpty() && bids.get(0).first > bid.price()) {
                return this;
            }
            return (!bids.isEmpty() && bids.get(0).first == bid.price() ? this : new TopBids(List.of())).with(bid);
        }
    }

    /** The auctions with the most bids in a window, in ascending order. */
    record HotItems(long bids, List<Long> auctions) {
        static final Serde<HotItems> SERDE = Serialization.bincode(
            (to, hot) -> writeList(to.signed(hot.bids), hot.auctions, BincodeWriter::signed),
            from -> new HotItems(from.signed(), readList(from, BincodeReader::signed)));

        HotItems with(long auction, long bids) {
            if (bids > this.bids) {
                return new HotItems(bids, List.of(auction));
            }
            if (bids < this.bids) {
                return this;
            }
            List<Long> auctions = new ArrayList<>(this.auctions);
            int place = 0;
            while (place < auctions.size() && auctions.get(place) < auction) {
                place += 1;
            }
            auctions.add(place, auction);
            return new HotItems(bids, auctions);
        }
    }

    /** Counts of bids, different bidders and different auctions: of all, and of those with a price of each rank. */
    record Statistics(long[] bids, long[] bidders, long[] auctions, long lastMinute) {
        static final Serde<Statistics> SERDE = Serialization.bincode(
            (to, statistics) -> {
                writeCounts(to, statistics.bids);
                writeCounts(to, statistics.bidders);
                writeCounts(to, statistics.auctions);
                to.signed(statistics.lastMinute);
            },
            from -> new Statistics(readCounts(from), readCounts(from), readCounts(from), from.signed()));

        static Statistics atMinute(long minute) {
            return new Statistics(new long[RANKS + 1], new long[RANKS + 1], new long[RANKS + 1], minute);
        }

        Statistics plus(Statistics other) {
            return new Statistics(sum(bids, other.bids), sum(bidders, other.bidders), sum(auctions, other.auctions),
                Math.max(lastMinute, other.lastMinute));
        }

        private static long[] sum(long[] one, long[] other) {
            long[] sum = one.clone();
            for (int rank = 0; rank <= RANKS; rank++) {
                sum[rank] += other[rank];
            }
            return sum;
        }
    }

    /** The prices of an auction on a day. */
    record AuctionStatistics(long[] bids, long min, long max, long sum, long mean) {
        static final Serde<AuctionStatistics> SERDE = Serialization.bincode(
            (to, statistics) -> {
                writeCounts(to, statistics.bids);
                to.signed(statistics.min).signed(statistics.max).signed(statistics.sum).signed(statistics.mean);
            },
            from -> new AuctionStatistics(readCounts(from), from.signed(), from.signed(), from.signed(), from.signed()));

        static AuctionStatistics empty() {
            return new AuctionStatistics(new long[RANKS + 1], 0, 0, 0, 0);
        }

        AuctionStatistics with(long price) {
            long[] bids = this.bids.clone();
            bids[0] += 1;
            bids[rank(price)] += 1;
            long sum = this.sum + price;
            return new AuctionStatistics(bids, bids[0] == 1 ? price : Math.min(min, price), Math.max(max, price), sum, sum / bids[0]);
        }
    }
}
