//! Tables grouped by another key.

use millstream::{KGroupedTable, KTable, Materialized, StreamsBuilder, Topology, TopologyError};

use super::{Text, cat};

type Texts = KTable<String, String>;

pub(crate) fn ktable_out_of_order() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let table: Texts = builder.table("in", "src");
    table.to_stream().to("out");
    table.group_by(|_, value| (value.clone(), value)).count("n").to_stream().to("n");
    builder.build()
}

pub(crate) fn ktable_groupby_aggregate() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let sums =
        amounts(&builder).aggregate("sums", || 0, |_, amount, sum: i64| sum + amount, |_, amount, sum| sum - amount);
    sums.to_stream().to("out");
    builder.build()
}

pub(crate) fn ktable_groupby_aggregate_cache() -> Result<Topology, TopologyError> {
    ktable_groupby_aggregate()
}

pub(crate) fn ktable_aggregate_null() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let add = |_: &String, amount, sum: Option<i64>| sum.map(|sum| sum + amount);
    let subtract = |_: &String, amount, sum: Option<i64>| sum.map(|sum| sum - amount).filter(|sum| *sum != 0);
    amounts(&builder).aggregate("sums", || Some(0), add, subtract).to_stream().to("out");
    builder.build()
}

pub(crate) fn ktable_groupby_order() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let groups = builder.table::<String, String>("in", "src").group_by(|_, value| (group(&value), value));
    let add = |_: &String, value: String, log: String| cat(&log, &format!("+{value}"));
    let subtract = |_: &String, value: String, log: String| cat(&log, &format!("-{value}"));
    groups.aggregate("log", String::new, add, subtract).to_stream().to("out");
    builder.build()
}

pub(crate) fn ktable_groupby_count() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let table: Texts = builder.table("in", Materialized::new());
    table.group_by(|key, value| (value, key.clone())).count(Materialized::new()).to_stream().to("out");
    builder.build()
}

pub(crate) fn ktable_groupby_reduce() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let groups = builder.table::<String, i64>("in", "src").group_by(|_, value| (parity(value), value));
    groups.reduce("red", |sum, value| sum + value, |sum, value| sum - value).to_stream().to("out");
    builder.build()
}

/// The table `in` with values `GROUP:AMOUNT`, grouped.
fn amounts(builder: &StreamsBuilder) -> KGroupedTable<String, i64> {
    builder.table::<String, String>("in", "src").group_by(|_, value| {
        let amount = value.split_once(':').and_then(|(_, amount)| amount.parse::<i64>().ok());
        (group(&value), amount)
    })
}

/// What is before the colon; null for a minus.
fn group(value: &str) -> Text {
    value.split(':').next().filter(|group| *group != "-").map(str::to_owned)
}

fn parity(value: i64) -> String {
    if value % 2 == 0 { "even" } else { "odd" }.to_owned()
}
