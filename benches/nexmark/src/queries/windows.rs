//! Windows: q5, q7, q11, q12.

use std::time::Duration;

use millstream_core::{
    BufferConfig, Consumed, SessionWindows, StreamsBuilder, Suppressed, TimeWindows, TimestampExtractor,
};
use millstream_types::Windowed;

use super::{EVENTS, HotItems, Sink, TEN_SECONDS, TopBids, bids, bids_of, finish};
use crate::event::Event;

/// q5: the auctions with the most bids in each window of 10 s that begins every 2 s, when it is closed: by the start of the window.
pub(super) fn hot_items(builder: &StreamsBuilder, sink: Sink<'_>) {
    let windows = TimeWindows::of_size_with_no_grace(TEN_SECONDS).advance_by(Duration::from_secs(2));
    let hot = bids(builder)
        .group_by(|(), bid| bid.auction)
        .windowed_by(windows)
        .count("bids-in-window")
        .suppress(Suppressed::until_window_closes(BufferConfig::unbounded()))
        .to_stream()
        .map(|auction: Windowed<i64>, bids| (auction.window.start.as_millis(), (auction.key, bids.unwrap_or(0))))
        .group_by_key()
        .aggregate("hot-items", HotItems::default, |_start, (auction, bids), hot| hot.with(auction, bids));
    finish(&hot.to_stream(), sink);
}

/// q7: the highest bids of each window of 10 s, when it is closed. All that have the highest price of the ten highest.
pub(super) fn highest_bid(builder: &StreamsBuilder, sink: Sink<'_>) {
    let highest = bids(builder)
        .group_by(|(), _bid| 0_i64)
        .windowed_by(TimeWindows::of_size_with_no_grace(TEN_SECONDS))
        .aggregate("highest-bids", TopBids::default, |_all, bid, top| match top.bids.first() {
            Some((highest, _, _)) if *highest > bid.price => top,
            Some((highest, _, _)) if *highest == bid.price => top.with(&bid),
            _ => TopBids::default().with(&bid),
        })
        .suppress(Suppressed::until_window_closes(BufferConfig::unbounded()));
    finish(&highest.to_stream(), sink);
}

/// q11: how many bids each bidder makes in a session, which ends after 10 s without one.
pub(super) fn sessions(builder: &StreamsBuilder, sink: Sink<'_>) {
    let sessions = bids(builder)
        .group_by(|(), bid| bid.bidder)
        .windowed_by(SessionWindows::of_inactivity_gap_with_no_grace(TEN_SECONDS))
        .count("bids-in-session");
    finish(&sessions.to_stream(), sink);
}

/// q12: how many bids each bidder makes in 10 s of processing time.
pub(super) fn processing_time(builder: &StreamsBuilder, sink: Sink<'_>) {
    let by_clock = Consumed::<(), Event>::topic(EVENTS).timestamps(TimestampExtractor::WallClock);
    let counts = bids_of(&builder.stream(by_clock))
        .group_by(|(), bid| bid.bidder)
        .windowed_by(TimeWindows::of_size_with_no_grace(TEN_SECONDS))
        .count("bids-in-window");
    finish(&counts.to_stream(), sink);
}
