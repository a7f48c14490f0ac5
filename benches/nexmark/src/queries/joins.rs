//! Joins: q3, q8, q20.

use millstream_core::{JoinWindows, StreamsBuilder, TimeWindows};

use super::{Sink, TEN_SECONDS, auctions_of, bids_of, events, finish, persons_of};

/// q3: who sells in category 10 and lives in one of three states: `name, city, state` by auction.
pub(super) fn local_items(builder: &StreamsBuilder, sink: Sink<'_>) {
    let events = events(builder);
    let persons = persons_of(&events)
        .filter(|(), person| matches!(person.state.as_str(), "OR" | "ID" | "CA"))
        .map(|(), person| (person.id, person))
        .to_table("persons");
    let auctions = auctions_of(&events)
        .filter(|(), auction| auction.category == 10)
        .map(|(), auction| (auction.id, auction.seller))
        .to_table("auctions");
    let by_seller = persons.by(|_id: &i64, seller: &i64| *seller);
    let local = auctions
        .join_foreign(by_seller, |_id, _seller, person| format!("{}, {}, {}", person.name, person.city, person.state));
    finish(&local.to_stream(), sink);
}

/// q8: who registered and opened an auction in the same window of 10 s: the name, by person and window.
pub(super) fn new_users(builder: &StreamsBuilder, sink: Sink<'_>) {
    let events = events(builder);
    let persons = persons_of(&events).map(|(), person| (person.id, (person.date_time, person.name)));
    let auctions = auctions_of(&events).map(|(), auction| (auction.seller, auction.date_time));
    let close = auctions.within(JoinWindows::of_time_difference_with_no_grace(TEN_SECONDS));
    let new_users = persons
        .join_stream(close, |_id, (registered, name), opened| {
            (window_of(*registered) == window_of(*opened)).then(|| name.clone())
        })
        .filter(|_id, name| name.is_some())
        .map_values(|_id, name| name.unwrap_or_default())
        .group_by_key()
        .windowed_by(TimeWindows::of_size_with_no_grace(TEN_SECONDS))
        .reduce("new-users", |first, _again| first);
    finish(&new_users.to_stream(), sink);
}

fn window_of(time_ms: i64) -> i64 {
    time_ms / TEN_SECONDS.as_millis() as i64
}

/// q20: each bid for an auction of category 10, with the auction.
pub(super) fn with_auction(builder: &StreamsBuilder, sink: Sink<'_>) {
    let events = events(builder);
    let auctions =
        auctions_of(&events).filter(|(), auction| auction.category == 10).map(|(), auction| (auction.id, auction));
    let bids = bids_of(&events).map(|(), bid| (bid.auction, bid));
    let close = auctions.within(JoinWindows::of_time_difference_with_no_grace(TEN_SECONDS));
    finish(&bids.join_stream(close, |_id, bid, auction| (bid.clone(), auction.clone())), sink);
}
