//! Groups, and aggregates per key.

use millstream::{KGroupedStream, Nullable};

use super::operators::materialized;
use super::stream::{AsText, Stream, Text, on_text};
use super::table::{Table, named};
use crate::program::{KeyFunction, Node, Operator};

/// A grouped stream.
pub(super) enum GroupedStream {
    Nullable(KGroupedStream<Text, Text>),
    Present(KGroupedStream<String, Text>),
}

/// Groups by the key.
pub(super) fn group_by_key(stream: &Stream, node: &Node) -> GroupedStream {
    match stream {
        Stream::Nullable(stream) => GroupedStream::Nullable(named_group(stream.group_by_key(), node)),
        Stream::Present(stream) => GroupedStream::Present(named_group(stream.group_by_key(), node)),
        _ => unreachable!("the types were checked"),
    }
}

/// Groups by another key.
pub(super) fn group_by(stream: &Stream, key: KeyFunction, node: &Node) -> GroupedStream {
    let grouped = on_text!(stream, stream => {
        stream.group_by(move |old, value| key.of(old.text().as_deref(), value.as_deref()))
    });
    GroupedStream::Nullable(named_group(grouped, node))
}

fn named_group<K: Nullable>(grouped: KGroupedStream<K, Text>, node: &Node) -> KGroupedStream<K, Text> {
    match &node.name {
        Some(name) => grouped.named(name),
        None => grouped,
    }
}

/// An aggregate per key.
pub(super) fn by_key(node: &Node, grouped: &GroupedStream) -> Table {
    match grouped {
        GroupedStream::Nullable(grouped) => of_group(node, grouped),
        GroupedStream::Present(grouped) => of_group(node, grouped),
    }
}

fn of_group<K: Nullable<Present = String>>(node: &Node, grouped: &KGroupedStream<K, Text>) -> Table {
    match &node.operator {
        Operator::Count { store } => Table::Long(named(grouped.count(materialized(store)), node)),
        Operator::Reduce { reducer, store } => {
            let reducer = *reducer;
            let reduced = grouped.reduce(materialized(store), move |so_far, next| reducer.of(&so_far, Some(&next)));
            Table::Text(named(reduced, node))
        }
        Operator::Aggregate { aggregator, store } if aggregator.is_number() => {
            let aggregator = *aggregator;
            let add = move |_: &String, value: String, sum| aggregator.number(Some(&value), sum);
            Table::Long(named(grouped.aggregate(materialized(store), || 0_i64, add), node))
        }
        Operator::Aggregate { aggregator, store } => {
            let aggregator = *aggregator;
            let add = move |key: &String, value: String, so_far: Text| {
                aggregator.text(key, Some(&value), &so_far.unwrap_or_default())
            };
            Table::Text(named(grouped.aggregate(materialized(store), || Some(String::new()), add), node))
        }
        operator => unreachable!("`{}` does not take a group", operator.name()),
    }
}
