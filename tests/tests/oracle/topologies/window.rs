//! Aggregates per key and window of time.

use std::time::Duration;

use millstream::{Materialized, StreamsBuilder, TimeWindows, Topology, TopologyError};

use super::{Text, TextStream, cat, nz};

fn windows(size_ms: u64, grace_ms: u64) -> TimeWindows {
    TimeWindows::of_size_and_grace(Duration::from_millis(size_ms), Duration::from_millis(grace_ms))
}

pub(crate) fn tumbling_count() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input.group_by_key().windowed_by(windows(10_000, 3_000)).count("w").to_stream().to("out");
    builder.build()
}

pub(crate) fn tumbling_reduce_nograce() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input
        .group_by_key()
        .windowed_by(TimeWindows::of_size_with_no_grace(Duration::from_secs(5)))
        .reduce(Materialized::new(), |so_far, next: Text| cat(&so_far, nz(&next)))
        .to_stream()
        .to("out");
    builder.build()
}

pub(crate) fn tumbling_aggregate_cache() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input
        .flat_map_values(|_, value| value.map_or(Vec::new(), |value| vec![value.clone(), value + "'"]))
        .group_by_key()
        .windowed_by(windows(6_000, 2_000))
        .aggregate("w", String::new, |_, value, so_far| cat(&so_far, &value))
        .to_stream()
        .to("out");
    builder.build()
}

pub(crate) fn hopping_count() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    let hopping = windows(10_000, 3_000).advance_by(Duration::from_secs(4));
    input.group_by_key().windowed_by(hopping).count("w").to_stream().to("out");
    builder.build()
}
