//! Two tables joined by their keys.

use millstream::{KTable, Materialized, Optimizations, StreamsBuilder, Topology, TopologyError};

use super::pair;

type Texts = KTable<String, String>;

pub(crate) fn join_tt_inner() -> Result<Topology, TopologyError> {
    stored(|x, y| x.join(y, |_, x, y| pair(x, y)))
}

pub(crate) fn join_tt_inner_store() -> Result<Topology, TopologyError> {
    stored(|x, y| x.join(y, |_, x, y| pair(x, y)).materialized("j"))
}

pub(crate) fn join_tt_left() -> Result<Topology, TopologyError> {
    stored(|x, y| x.left_join(y, |_, x, y| pair(x, or_null(y))).materialized("j"))
}

pub(crate) fn join_tt_left_cache() -> Result<Topology, TopologyError> {
    join_tt_left()
}

pub(crate) fn join_tt_outer() -> Result<Topology, TopologyError> {
    stored(|x, y| x.outer_join(y, |_, x, y| pair(or_null(x), or_null(y))).materialized("j"))
}

pub(crate) fn join_tt_outer_plain() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let (x, y) = (builder.table("x", Materialized::new()), builder.table("y", Materialized::new()));
    let joined = x.outer_join(&y, |_: &String, x: Option<&String>, y: Option<&String>| pair(or_null(x), or_null(y)));
    joined.to_stream().to("out");
    builder.build()
}

pub(crate) fn join_tt_chain() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let x: Texts = builder.table("x", Materialized::new()).filter(|_, value: &String| !value.ends_with('3'));
    let y: Texts = builder.table("y", Materialized::new());
    let joined = x.join(&y, |_, x, y| pair(x, y));
    let z: Texts = builder.table("z", Materialized::new());
    let joined = joined.left_join(&z, |_, joined, z| pair(joined, or_null(z)));
    joined.filter(|_, joined| !joined.contains('7')).materialized("f").to_stream().to("out");
    builder.build()
}

pub(crate) fn join_tt_self() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let x: Texts = builder.table("x", "xs");
    x.join(&x.map_values(|_, value| value.to_uppercase()), |_, x, upper| pair(x, upper)).to_stream().to("out");
    builder.table::<String, String>("y", Materialized::new()).to_stream().to("yo");
    builder.build()
}

pub(crate) fn source_changelog() -> Result<Topology, TopologyError> {
    joined_sources(StreamsBuilder::new())
}

pub(crate) fn source_changelog_opt() -> Result<Topology, TopologyError> {
    joined_sources(StreamsBuilder::new().optimize(Optimizations::none().reuse_source_topics()))
}

fn joined_sources(builder: StreamsBuilder) -> Result<Topology, TopologyError> {
    let table: Texts = builder.table("in", "t");
    table.filter(|_, value| value != "x").to_stream().to("out");
    let other: Texts = builder.table("u", Materialized::new());
    table.join(&other, |_, row, other| pair(row, other)).to_stream().to("j");
    builder.build()
}

/// The text of a row, or "null".
fn or_null(row: Option<&String>) -> &str {
    row.map_or("null", String::as_str)
}

/// The tables `x` and `y`, joined by `join`.
fn stored(join: impl FnOnce(&Texts, &Texts) -> Texts) -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let (x, y) = (builder.table("x", "xs"), builder.table("y", "ys"));
    join(&x, &y).to_stream().to("out");
    builder.build()
}
