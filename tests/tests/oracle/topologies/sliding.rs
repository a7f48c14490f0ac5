//! Aggregates per key and sliding window.

use std::time::Duration;

use millstream::{SlidingWindows, StreamsBuilder, Topology, TopologyError};

use super::{TextStream, cat};

fn sliding(difference_ms: u64, grace_ms: u64) -> SlidingWindows {
    SlidingWindows::of_time_difference_and_grace(Duration::from_millis(difference_ms), Duration::from_millis(grace_ms))
}

pub(crate) fn sliding_count() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input.group_by_key().windowed_by(sliding(5_000, 2_000)).count("w").to_stream().to("out");
    builder.build()
}

pub(crate) fn sliding_reduce_nograce() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input
        .group_by_key()
        .windowed_by(SlidingWindows::of_time_difference_with_no_grace(Duration::from_secs(3)))
        .reduce("w", |so_far, next| cat(&so_far, &next))
        .to_stream()
        .to("out");
    builder.build()
}

pub(crate) fn sliding_aggregate_cache() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input
        .group_by_key()
        .windowed_by(sliding(4_000, 4_000))
        .aggregate("w", String::new, |_, value, so_far| cat(&so_far, &value))
        .to_stream()
        .to("out");
    builder.build()
}
