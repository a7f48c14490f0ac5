//! Aggregates per key and window of time.

use std::time::Duration;

use millstream::{
    Consumed, Materialized, Record, StreamsBuilder, TimeWindows, Timestamp, TimestampExtractor, Topology,
    TopologyError, UnlimitedWindows,
};

use super::{Text, TextStream, cat, last_character, nz};

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

pub(crate) fn tumbling_memory() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    let store = Materialized::named("w").in_memory().retention(Duration::from_secs(20));
    input.group_by_key().windowed_by(windows(5_000, 1_000)).count(store).to_stream().to("out");
    builder.build()
}

pub(crate) fn tumbling_retention() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    let store = Materialized::named("w").retention(Duration::from_secs(60));
    input.group_by_key().windowed_by(windows(4_000, 500)).count(store).to_stream().to("out");
    builder.build()
}

pub(crate) fn tumbling_groupby() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input
        .group_by(|_, value| last_character(value).filter(|last| last != "0"))
        .named("by")
        .windowed_by(windows(5_000, 1_000))
        .count("w")
        .named("cnt")
        .to_stream()
        .to("out");
    builder.build()
}

pub(crate) fn hopping_reduce() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    let hopping = windows(6_000, 0).advance_by(Duration::from_secs(2));
    input
        .group_by_key()
        .windowed_by(hopping)
        .reduce("w", |so_far, next: Text| cat(&so_far, nz(&next)))
        .to_stream()
        .to("out");
    builder.build()
}

pub(crate) fn hopping_aggregate_cache() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input
        .flat_map_values(|_, value| value.map_or(Vec::new(), |value| vec![value.clone(), value + "'"]))
        .group_by_key()
        .windowed_by(windows(6_000, 2_000).advance_by(Duration::from_secs(3)))
        .aggregate("w", String::new, |_, value, so_far| cat(&so_far, &value))
        .to_stream()
        .to("out");
    builder.build()
}

pub(crate) fn unlimited_count() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    let windows = UnlimitedWindows::of().start_on(Timestamp::from_millis(20_000));
    input.group_by_key().windowed_by(windows).count("u").to_stream().to("out");
    builder.build()
}

pub(crate) fn extractor() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let after_the_at = TimestampExtractor::custom(|record: &Record<Text, Text>, partition_time| {
        let number = record.value.as_ref().and_then(|value| value.split_once('@')?.1.parse().ok());
        number.map_or(partition_time, Timestamp::from_millis)
    });
    let input: TextStream = builder.stream(Consumed::topic("in").timestamps(after_the_at));
    input.to("out");
    input.group_by_key().windowed_by(windows(5_000, 1_000)).count("w").to_stream().to("win");
    let plain: TextStream = builder.stream("plain");
    plain.to("pout");
    builder.build()
}
