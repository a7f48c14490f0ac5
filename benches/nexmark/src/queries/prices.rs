//! Highest, last and average prices: q4, q6, q9, q18, q19.

use millstream_core::{KTable, StreamsBuilder};
use millstream_types::bincode_data;
use serde::{Deserialize, Serialize};

use super::{Sink, auctions_of, bids, bids_of, events, finish};
use crate::event::{Auction, Bid};

/// The highest bid for an auction while it is open; of equal ones the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Winning {
    /// The auction.
    pub auction: i64,
    /// Its category.
    pub category: i64,
    /// Its seller.
    pub seller: i64,
    /// When it ends.
    pub expires: i64,
    /// The highest price.
    pub price: i64,
    /// Who bids it.
    pub bidder: i64,
    /// When.
    pub date_time: i64,
}

impl Winning {
    /// A bid as the highest one; `None` if the auction is not open.
    #[must_use]
    pub fn new(bid: &Bid, auction: &Auction) -> Option<Self> {
        let is_open = (auction.date_time..=auction.expires).contains(&bid.date_time);
        is_open.then_some(Self {
            auction: auction.id,
            category: auction.category,
            seller: auction.seller,
            expires: auction.expires,
            price: bid.price,
            bidder: bid.bidder,
            date_time: bid.date_time,
        })
    }

    /// The higher one, or the first one.
    #[must_use]
    pub fn or_higher(self, later: Self) -> Self {
        if later.price > self.price { later } else { self }
    }
}

fn winning(builder: &StreamsBuilder) -> KTable<i64, Winning> {
    let events = events(builder);
    let auctions = auctions_of(&events).map(|(), auction| (auction.id, auction)).to_table("auctions");
    bids_of(&events)
        .map(|(), bid| (bid.auction, bid))
        .join(&auctions, |_id, bid, auction| Winning::new(&bid, auction))
        .filter(|_id, winning| winning.is_some())
        .group_by_key()
        .reduce("winning", Winning::or_higher)
}

/// q9: the winning bid of each auction.
pub(super) fn winning_bids(builder: &StreamsBuilder, sink: Sink<'_>) {
    finish(&winning(builder).to_stream(), sink);
}

/// q4: the average of the winning prices of each category.
pub(super) fn of_categories(builder: &StreamsBuilder, sink: Sink<'_>) {
    let sums = winning(builder).group_by(|_id, winning| (winning.category, winning.price)).aggregate(
        "sums",
        || (0, 0),
        |_category, price, (sum, count)| (sum + price, count + 1),
        |_category, price, (sum, count)| (sum - price, count - 1),
    );
    finish(&sums.map_values(|_category, (sum, count): (i64, i64)| sum / count.max(1)).to_stream(), sink);
}

/// The winning prices of the ten auctions of a seller that end last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastPrices {
    /// The end, the auction and the price of each, the last first.
    pub auctions: Vec<(i64, i64, i64)>,
}

impl LastPrices {
    /// With this auction, if it is one of them.
    #[must_use]
    pub fn with(mut self, winning: &Winning) -> Self {
        self.auctions.push((winning.expires, winning.auction, winning.price));
        self.auctions.sort_unstable_by(|one, other| other.cmp(one));
        self.auctions.truncate(10);
        self
    }

    fn without(mut self, winning: &Winning) -> Self {
        self.auctions.retain(|(_, auction, _)| *auction != winning.auction);
        self
    }

    /// The mean of the prices.
    #[must_use]
    pub fn mean(&self) -> i64 {
        let sum: i64 = self.auctions.iter().map(|(_, _, price)| price).sum();
        sum / (self.auctions.len() as i64).max(1)
    }
}

/// q6: the average of the last ten winning prices of each seller.
pub(super) fn of_sellers(builder: &StreamsBuilder, sink: Sink<'_>) {
    let last = winning(builder).group_by(|_id, winning| (winning.seller, winning)).aggregate(
        "last-prices",
        LastPrices::default,
        |_seller, winning, last| last.with(&winning),
        |_seller, winning, last| last.without(&winning),
    );
    finish(&last.map_values(|_seller, last| last.mean()).to_stream(), sink);
}

/// q18: the last bid of each bidder for each auction.
pub(super) fn last_bids(builder: &StreamsBuilder, sink: Sink<'_>) {
    let last = bids(builder)
        .group_by(|(), bid| (bid.bidder, bid.auction))
        .reduce("last-bids", |last, bid| if bid.date_time >= last.date_time { bid } else { last });
    finish(&last.to_stream(), sink);
}

/// The highest bids, the highest first; of equal ones the first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopBids {
    /// Price, bidder and time of each.
    pub bids: Vec<(i64, i64, i64)>,
}

impl TopBids {
    /// With this bid, if it is one of the ten highest.
    #[must_use]
    pub fn with(mut self, bid: &Bid) -> Self {
        let place = self.bids.partition_point(|(price, _, _)| *price >= bid.price);
        self.bids.insert(place, (bid.price, bid.bidder, bid.date_time));
        self.bids.truncate(10);
        self
    }
}

/// q19: the ten highest bids for each auction.
pub(super) fn ten_highest(builder: &StreamsBuilder, sink: Sink<'_>) {
    let top = bids(builder).group_by(|(), bid| bid.auction).aggregate(
        "ten-highest",
        TopBids::default,
        |_auction, bid, top| top.with(&bid),
    );
    finish(&top.to_stream(), sink);
}

/// The auctions with the most bids in a window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HotItems {
    /// How many bids each of them has.
    pub bids: i64,
    /// The auctions, in ascending order.
    pub auctions: Vec<i64>,
}

impl HotItems {
    /// With this auction, if none has more bids.
    #[must_use]
    pub fn with(mut self, auction: i64, bids: i64) -> Self {
        if bids > self.bids {
            return Self { bids, auctions: vec![auction] };
        }
        if bids == self.bids {
            let place = self.auctions.partition_point(|other| *other < auction);
            self.auctions.insert(place, auction);
        }
        self
    }
}

bincode_data!(Winning, LastPrices, TopBids, HotItems);
