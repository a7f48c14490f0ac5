//! Queries without state of their own: q0, q1, q2, q13, q14, q21, q22.

use millstream_core::StreamsBuilder;
use millstream_types::bincode_data;
use serde::{Deserialize, Serialize};

use super::{SIDE, SIDE_ROWS, Sink, bids, finish};
use crate::event::Bid;

/// q0: every bid.
pub(super) fn pass_through(builder: &StreamsBuilder, sink: Sink<'_>) {
    finish(&bids(builder), sink);
}

/// q1: every bid, with its price in euros.
pub(super) fn currencies(builder: &StreamsBuilder, sink: Sink<'_>) {
    let in_euros = bids(builder).map_values(|(), bid| Bid { price: in_euros(bid.price), ..bid });
    finish(&in_euros, sink);
}

fn in_euros(dollars: i64) -> i64 {
    dollars * 908 / 1_000
}

/// q2: auction and price of the bids for some auctions.
pub(super) fn selection(builder: &StreamsBuilder, sink: Sink<'_>) {
    let some = bids(builder).filter(|(), bid| bid.auction % 123 == 0);
    finish(&some.map(|(), bid| (bid.auction, bid.price)), sink);
}

/// A bid with the value of the side input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// The bid.
    pub bid: Bid,
    /// The value of its row.
    pub value: String,
}

/// q13: every bid with a row of a small table that does not change.
pub(super) fn side_input(builder: &StreamsBuilder, sink: Sink<'_>) {
    let side = builder.global_table::<i64, String>(SIDE, SIDE);
    let by_auction = side.by(|(): &(), bid: &Bid| bid.auction % SIDE_ROWS);
    let joined = bids(builder).join_global(by_auction, |(), _row, bid, value| Joined { bid, value: value.clone() });
    finish(&joined, sink);
}

/// A bid whose price in euros is neither small nor large.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calculated {
    /// Its auction.
    pub auction: i64,
    /// Its bidder.
    pub bidder: i64,
    /// Its price in euros.
    pub price: i64,
    /// When in a day it came: at day, at night, or in between.
    pub time_of_day: String,
    /// How many letters `c` the filling has.
    pub letters: u64,
}

/// q14: a filter and a calculation.
pub(super) fn calculation(builder: &StreamsBuilder, sink: Sink<'_>) {
    let calculated = bids(builder)
        .map_values(|(), bid| Bid { price: in_euros(bid.price), ..bid })
        .filter(|(), bid| (1_000_000..50_000_000).contains(&bid.price))
        .map_values(|(), bid| Calculated {
            auction: bid.auction,
            bidder: bid.bidder,
            price: bid.price,
            time_of_day: time_of_day(bid.date_time).to_owned(),
            letters: bid.extra.bytes().filter(|letter| *letter == b'c').count() as u64,
        });
    finish(&calculated, sink);
}

fn time_of_day(date_time: i64) -> &'static str {
    match date_time / 3_600_000 % 24 {
        8..=18 => "day",
        0..=6 | 20..=23 => "night",
        _ => "other",
    }
}

/// q21: the number of the channel of each bid that has one.
pub(super) fn channels(builder: &StreamsBuilder, sink: Sink<'_>) {
    let channels = bids(builder).flat_map(|(), bid| channel_id(&bid).map(|channel| (bid.auction, channel)));
    finish(&channels, sink);
}

fn channel_id(bid: &Bid) -> Option<String> {
    match bid.channel.to_lowercase().as_str() {
        "apple" => Some("0".to_owned()),
        "google" => Some("1".to_owned()),
        "facebook" => Some("2".to_owned()),
        "baidu" => Some("3".to_owned()),
        _ => bid.url.split_once("channel_id=").map(|(_, id)| id.split('&').next().unwrap_or(id).to_owned()),
    }
}

/// q22: the directories of each bid's page.
pub(super) fn directories(builder: &StreamsBuilder, sink: Sink<'_>) {
    let directories = bids(builder).map(|(), bid| {
        let part = |number: usize| bid.url.split('/').nth(number).unwrap_or_default();
        let parts = format!("{},{},{}", part(3), part(4), part(5));
        (bid.auction, parts)
    });
    finish(&directories, sink);
}

bincode_data!(Joined, Calculated);
