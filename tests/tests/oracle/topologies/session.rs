//! Aggregates per key and session.

use std::time::Duration;

use millstream::{Materialized, SessionWindows, StreamsBuilder, Topology, TopologyError};

use super::{Text, TextStream, cat, nz};

fn sessions(gap_ms: u64, grace_ms: u64) -> SessionWindows {
    SessionWindows::of_inactivity_gap_and_grace(Duration::from_millis(gap_ms), Duration::from_millis(grace_ms))
}

pub(crate) fn session_count() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input.group_by_key().windowed_by(sessions(4_000, 2_000)).count("s").to_stream().to("out");
    builder.build()
}

pub(crate) fn session_reduce_nograce() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input
        .group_by_key()
        .windowed_by(SessionWindows::of_inactivity_gap_with_no_grace(Duration::from_millis(2_500)))
        .reduce("s", |so_far, next: Text| cat(&so_far, nz(&next)))
        .to_stream()
        .to("out");
    builder.build()
}

pub(crate) fn session_aggregate() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    aggregate(&builder.stream("in"), sessions(3_000, 5_000), "s");
    builder.build()
}

pub(crate) fn session_aggregate_cache() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    let twice = input
        .flat_map_values(|_, value| value.map_or(Vec::new(), |value| vec![Some(value.clone()), Some(value + "'")]));
    aggregate(&twice, sessions(3_000, 5_000), "s");
    builder.build()
}

pub(crate) fn session_memory() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let store = Materialized::named("s").in_memory().retention(Duration::from_secs(15));
    aggregate(&builder.stream("in"), sessions(2_000, 1_000), store);
    builder.build()
}

/// Aggregates from "i", with an ampersand before what is merged.
fn aggregate(input: &TextStream, windows: SessionWindows, store: impl Into<Materialized<String, String>>) {
    input
        .group_by_key()
        .windowed_by(windows)
        .aggregate(
            store,
            || "i".to_owned(),
            |_, value, so_far| cat(&so_far, nz(&value)),
            |_, so_far, other| cat(&so_far, &format!("&{other}")),
        )
        .to_stream()
        .to("out");
}
