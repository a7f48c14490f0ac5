//! Stateless operators.

use millstream::{Branched, Consumed, Produced, Record, StreamsBuilder, Topic, Topology, TopologyError};

use super::{Text, TextStream, cat, first_character, nz, split_at_spaces};

pub(crate) fn filter_map() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input
        .filter_not(|_, value| value.is_none())
        .filter(|_, value| value.as_ref().is_some_and(|value| value.len() % 2 == 0))
        .map_values(|_, value| value.unwrap_or_default().to_uppercase())
        .map(|key, value| {
            let key = key.map_or_else(|| "nokey".to_owned(), |key| key + "!");
            let length = value.len();
            (key, format!("{value}#{length}"))
        })
        .to("out");
    builder.build()
}

pub(crate) fn null_passthrough() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input.to("raw");
    input.peek(|_, _| ()).map_values(|key, value| format!("{}:{}", nz(key), nz(&value))).to("out");
    input.map_values(|_, _| None::<String>).to("nulls");
    builder.build()
}

pub(crate) fn flat_map() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input.flat_map_values(|_, value| split_at_spaces(&value)).to("words");
    input
        .flat_map(|key, value| {
            let words = split_at_spaces(&value).into_iter().enumerate();
            words.map(|(place, word)| (word, format!("{}:{place}", nz(&key)))).collect::<Vec<_>>()
        })
        .to("pairs");
    builder.build()
}

pub(crate) fn select_merge() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let (a, b): (TextStream, TextStream) = (builder.stream("a"), builder.stream("b"));
    a.select_key(|_, value| first_character(value)).merge(&b).peek(|_, _| ()).to("out");
    builder.build()
}

pub(crate) fn split_default() -> Result<Topology, TopologyError> {
    fn upper_case(stream: TextStream) -> TextStream {
        stream.map_values(|_, value: Text| value.map(|value| value.to_uppercase()))
    }
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    let branches = input
        .split()
        .named("br-")
        .branch("a", |_, value| value.as_ref().is_some_and(|value| value.starts_with('a')))
        .branch(Branched::named("long").mapped(upper_case), |_, value| {
            value.as_ref().is_some_and(|value| value.len() > 4)
        })
        .branch(Branched::new().consumed(|stream| drop(stream.to("nokey"))), |key, _| key.is_none())
        .default_branch("rest");
    branches["a"].to("out-a");
    branches["long"].to("out-long");
    branches["rest"].to("out-rest");
    builder.build()
}

pub(crate) fn split_generated() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    let branches = input
        .split()
        .branch(Branched::new(), |_, value| value.is_none())
        .branch(Branched::new(), |_, value| value.as_ref().is_some_and(|value| value.len() % 2 == 0))
        .no_default_branch();
    for (number, (_, branch)) in branches.iter().enumerate() {
        branch.to(format!("out{number}"));
    }
    builder.build()
}

pub(crate) fn dynamic_topic() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input.to(Produced::computed(|record: &Record<Text, Text>| match &record.value {
        None => Topic::from("nulls"),
        Some(value) if value.len() % 2 == 0 => Topic::from("even"),
        Some(_) => Topic::from("odd"),
    }));
    builder.build()
}

pub(crate) fn bad_bytes_continue() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input = builder.stream::<Text, Option<i64>>("in");
    input.map_values(|_, value| value.map(|value| value.wrapping_add(1))).to("out");
    builder.build()
}

pub(crate) fn bad_bytes_fail() -> Result<Topology, TopologyError> {
    bad_bytes_continue()
}

pub(crate) fn processing_continue() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input
        .flat_map_values(|_, value| split_at_spaces(&value))
        .try_map_values(|_, word: String| if word == "boom" { Err("boom") } else { Ok(word.to_uppercase()) })
        .to("out");
    input
        .filter(|_, value| value.is_some())
        .group_by_key()
        .try_reduce(
            "r",
            |left: String, right: String| {
                if right.contains("boom") { Err("boom") } else { Ok(cat(&left, &right)) }
            },
        )
        .to_stream()
        .to("red");
    builder.build()
}

pub(crate) fn dead_letter() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input = builder.stream::<Text, Option<i64>>("in");
    let halved = |_: &Text, value: Option<i64>| match value {
        Some(odd) if odd % 2 != 0 => Err("odd"),
        even => Ok(even.map(|even| even / 2)),
    };
    input.try_map_values(halved).to("out");
    builder.build()
}

pub(crate) fn pattern_source() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream(Consumed::pattern("in-.*"));
    input.map_values(|_, value| value.map(|value| value + "!")).to("out");
    builder.build()
}
