//! Several groups as one aggregate.

use millstream::{CogroupedKStream, SessionWindowedCogroupedKStream, TimeWindowedCogroupedKStream, UnlimitedWindows};

use super::aggregate::GroupedStream;
use super::operators::{Built, materialized};
use super::stream::Text;
use super::table::Table;
use super::windows::{adds_text, merge_texts, session_windows, sliding_windows, time_windows, timestamp};
use crate::program::{Aggregator, Node, Operator, Store, Windows};

/// Several groups, by windows of each kind.
pub(super) enum CogroupedWindows {
    Time(TimeWindowedCogroupedKStream<String, Text>),
    Session(SessionWindowedCogroupedKStream<String, Text>),
}

/// The groups, each with its aggregator.
pub(super) fn cogroup(groups: &[&Built], aggregators: &[Aggregator]) -> CogroupedKStream<String, Text> {
    let mut all: Option<CogroupedKStream<String, Text>> = None;
    for (group, aggregator) in groups.iter().zip(aggregators) {
        let Built::Grouped(group) = group else { unreachable!("the types were checked") };
        let add = adds_text(*aggregator);
        all = Some(match (all, group) {
            (None, GroupedStream::Nullable(group)) => group.cogroup(add),
            (None, GroupedStream::Present(group)) => group.cogroup(add),
            (Some(all), GroupedStream::Nullable(group)) => all.cogroup(group, add),
            (Some(all), GroupedStream::Present(group)) => all.cogroup(group, add),
        });
    }
    all.unwrap_or_else(|| unreachable!("a cogroup has a group"))
}

/// By windows, too.
pub(super) fn windowed_by(cogrouped: &CogroupedKStream<String, Text>, windows: &Windows) -> CogroupedWindows {
    match windows {
        Windows::Time { size_ms, advance_ms, grace_ms } => {
            CogroupedWindows::Time(cogrouped.windowed_by(time_windows(*size_ms, *advance_ms, *grace_ms)))
        }
        Windows::Session { gap_ms, grace_ms } => {
            CogroupedWindows::Session(cogrouped.windowed_by(session_windows(*gap_ms, *grace_ms)))
        }
        Windows::Sliding { difference_ms, grace_ms } => {
            CogroupedWindows::Time(cogrouped.windowed_by(sliding_windows(*difference_ms, *grace_ms)))
        }
        Windows::Unlimited { start_ms } => {
            CogroupedWindows::Time(cogrouped.windowed_by(UnlimitedWindows::of().start_on(timestamp(*start_ms))))
        }
    }
}

/// An aggregate per key.
pub(super) fn by_key(node: &Node, cogrouped: &CogroupedKStream<String, Text>) -> Table {
    Table::Text(cogrouped.aggregate(materialized(store(node)), initial))
}

/// An aggregate per key and window.
pub(super) fn by_window(node: &Node, windows: &CogroupedWindows) -> Table {
    let store = materialized(store(node));
    Table::Windowed(match windows {
        CogroupedWindows::Time(windows) => windows.aggregate(store, initial),
        CogroupedWindows::Session(windows) => windows.aggregate(store, initial, merge_texts),
    })
}

fn store(node: &Node) -> &Store {
    match &node.operator {
        Operator::CogroupAggregate { store } => store,
        operator => unreachable!("`{}` does not take a cogroup", operator.name()),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the aggregate may become null")]
fn initial() -> Text {
    Some(String::new())
}
