//! Counts and other aggregates per key.

use millstream::{
    Consumed, Materialized, Record, StreamsBuilder, Timestamp, TimestampExtractor, Topology, TopologyError,
};

use super::{Text, TextStream, cat, split_at_spaces};

pub(crate) fn word_count() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let lines: TextStream = builder.stream("lines");
    lines
        .flat_map_values(|_, line| split_at_spaces(&line.map(|line| line.to_lowercase())))
        .group_by(|_, word| (word != "null").then(|| word.clone()))
        .count("Counts")
        .to_stream()
        .to("counts");
    builder.build()
}

pub(crate) fn count_nocache() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input.group_by_key().count("cnt").to_stream().to("out");
    builder.build()
}

pub(crate) fn count_cache() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input.flat_map_values(|_, value| split_at_spaces(&value)).group_by_key().count("cnt").to_stream().to("out");
    builder.build()
}

pub(crate) fn reduce_nocache() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input.group_by_key().reduce("red", |so_far, next| cat(&so_far, &next)).to_stream().to("out");
    builder.build()
}

pub(crate) fn reduce_null() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input
        .group_by_key()
        .reduce(Materialized::named("red").without_caching(), |so_far, next| (next != "x").then(|| cat(&so_far, &next)))
        .to_stream()
        .to("out");
    builder.build()
}

pub(crate) fn aggregate_nocache() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    let lengths = input.group_by_key().aggregate("agg", || 0_i64, |_, value, sum| sum + value.len() as i64);
    lengths.to_stream().to("out");
    lengths.map_values(|_, sum| sum / 2).to_stream().to("half");
    builder.build()
}

pub(crate) fn reduce_cache() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    let words = input.flat_map_values(|_, value| split_at_spaces(&value)).group_by_key();
    words.reduce("red", |so_far, next| cat(&so_far, &next)).to_stream().to("out");
    builder.build()
}

pub(crate) fn aggregate_cache() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    let words = input.flat_map_values(|_, value| split_at_spaces(&value)).group_by_key();
    let lengths = words.aggregate("agg", || 0_i64, |_, value, sum| sum + value.len() as i64);
    lengths.to_stream().to("out");
    lengths.map_values(|_, sum| sum / 2).to_stream().to("half");
    builder.build()
}

pub(crate) fn aggregate_null() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input = builder.stream::<Option<String>, Option<i64>>("in");
    input
        .group_by_key()
        .aggregate("agg", || Some(0_i64), |_, value, sum| sum.filter(|_| value >= 0).map(|sum| sum + value))
        .to_stream()
        .to("out");
    builder.build()
}

pub(crate) fn extractor_default() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    // What the setting `default.timestamp.extractor` says of all sources is said of each here.
    let rounded = TimestampExtractor::custom(|record: &Record<Text, Text>, _| {
        Timestamp::from_millis(record.timestamp.as_millis() / 1_000 * 1_000 + 1)
    });
    let input: TextStream = builder.stream(Consumed::topic("in").timestamps(rounded));
    input.group_by_key().reduce("r", |so_far, next| cat(&so_far, &next)).to_stream().to("out");
    builder.build()
}
