//! Groups, and aggregates per key and per window.

use std::time::Duration;

use millstream::{KGroupedStream, Nullable, TimeWindowedKStream, TimeWindows};

use super::operators::materialized;
use super::stream::{AsText, Stream, Text, on_text};
use super::table::{Table, named};
use crate::program::{KeyFunction, Node, Operator, Windows};

/// A grouped stream.
pub(super) enum GroupedStream {
    Nullable(KGroupedStream<Text, Text>),
    Present(KGroupedStream<String, Text>),
}

/// A stream that is grouped by windows too.
pub(super) enum WindowedStream {
    Nullable(TimeWindowedKStream<Text, Text>),
    Present(TimeWindowedKStream<String, Text>),
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

/// Groups by windows.
pub(super) fn windowed_by(grouped: &GroupedStream, windows: &Windows) -> WindowedStream {
    let Windows::Time { size_ms, advance_ms, grace_ms } = windows;
    let time = TimeWindows::of_size_and_grace(Duration::from_millis(*size_ms), Duration::from_millis(*grace_ms));
    let time = if advance_ms == size_ms { time } else { time.advance_by(Duration::from_millis(*advance_ms)) };
    match grouped {
        GroupedStream::Nullable(grouped) => WindowedStream::Nullable(grouped.windowed_by(time)),
        GroupedStream::Present(grouped) => WindowedStream::Present(grouped.windowed_by(time)),
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

/// An aggregate per key and window.
pub(super) fn by_window(node: &Node, windows: &WindowedStream) -> Table {
    match windows {
        WindowedStream::Nullable(windows) => of_windows(node, windows),
        WindowedStream::Present(windows) => of_windows(node, windows),
    }
}

fn of_windows<K: Nullable<Present = String>>(node: &Node, windows: &TimeWindowedKStream<K, Text>) -> Table {
    match &node.operator {
        Operator::Count { store } => Table::WindowedLong(named(windows.count(materialized(store)), node)),
        Operator::Reduce { reducer, store } => {
            let reducer = *reducer;
            let reduce = move |so_far: String, next: Text| reducer.of(&so_far, next.as_deref());
            Table::Windowed(named(windows.reduce(materialized(store), reduce), node))
        }
        Operator::Aggregate { aggregator, store } if aggregator.is_number() => {
            let aggregator = *aggregator;
            let add = move |_: &String, value: Text, sum| aggregator.number(value.as_deref(), sum);
            Table::WindowedLong(named(windows.aggregate(materialized(store), || 0_i64, add), node))
        }
        Operator::Aggregate { aggregator, store } => {
            let aggregator = *aggregator;
            let add = move |key: &String, value: Text, so_far: Text| {
                aggregator.text(key, value.as_deref(), &so_far.unwrap_or_default())
            };
            Table::Windowed(named(windows.aggregate(materialized(store), || Some(String::new()), add), node))
        }
        operator => unreachable!("`{}` does not take windows", operator.name()),
    }
}
