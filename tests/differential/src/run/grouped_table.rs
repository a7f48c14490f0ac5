//! Rows of a table, grouped by another key, and their aggregates.

use millstream::{KGroupedTable, KTable};

use super::operators::materialized;
use super::stream::{AsText, Text};
use super::table::{Table, named, on_table};
use crate::program::{Aggregator, KeyFunction, Node, Operator, Reducer};

/// Groups rows by another key. The values are text.
pub(super) fn group_by(table: &Table, key: KeyFunction, node: &Node) -> KGroupedTable<String, String> {
    let grouped = on_table!(table, table => grouped(table, key));
    match &node.name {
        Some(name) => grouped.named(name),
        None => grouped,
    }
}

fn grouped<K: AsText, V: AsText>(table: &KTable<K, V>, key: KeyFunction) -> KGroupedTable<String, String> {
    table.group_by(move |old: &K, value: V| {
        let (old, value) = (old.text(), value.text());
        (key.of(old.as_deref(), value.as_deref()), value.unwrap_or_default().into_owned())
    })
}

/// An aggregate of the rows of each group.
pub(super) fn aggregate(node: &Node, grouped: &KGroupedTable<String, String>) -> Table {
    match &node.operator {
        Operator::Count { store } => Table::Long(named(grouped.count(materialized(store)), node)),
        Operator::Reduce { reducer, store } => {
            let reducer = *reducer;
            let add = move |so_far: String, next: String| reducer.of(&so_far, Some(&next));
            let subtract = |so_far: String, gone: String| Some(Reducer::without(&so_far, &gone));
            Table::Text(named(grouped.reduce(materialized(store), add, subtract), node))
        }
        Operator::Aggregate { aggregator, store } if aggregator.is_number() => {
            let aggregator = *aggregator;
            let add = move |_: &String, value: String, sum: i64| aggregator.number(Some(&value), sum);
            let subtract = |_: &String, gone: String, sum: i64| Aggregator::number_without(&gone, sum);
            Table::Long(named(grouped.aggregate(materialized(store), || 0_i64, add, subtract), node))
        }
        Operator::Aggregate { aggregator, store } => {
            let aggregator = *aggregator;
            let add = move |key: &String, value: String, so_far: Text| {
                aggregator.text(key, Some(&value), &so_far.unwrap_or_default())
            };
            let subtract =
                |_: &String, gone: String, so_far: Text| Some(Reducer::without(&so_far.unwrap_or_default(), &gone));
            let initial = || Some(String::new());
            Table::Text(named(grouped.aggregate(materialized(store), initial, add, subtract), node))
        }
        operator => unreachable!("`{}` does not take grouped rows", operator.name()),
    }
}
