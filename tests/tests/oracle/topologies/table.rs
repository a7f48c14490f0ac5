//! Tables: topics and streams read as the latest value of each key.

use millstream::{Materialized, StreamsBuilder, Topology, TopologyError};

use super::{TextStream, first_character, nz};

pub(crate) fn to_table() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input.to_table("t").to_stream().to("out");
    input
        .select_key(|key, value| first_character(value).or_else(|| key.clone()))
        .to_table(Materialized::new())
        .map_values(|_, value| value + "?")
        .to_stream()
        .to("rekeyed");
    builder.build()
}

pub(crate) fn ktable_basic() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    builder
        .table::<String, String>("in", Materialized::new())
        .filter(|_, value| value.len() > 2)
        .map_values(|_, value| value.to_uppercase())
        .to_stream()
        .to("out");
    builder.build()
}

pub(crate) fn ktable_materialized() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let source = builder.table::<String, String>("in", "src");
    source
        .filter(|_, value| value.len() > 2)
        .materialized("flt")
        .map_values(|key, value| format!("{key}{value}"))
        .materialized("map")
        .to_stream()
        .to("out");
    source.to_stream().to("all");
    builder.build()
}

pub(crate) fn ktable_materialized_cache() -> Result<Topology, TopologyError> {
    ktable_materialized()
}

pub(crate) fn ktable_filternot_key() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    builder
        .table::<String, String>("in", "src")
        .filter_not(|_, value| value.starts_with('a'))
        .map_values(|key, value| format!("{key}={value}"))
        .to_stream()
        .select_key(|_, value| nz(value).to_owned())
        .to("out");
    builder.build()
}
