//! A stream joined with a table.

use millstream::{Joined, Materialized, StreamsBuilder, Topology, TopologyError};

use super::{TextStream, nz, pair};

pub(crate) fn join_st_inner() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let table = builder.table::<String, String>("t", "t");
    let left: TextStream = builder.stream("l");
    left.join(&table, |_, value, row| pair(&value, row)).to("out");
    builder.build()
}

pub(crate) fn join_st_left() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let table = builder.table::<String, String>("t", "t");
    let left: TextStream = builder.stream("l");
    left.left_join(&table, |key, value, row| {
        let row = row.map_or("null", String::as_str);
        format!("{}{}", nz(key), pair(&value, row))
    })
    .to("out");
    builder.build()
}

pub(crate) fn join_st_rekey() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let table = builder.table::<String, String>("t", Materialized::new()).map_values(|_, row| row.to_uppercase());
    let left: TextStream = builder.stream("l");
    left.select_key(|key, value| match value {
        None => key.clone(),
        Some(value) => Some(if value.len() % 2 == 0 { "a" } else { "b" }.to_owned()),
    })
    .join(Joined::with(&table).named("jn"), |_, value, row| pair(&value, row))
    .to("out");
    builder.build()
}
