//! Counts and other aggregates per key.

use millstream::{Materialized, StreamsBuilder, Topology, TopologyError};

use super::{TextStream, cat, split_at_spaces};

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
