//! Streams with repartition topics.

use std::time::Duration;

use millstream::{Optimizations, Repartitioned, StreamsBuilder, TimeWindows, Topology, TopologyError};

use super::{TextStream, cat, first_character};

pub(crate) fn repartition_n() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input
        .select_key(|_, value| first_character(value))
        .repartition(Repartitioned::named("step").partitions(3))
        .map_values(|_, value| value.map(|value| value + "~"))
        .to("out");
    input.repartition(Repartitioned::new()).to("plain");
    builder.build()
}

pub(crate) fn merge_repartition() -> Result<Topology, TopologyError> {
    grouped_three_times(StreamsBuilder::new())
}

pub(crate) fn merge_repartition_opt() -> Result<Topology, TopologyError> {
    grouped_three_times(StreamsBuilder::new().optimize(Optimizations::all()))
}

fn grouped_three_times(builder: StreamsBuilder) -> Result<Topology, TopologyError> {
    let input: TextStream = builder.stream("in");
    let keyed = input.select_key(|_, value| first_character(value));
    keyed.group_by_key().count("c").to_stream().to("c");
    keyed
        .filter(|_, value| value.as_ref().is_some_and(|value| value.len() % 2 == 0))
        .group_by_key()
        .reduce("r", |so_far, next| cat(&so_far, &next))
        .to_stream()
        .to("r");
    let windows = TimeWindows::of_size_and_grace(Duration::from_secs(5), Duration::from_secs(1));
    keyed
        .map_values(|_, value| value.map(|value| value.repeat(2)))
        .group_by_key()
        .windowed_by(windows)
        .count("w")
        .to_stream()
        .to("w");
    builder.build()
}
