//! Aggregates over windows that are emitted when they close.

use std::time::Duration;

use millstream::{EmitStrategy, SessionWindows, SlidingWindows, StreamsBuilder, TimeWindows, Topology, TopologyError};

use super::{Text, TextStream, cat, nz};

const FIVE_SECONDS: Duration = Duration::from_secs(5);
const SECOND: Duration = Duration::from_secs(1);

pub(crate) fn emit_final_tumbling() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    let windowed = input.group_by_key().windowed_by(TimeWindows::of_size_and_grace(FIVE_SECONDS, SECOND));
    windowed.emit_strategy(EmitStrategy::OnWindowClose).count("w").to_stream().to("out");
    builder.build()
}

pub(crate) fn emit_final_tumbling_always() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input
        .group_by_key()
        .windowed_by(TimeWindows::of_size_and_grace(FIVE_SECONDS, SECOND))
        .emit_strategy(EmitStrategy::OnWindowClose)
        .reduce("w", |so_far, next: Text| cat(&so_far, nz(&next)))
        .to_stream()
        .to("out");
    builder.build()
}

pub(crate) fn emit_final_hopping() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    let hopping = TimeWindows::of_size_with_no_grace(Duration::from_secs(6)).advance_by(Duration::from_millis(2_500));
    input
        .group_by_key()
        .windowed_by(hopping)
        .emit_strategy(EmitStrategy::OnWindowClose)
        .aggregate("w", String::new, |_, value, so_far| cat(&so_far, nz(&value)))
        .to_stream()
        .to("out");
    builder.build()
}

pub(crate) fn emit_final_sliding() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    let sliding = SlidingWindows::of_time_difference_and_grace(Duration::from_secs(3), Duration::from_millis(1_500));
    let windowed = input.group_by_key().windowed_by(sliding);
    windowed.emit_strategy(EmitStrategy::OnWindowClose).count("w").to_stream().to("out");
    builder.build()
}

pub(crate) fn emit_final_session() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input
        .group_by_key()
        .windowed_by(SessionWindows::of_inactivity_gap_and_grace(Duration::from_secs(3), SECOND))
        .emit_strategy(EmitStrategy::OnWindowClose)
        .aggregate(
            "s",
            || "i".to_owned(),
            |_, value, so_far| cat(&so_far, nz(&value)),
            |_, so_far, other| cat(&so_far, &format!("&{other}")),
        )
        .to_stream()
        .to("out");
    builder.build()
}
