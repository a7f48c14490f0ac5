//! Statistics of bids: q15, q16, q17.

use millstream_core::{
    BoxError, FixedKeyContext, FixedKeyProcessor, FixedKeyRecord, KStream, KeyValueStore, Processed, Repartitioned,
    Store, StoreHandle, StreamsBuilder,
};
use millstream_types::bincode_data;
use serde::{Deserialize, Serialize};

use super::{Sink, bids, finish};
use crate::event::Bid;

/// Prices are low, middle or high.
const RANKS: usize = 3;

/// Counts of bids, bidders and auctions: of all, and of those with a price of each rank.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// The number of bids.
    pub bids: [u64; RANKS + 1],
    /// The number of different bidders.
    pub bidders: [u64; RANKS + 1],
    /// The number of different auctions.
    pub auctions: [u64; RANKS + 1],
    /// The minute of the day of the last bid.
    pub last_minute: i64,
}

impl Statistics {
    fn plus(mut self, other: Self) -> Self {
        let add = |sums: &mut [u64; RANKS + 1], others: [u64; RANKS + 1]| {
            sums.iter_mut().zip(others).for_each(|(sum, other)| *sum += other);
        };
        add(&mut self.bids, other.bids);
        add(&mut self.bidders, other.bidders);
        add(&mut self.auctions, other.auctions);
        self.last_minute = self.last_minute.max(other.last_minute);
        self
    }
}

/// The rank of a price, from 1 to 3.
fn rank(price: i64) -> usize {
    match price {
        ..10_000 => 1,
        10_000..1_000_000 => 2,
        _ => 3,
    }
}

/// The day of a time in milliseconds, in the calendar of UTC.
///
/// # Examples
/// ```
/// assert_eq!(millstream_nexmark::queries::day_of(1_700_000_000_000), "2023-11-14");
/// ```
#[must_use]
pub fn day_of(time_ms: i64) -> String {
    // Days are counted from the first of March of the year 0, so that the leap day is the last of a year.
    let days = time_ms.div_euclid(86_400_000) + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, is_next_year) = if month < 10 { (month + 3, false) } else { (month - 9, true) };
    let year = era * 400 + year_of_era + i64::from(is_next_year);
    format!("{year:04}-{month:02}-{day:02}")
}

/// What was seen in a group: the group, what it is, and its key.
type Seen = KeyValueStore<(String, (i64, i64)), bool>;

/// Turns each bid into the statistics of it alone, which count a bidder and an auction only if they were not seen before.
struct CountNew {
    seen: StoreHandle<Seen>,
}

impl FixedKeyProcessor<String, Bid, Statistics> for CountNew {
    fn process(
        &mut self,
        context: &mut FixedKeyContext<'_, '_, String, Statistics>,
        record: FixedKeyRecord<String, Bid>,
    ) -> Result<(), BoxError> {
        let (group, bid) = (record.key().clone(), record.value());
        let rank = rank(bid.price);
        let mut statistics = Statistics { last_minute: bid.date_time / 60_000 % (24 * 60), ..Statistics::default() };
        let mut seen = context.store(self.seen)?;
        let mut is_new = |kind: usize, id: i64| -> Result<u64, BoxError> {
            let key = (group.clone(), (kind as i64, id));
            let is_new = seen.get(&key)?.is_none();
            if is_new {
                seen.put(&key, true)?;
            }
            Ok(u64::from(is_new))
        };
        for counted in [0, rank] {
            statistics.bids[counted] += 1;
            statistics.bidders[counted] += is_new(counted, bid.bidder)?;
            statistics.auctions[counted] += is_new(RANKS + 1 + counted, bid.auction)?;
        }
        context.forward(record.with_value(statistics));
        Ok(())
    }
}

fn count(builder: &StreamsBuilder, groups: &KStream<String, Bid>, sink: Sink<'_>) {
    let seen = builder.add_store(Store::key_value("seen"));
    let statistics = groups
        .repartition(Repartitioned::named("groups"))
        .process_values(move || CountNew { seen }, Processed::named("count-new").with_store(seen))
        .group_by_key()
        .reduce("statistics", Statistics::plus);
    finish(&statistics.to_stream(), sink);
}

/// q15: the statistics of each day.
pub(super) fn of_days(builder: &StreamsBuilder, sink: Sink<'_>) {
    count(builder, &bids(builder).map(|(), bid| (day_of(bid.date_time), bid)), sink);
}

/// q16: the statistics of each channel and day.
pub(super) fn of_channels(builder: &StreamsBuilder, sink: Sink<'_>) {
    let groups = bids(builder).map(|(), bid| (format!("{}, {}", bid.channel, day_of(bid.date_time)), bid));
    count(builder, &groups, sink);
}

/// The prices of an auction on a day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuctionStatistics {
    /// The number of bids: all, and those of each rank.
    pub bids: [u64; RANKS + 1],
    /// The lowest price.
    pub min: i64,
    /// The highest price.
    pub max: i64,
    /// The sum of the prices.
    pub sum: i64,
    /// Their mean.
    pub mean: i64,
}

impl AuctionStatistics {
    /// With a bid of this price.
    #[must_use]
    pub fn with(mut self, price: i64) -> Self {
        self.min = if self.bids[0] == 0 { price } else { self.min.min(price) };
        self.max = self.max.max(price);
        self.sum += price;
        self.bids[0] += 1;
        self.bids[rank(price)] += 1;
        self.mean = self.sum / self.bids[0] as i64;
        self
    }
}

/// q17: the prices of each auction on each day.
pub(super) fn of_auctions(builder: &StreamsBuilder, sink: Sink<'_>) {
    let statistics = bids(builder)
        .map(|(), bid| ((bid.auction, day_of(bid.date_time)), bid.price))
        .group_by_key()
        .aggregate("statistics", AuctionStatistics::default, |_auction, price, statistics| statistics.with(price));
    finish(&statistics.to_stream(), sink);
}

bincode_data!(Statistics, AuctionStatistics);
