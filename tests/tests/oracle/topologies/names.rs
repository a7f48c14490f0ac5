//! One topology with all names given, and with none.

use std::time::Duration;

use millstream::{
    BufferConfig, Consumed, JoinWindows, Joined, Materialized, Optimizations, Produced, Repartitioned, SessionWindows,
    StreamsBuilder, Suppressed, Topology, TopologyError,
};

use super::{Text, TextStream, first_character, pair};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn difference() -> JoinWindows {
    JoinWindows::of_time_difference_and_grace(ms(2_000), ms(1_000))
}

fn sessions() -> SessionWindows {
    SessionWindows::of_inactivity_gap_and_grace(ms(2_000), ms(1_000))
}

/// A value that may be missing, or "null".
fn text(value: Option<&String>) -> &str {
    value.map_or("null", String::as_str)
}

/// Both values of a join that may lack either.
fn either(_: &Text, left: Option<&String>, right: Option<&String>) -> String {
    pair(text(left), text(right))
}

pub(crate) fn names_explicit() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let filtered = builder
        .stream(Consumed::<Text, Text>::topic("in").named("src"))
        .filter(|_, value| value.is_some())
        .named("flt");
    let keyed: TextStream = filtered.select_key(|_, value| first_character(value)).named("key");
    let counts = keyed.group_by_key().named("grp").count("cnt-store").named("cnt");
    counts.to_stream().named("ts").to(Produced::topic("counts").named("sink"));

    let table = builder.table::<String, String>(Consumed::topic("t").named("tab"), "tab-store");
    let primed = table.map_values(|_, row| format!("{row}'")).named("mv");
    keyed
        .left_join(Joined::with(&primed).named("jn"), |_, value, row| pair(&value, text(row)))
        .to(Produced::topic("joined").named("sink2"));

    let other: TextStream = builder.stream(Consumed::topic("o").named("osrc"));
    keyed
        .outer_join_stream(Joined::with(&other.within(difference()).stores("sjs")).named("sj"), either)
        .to(Produced::topic("outer").named("sink3"));

    let sessions = keyed.group_by_key().named("wgrp").windowed_by(sessions()).count("wstore").named("wcnt");
    sessions
        .suppress(Suppressed::until_window_closes(BufferConfig::unbounded()).named("sup"))
        .to_stream()
        .named("wts")
        .to(Produced::topic("ses").named("sink4"));

    let groups = table.group_by(|_, value| (first_character(&Some(value.clone())), value)).named("tgrp");
    groups.count("tstore").named("tcnt").to_stream().named("tts").to(Produced::topic("tcounts").named("sink5"));

    let merged = filtered.merge(&other).named("mrg");
    merged.repartition(Repartitioned::named("rep")).to(Produced::topic("merged").named("sink6"));
    builder.build()
}

pub(crate) fn names_generated() -> Result<Topology, TopologyError> {
    without_names(StreamsBuilder::new())
}

pub(crate) fn names_generated_opt() -> Result<Topology, TopologyError> {
    without_names(StreamsBuilder::new().optimize(Optimizations::all()))
}

fn without_names(builder: StreamsBuilder) -> Result<Topology, TopologyError> {
    let input: TextStream = builder.stream("in");
    let filtered = input.filter(|_, value| value.is_some());
    let keyed = filtered.select_key(|_, value| first_character(value));
    keyed.group_by_key().count(Materialized::new()).to_stream().to("counts");

    let table = builder.table::<String, String>("t", Materialized::new());
    let primed = table.map_values(|_, row| format!("{row}'"));
    keyed.left_join(&primed, |_, value, row| pair(&value, text(row))).to("joined");

    let other: TextStream = builder.stream("o");
    keyed.outer_join_stream(other.within(difference()), either).to("outer");

    keyed
        .group_by_key()
        .windowed_by(sessions())
        .count(Materialized::new())
        .suppress(Suppressed::until_window_closes(BufferConfig::unbounded()))
        .to_stream()
        .to("ses");

    let groups = table.group_by(|_, value| (first_character(&Some(value.clone())), value));
    groups.count(Materialized::new()).to_stream().to("tcounts");

    filtered.merge(&other).repartition(Repartitioned::new()).to("merged");
    builder.build()
}
