//! Aggregates of several streams.

use std::time::Duration;

use millstream::{
    CogroupedKStream, KStream, SessionWindows, SlidingWindows, StreamsBuilder, TimeWindows, Topology, TopologyError,
};

use super::{Text, TextStream, cat, first_character, nz};

const SECOND: Duration = Duration::from_secs(1);

pub(crate) fn cogroup_basic() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let a = builder.stream::<Text, Text>("a").group_by_key();
    let b = builder.stream::<Text, Option<i64>>("b").group_by_key();
    let c: TextStream = builder.stream("c");
    let c = c.group_by(|_, value| first_character(value)).named("cg");
    a.cogroup(|_, value, so_far: String| cat(&so_far, nz(&value)))
        .cogroup(&b, |_, value, so_far| cat(&so_far, &numbered(value)))
        .cogroup(&c, |_, value, so_far| cat(&so_far, &format!("c{}", nz(&value))))
        .aggregate("co", String::new)
        .to_stream()
        .to("out");
    builder.build()
}

pub(crate) fn cogroup_tumbling() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let windows = TimeWindows::of_size_and_grace(Duration::from_secs(5), SECOND);
    both(&builder).windowed_by(windows).aggregate("w", String::new).to_stream().to("out");
    builder.build()
}

pub(crate) fn cogroup_sliding() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let windows = SlidingWindows::of_time_difference_and_grace(Duration::from_secs(3), SECOND);
    both(&builder).windowed_by(windows).aggregate("w", String::new).to_stream().to("out");
    builder.build()
}

pub(crate) fn cogroup_session() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let windows = SessionWindows::of_inactivity_gap_and_grace(Duration::from_secs(2), SECOND);
    both(&builder)
        .windowed_by(windows)
        .aggregate("s", || "i".to_owned(), |_, so_far, other| cat(&so_far, &format!("&{other}")))
        .to_stream()
        .to("out");
    builder.build()
}

/// The texts of `a` and the numbers of `b`, as one text.
fn both(builder: &StreamsBuilder) -> CogroupedKStream<String, String> {
    let a: TextStream = builder.stream("a");
    let b: KStream<Text, Option<i64>> = builder.stream("b");
    let (a, b) = (a.group_by_key(), b.group_by_key());
    a.cogroup(|_, value, so_far: String| cat(&so_far, nz(&value)))
        .cogroup(&b, |_, value, so_far| cat(&so_far, &numbered(value)))
}

fn numbered(value: Option<i64>) -> String {
    format!("b{}", value.map_or("null".to_owned(), |value| value.to_string()))
}
