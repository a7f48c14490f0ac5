//! The events: persons, auctions and bids, encoded with bincode.

use millstream_types::bincode_data;
use serde::{Deserialize, Serialize};

/// An event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A person registers.
    Person(Person),
    /// An auction is opened.
    Auction(Auction),
    /// Somebody bids.
    Bid(Bid),
}

/// A person. Times are in milliseconds of the epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The key.
    pub id: i64,
    /// First and last name.
    pub name: String,
    /// The address.
    pub email: String,
    /// 16 digits in groups of four.
    pub credit_card: String,
    /// Where the person lives.
    pub city: String,
    /// The state's two letters.
    pub state: String,
    /// When the person registered.
    pub date_time: i64,
    /// Filling.
    pub extra: String,
}

/// An auction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Auction {
    /// The key.
    pub id: i64,
    /// What is sold.
    pub item_name: String,
    /// More about it.
    pub description: String,
    /// The first bid.
    pub initial_bid: i64,
    /// The lowest price.
    pub reserve: i64,
    /// When it was opened.
    pub date_time: i64,
    /// When it ends.
    pub expires: i64,
    /// The person who sells.
    pub seller: i64,
    /// One of five.
    pub category: i64,
    /// Filling.
    pub extra: String,
}

/// A bid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bid {
    /// Which auction.
    pub auction: i64,
    /// Who bids.
    pub bidder: i64,
    /// How much.
    pub price: i64,
    /// Through which site.
    pub channel: String,
    /// The page.
    pub url: String,
    /// When.
    pub date_time: i64,
    /// Filling.
    pub extra: String,
}

bincode_data!(Event, Person, Auction, Bid);
