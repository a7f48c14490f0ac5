//! The queries: each is a function that adds its topology between the events and a sink.

mod joins;
mod prices;
mod stateless;
mod statistics;
mod windows;

use std::hint::black_box;
use std::time::Duration;

use clap::ValueEnum;
use millstream_core::{KStream, StreamsBuilder};
use millstream_types::Nullable;

use crate::event::{Auction, Bid, Event, Person};

pub use self::prices::{HotItems, LastPrices, TopBids, Winning};
pub use self::stateless::{Calculated, Joined as WithSide};
pub use self::statistics::{AuctionStatistics, Statistics, day_of};

/// The topic of the events.
pub const EVENTS: &str = "events";
/// The topic of the side input of [`Query::Q13`]: `i64` to `String`.
pub const SIDE: &str = "side";
/// How many rows it has.
pub const SIDE_ROWS: i64 = 10_000;
/// The topic for results of queries whose results are kept.
pub const RESULTS: &str = "results";

/// The length of most windows.
const TEN_SECONDS: Duration = Duration::from_secs(10);

/// A query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "the crate's documentation names them")]
pub enum Query {
    Q0,
    Q1,
    Q2,
    Q3,
    Q4,
    Q5,
    Q6,
    Q7,
    Q8,
    Q9,
    Q11,
    Q12,
    Q13,
    Q14,
    Q15,
    Q16,
    Q17,
    Q18,
    Q19,
    Q20,
    Q21,
    Q22,
}

/// What becomes of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sink<'a> {
    /// They are looked at and dropped.
    Discard,
    /// They are written to this topic.
    Topic(&'a str),
}

impl Query {
    /// Adds the query to a topology.
    pub fn add(self, builder: &StreamsBuilder, sink: Sink<'_>) {
        match self {
            Self::Q0 => stateless::pass_through(builder, sink),
            Self::Q1 => stateless::currencies(builder, sink),
            Self::Q2 => stateless::selection(builder, sink),
            Self::Q3 => joins::local_items(builder, sink),
            Self::Q4 => prices::of_categories(builder, sink),
            Self::Q5 => windows::hot_items(builder, sink),
            Self::Q6 => prices::of_sellers(builder, sink),
            Self::Q7 => windows::highest_bid(builder, sink),
            Self::Q8 => joins::new_users(builder, sink),
            Self::Q9 => prices::winning_bids(builder, sink),
            Self::Q11 => windows::sessions(builder, sink),
            Self::Q12 => windows::processing_time(builder, sink),
            Self::Q13 => stateless::side_input(builder, sink),
            Self::Q14 => stateless::calculation(builder, sink),
            Self::Q15 => statistics::of_days(builder, sink),
            Self::Q16 => statistics::of_channels(builder, sink),
            Self::Q17 => statistics::of_auctions(builder, sink),
            Self::Q18 => prices::last_bids(builder, sink),
            Self::Q19 => prices::ten_highest(builder, sink),
            Self::Q20 => joins::with_auction(builder, sink),
            Self::Q21 => stateless::channels(builder, sink),
            Self::Q22 => stateless::directories(builder, sink),
        }
    }

    /// Its name, `q0` and so on.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(millstream_nexmark::queries::Query::Q11.name(), "q11");
    /// ```
    #[must_use]
    pub fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// Thousands of events per second of CPU time that Flink 1.13 reached on other hardware, where it was published
    /// (<https://github.com/nexmark/nexmark>, `Throughput/Cores`).
    #[must_use]
    pub fn flink(self) -> Option<u32> {
        Some(match self {
            Self::Q0 => 155,
            Self::Q1 => 158,
            Self::Q2 => 175,
            Self::Q3 => 152,
            Self::Q4 => 34,
            Self::Q5 => 22,
            Self::Q7 => 12,
            Self::Q8 => 146,
            Self::Q9 => 14,
            Self::Q11 => 40,
            Self::Q12 => 76,
            Self::Q13 => 131,
            Self::Q14 => 161,
            Self::Q15 => 72,
            Self::Q16 => 19,
            Self::Q17 => 117,
            Self::Q18 => 54,
            Self::Q19 => 44,
            Self::Q20 => 19,
            Self::Q21 => 99,
            Self::Q22 => 130,
            Self::Q6 => return None,
        })
    }
}

fn finish<K: Nullable, V: Nullable>(results: &KStream<K, V>, sink: Sink<'_>) {
    match sink {
        Sink::Discard => _ = results.for_each(|key, value| _ = black_box((key, value))),
        Sink::Topic(name) => _ = results.to(name),
    }
}

fn events(builder: &StreamsBuilder) -> KStream<(), Event> {
    builder.stream::<(), Event>(EVENTS)
}

fn bids_of(events: &KStream<(), Event>) -> KStream<(), Bid> {
    events.flat_map_values(|(), event| if let Event::Bid(bid) = event { Some(bid) } else { None })
}

fn bids(builder: &StreamsBuilder) -> KStream<(), Bid> {
    bids_of(&events(builder))
}

fn auctions_of(events: &KStream<(), Event>) -> KStream<(), Auction> {
    events.flat_map_values(|(), event| if let Event::Auction(auction) = event { Some(auction) } else { None })
}

fn persons_of(events: &KStream<(), Event>) -> KStream<(), Person> {
    events.flat_map_values(|(), event| if let Event::Person(person) = event { Some(person) } else { None })
}
