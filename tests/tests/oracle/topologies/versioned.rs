//! Tables and stores with the values of each key over time.

use std::time::Duration;

use millstream::state::{PutVersion, StoreError, VersionedOptions, VersionedRecord, VersionedStore};
use millstream::{
    Joined, KTable, Materialized, Store, StoreAccess, StreamsBuilder, Timestamp, Topology, TopologyError,
};

use super::store::commands;
use super::table_foreign::by_prefix;
use super::{TextStream, last_character, nz, pair};

type Texts = KTable<String, String>;

fn versioned(name: &str, history_ms: u64) -> Materialized<String, String> {
    Materialized::named(name).versioned(Duration::from_millis(history_ms))
}

/// The text of a row, or "null".
fn or_null(row: Option<&String>) -> &str {
    row.map_or("null", String::as_str)
}

pub(crate) fn versioned_table() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let table: Texts = builder.table("in", versioned("vt", 10_000));
    table.to_stream().to("out");
    table.filter(|_, value| !value.ends_with('3')).map_values(|_, value| value.to_uppercase()).to_stream().to("flt");
    table
        .group_by(|_, value| (format!("last{}", nz(&last_character(&Some(value.clone())))), value))
        .count("n")
        .to_stream()
        .to("n");
    builder.build()
}

pub(crate) fn versioned_toggle() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let table: Texts = builder.table("in", versioned("vt", 10_000));
    table.filter(|_, value| value.len() > 2).materialized("flt").to_stream().to("flt");
    let stream: TextStream = builder.stream("in2");
    stream.to_table(versioned("vt2", 8_000)).to_stream().to("out2");
    builder.build()
}

pub(crate) fn join_st_versioned() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let table: Texts = builder.table("t", versioned("vt", 10_000));
    let left: TextStream = builder.stream("l");
    left.left_join(&table, |_, value, row| pair(&value, or_null(row))).to("out");
    builder.build()
}

pub(crate) fn join_st_grace() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let table: Texts = builder.table("t", versioned("vt", 20_000));
    let left: TextStream = builder.stream("l");
    let joined = Joined::with(&table).named("jn").grace(Duration::from_secs(4));
    left.join(joined, |_, value, row| pair(&value, row)).to("out");
    builder.build()
}

pub(crate) fn join_st_grace_left() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let table: Texts = builder.table("t", versioned("vt", 5_000));
    let left: TextStream = builder.stream("l");
    let joined = Joined::with(&table).named("jn").grace(Duration::from_secs(3));
    left.left_join(joined, |key, value, row| format!("{}{}", nz(key), pair(&value, or_null(row)))).to("out");
    builder.build()
}

pub(crate) fn join_st_grace_left_nullkey() -> Result<Topology, TopologyError> {
    join_st_grace_left()
}

pub(crate) fn join_tt_versioned_inner() -> Result<Topology, TopologyError> {
    tables(|x, y| x.join(y, |_, x, y| pair(x, y)).materialized("j"))
}

pub(crate) fn join_tt_versioned_left() -> Result<Topology, TopologyError> {
    tables(|x, y| x.left_join(y, |_, x, y| pair(x, or_null(y))))
}

pub(crate) fn join_tt_versioned_outer() -> Result<Topology, TopologyError> {
    tables(|x, y| x.outer_join(y, |_, x, y| pair(or_null(x), or_null(y))))
}

pub(crate) fn join_fk_versioned() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let (o, p): (Texts, Texts) =
        (builder.table("o", versioned("os", 30_000)), builder.table("p", versioned("ps", 30_000)));
    o.join_foreign(by_prefix(&p), |_, o, p| pair(o, p)).to_stream().to("out");
    builder.build()
}

/// The versioned tables `x` and `y`, joined by `join`.
fn tables(join: fn(&Texts, &Texts) -> Texts) -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let (x, y) = (builder.table("x", versioned("xs", 30_000)), builder.table("y", versioned("ys", 30_000)));
    join(&x, &y).to_stream().to("out");
    builder.build()
}

pub(crate) fn versioned_store() -> Result<Topology, TopologyError> {
    let ten_seconds = VersionedOptions::retaining(Duration::from_secs(10));
    commands(Store::versioned("v", ten_seconds.with_segment_interval(Duration::from_secs(3))), run_on_versioned)
}

fn run_on_versioned(
    mut store: StoreAccess<'_, VersionedStore<String, String>>,
    key: &String,
    time: Timestamp,
    command: &str,
) -> Result<String, StoreError> {
    let (name, argument) = command.split_once(' ').unwrap_or((command, ""));
    Ok(match name {
        "put" => outcome(store.put(key, argument.to_owned(), time)?),
        "putnull" => outcome(store.put_null(key, time)?),
        "del" => shown(store.delete(key, time)?),
        "get" => shown(store.get(key)?.map(VersionedRecord::cloned)),
        "asof" => shown(store.get_as_of(key, argument.parse::<i64>().unwrap().into())?.map(VersionedRecord::cloned)),
        other => panic!("there is no command `{other}`"),
    })
}

/// The number that Kafka Streams returns.
fn outcome(put: PutVersion) -> String {
    let number = match put {
        PutVersion::Latest => -1,
        PutVersion::Until(end) => end.as_millis(),
        PutVersion::Expired => i64::MIN,
    };
    number.to_string()
}

/// The value and its time. The stores of Kafka Streams do not tell a processor when the version ended.
fn shown(version: Option<VersionedRecord<String>>) -> String {
    version.map_or("null".to_owned(), |version| format!("{}@{}", version.value, version.timestamp.as_millis()))
}
