//! Two streams joined by key and time.

use std::time::Duration;

use millstream::{JoinWindows, Joined, Optimizations, StreamsBuilder, Topology, TopologyError};

use super::{Text, TextStream, last_character, nz, pair};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Windows of a time difference in milliseconds with a grace period.
fn windows(difference: u64, grace: u64) -> JoinWindows {
    JoinWindows::of_time_difference_and_grace(ms(difference), ms(grace))
}

/// The topics of both sides.
fn sides(builder: &StreamsBuilder) -> (TextStream, TextStream) {
    (builder.stream("l"), builder.stream("r"))
}

/// A value that may be missing, or "null".
fn text(value: Option<&String>) -> &str {
    value.map_or("null", String::as_str)
}

pub(crate) fn join_ss_inner() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let (left, right) = sides(&builder);
    left.join_stream(right.within(windows(3_000, 2_000)), |_, left, right| pair(left, right)).to("out");
    builder.build()
}

pub(crate) fn join_ss_inner_asym() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let (left, right) = sides(&builder);
    let within = right.within(windows(2_000, 1_000).before(ms(500)).after(ms(4_000))).stores("js");
    left.join_stream(Joined::with(&within).named("jn"), |key, left, right| format!("{}{}", nz(key), pair(left, right)))
        .to("out");
    builder.build()
}

pub(crate) fn join_ss_inner_before_only() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let (left, right) = sides(&builder);
    let windows = JoinWindows::of_time_difference_with_no_grace(Duration::ZERO).before(ms(3_000));
    left.join_stream(right.within(windows), |_, left, right| pair(left, right)).to("out");
    builder.build()
}

pub(crate) fn join_ss_left() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let (left, right) = sides(&builder);
    left.left_join_stream(right.within(windows(3_000, 2_000)), |_, left, right| pair(left, text(right))).to("out");
    builder.build()
}

pub(crate) fn join_ss_left_always() -> Result<Topology, TopologyError> {
    join_ss_left()
}

pub(crate) fn join_ss_left_asym() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let (left, right) = sides(&builder);
    let windows = JoinWindows::of_time_difference_with_no_grace(ms(1_000)).before(ms(3_000)).after(Duration::ZERO);
    left.left_join_stream(right.within(windows), |_, left, right| pair(left, text(right))).to("out");
    builder.build()
}

pub(crate) fn join_ss_outer() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let (left, right) = sides(&builder);
    left.outer_join_stream(right.within(windows(3_000, 2_000)), |_, left, right| pair(text(left), text(right)))
        .to("out");
    builder.build()
}

pub(crate) fn join_ss_outer_always() -> Result<Topology, TopologyError> {
    join_ss_outer()
}

pub(crate) fn join_ss_outer_asym() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let (left, right) = sides(&builder);
    let within = right.within(windows(1_000, 500).before(Duration::ZERO).after(ms(3_000)));
    left.outer_join_stream(Joined::with(&within).named("jn"), |key: &Text, left, right| {
        format!("{}{}", nz(key), pair(text(left), text(right)))
    })
    .to("out");
    builder.build()
}

pub(crate) fn join_ss_memory() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let (left, right) = sides(&builder);
    left.outer_join_stream(right.within(windows(2_000, 0)).in_memory(), |_, left, right| pair(text(left), text(right)))
        .to("out");
    builder.build()
}

pub(crate) fn join_ss_rekey() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let left: TextStream = builder.stream("l");
    let left = left.select_key(|_, value| last_character(value).filter(|key| key != "0"));
    let right: TextStream = builder.stream("r");
    let right = right.map(|_, value| (last_character(&value), value));
    let within = right.within(windows(2_000, 1_000));
    left.left_join_stream(Joined::with(&within).named("jn"), |_, left, right| pair(left, text(right))).to("out");
    builder.build()
}

pub(crate) fn join_ss_self() -> Result<Topology, TopologyError> {
    joined_with_itself(StreamsBuilder::new())
}

pub(crate) fn join_ss_self_opt() -> Result<Topology, TopologyError> {
    joined_with_itself(StreamsBuilder::new().optimize(Optimizations::all()))
}

fn joined_with_itself(builder: StreamsBuilder) -> Result<Topology, TopologyError> {
    let stream: TextStream = builder.stream("s");
    stream.join_stream(stream.within(windows(2_000, 1_000)), |_, left, right| pair(left, right)).to("out");
    builder.build()
}
