//! Aggregates per key and window.

use std::time::Duration;

use millstream::{
    EmitStrategy, KGroupedStream, Nullable, SessionWindowedKStream, SessionWindows, SlidingWindowedKStream,
    SlidingWindows, TimeWindowedKStream, TimeWindows, Timestamp, UnlimitedWindows,
};

use super::aggregate::GroupedStream;
use super::operators::materialized;
use super::stream::Text;
use super::table::{Table, named};
use crate::program::{Aggregator, Node, Operator, Windows};

/// A stream that is grouped by keys and windows.
pub(super) enum WindowedStream {
    Nullable(ByWindows<Text>),
    Present(ByWindows<String>),
}

/// The kinds of windows.
pub(super) enum ByWindows<K: Nullable> {
    Time(TimeWindowedKStream<K, Text>),
    Session(SessionWindowedKStream<K, Text>),
    Sliding(SlidingWindowedKStream<K, Text>),
}

/// Groups by windows.
pub(super) fn windowed_by(grouped: &GroupedStream, windows: &Windows, on_close: bool) -> WindowedStream {
    let emit = if on_close { EmitStrategy::OnWindowClose } else { EmitStrategy::OnWindowUpdate };
    match grouped {
        GroupedStream::Nullable(grouped) => WindowedStream::Nullable(of_group(grouped, windows).emit_strategy(emit)),
        GroupedStream::Present(grouped) => WindowedStream::Present(of_group(grouped, windows).emit_strategy(emit)),
    }
}

impl<K: Nullable> ByWindows<K> {
    fn emit_strategy(self, emit: EmitStrategy) -> Self {
        match self {
            Self::Time(windows) => Self::Time(windows.emit_strategy(emit)),
            Self::Session(windows) => Self::Session(windows.emit_strategy(emit)),
            Self::Sliding(windows) => Self::Sliding(windows.emit_strategy(emit)),
        }
    }
}

fn of_group<K: Nullable>(grouped: &KGroupedStream<K, Text>, windows: &Windows) -> ByWindows<K> {
    match windows {
        Windows::Time { size_ms, advance_ms, grace_ms } => {
            ByWindows::Time(grouped.windowed_by(time_windows(*size_ms, *advance_ms, *grace_ms)))
        }
        Windows::Session { gap_ms, grace_ms } => {
            ByWindows::Session(grouped.windowed_by(session_windows(*gap_ms, *grace_ms)))
        }
        Windows::Sliding { difference_ms, grace_ms } => {
            ByWindows::Sliding(grouped.windowed_by(sliding_windows(*difference_ms, *grace_ms)))
        }
        Windows::Unlimited { start_ms } => {
            ByWindows::Time(grouped.windowed_by(UnlimitedWindows::of().start_on(timestamp(*start_ms))))
        }
    }
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(super) fn time_windows(size_ms: u64, advance_ms: u64, grace_ms: u64) -> TimeWindows {
    let windows = TimeWindows::of_size_and_grace(ms(size_ms), ms(grace_ms));
    if advance_ms == size_ms { windows } else { windows.advance_by(ms(advance_ms)) }
}

pub(super) fn session_windows(gap_ms: u64, grace_ms: u64) -> SessionWindows {
    SessionWindows::of_inactivity_gap_and_grace(ms(gap_ms), ms(grace_ms))
}

pub(super) fn sliding_windows(difference_ms: u64, grace_ms: u64) -> SlidingWindows {
    SlidingWindows::of_time_difference_and_grace(ms(difference_ms), ms(grace_ms))
}

pub(super) fn timestamp(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis as i64)
}

/// An aggregate per key and window.
pub(super) fn aggregate(node: &Node, windows: &WindowedStream) -> Table {
    match windows {
        WindowedStream::Nullable(windows) => of_windows(node, windows),
        WindowedStream::Present(windows) => of_windows(node, windows),
    }
}

fn of_windows<K: Nullable<Present = String>>(node: &Node, windows: &ByWindows<K>) -> Table {
    match windows {
        ByWindows::Time(windows) => of_time(node, windows),
        ByWindows::Session(windows) => of_sessions(node, windows),
        ByWindows::Sliding(windows) => of_sliding(node, windows),
    }
}

fn of_time<K: Nullable<Present = String>>(node: &Node, windows: &TimeWindowedKStream<K, Text>) -> Table {
    match &node.operator {
        Operator::Count { store } => Table::WindowedLong(named(windows.count(materialized(store)), node)),
        Operator::Reduce { reducer, store } => {
            let reducer = *reducer;
            let reduce = move |so_far: String, next: Text| reducer.of(&so_far, next.as_deref());
            Table::Windowed(named(windows.reduce(materialized(store), reduce), node))
        }
        Operator::Aggregate { aggregator, store } if aggregator.is_number() => {
            let add = adds_number(*aggregator);
            Table::WindowedLong(named(windows.aggregate(materialized(store), || 0_i64, add), node))
        }
        Operator::Aggregate { aggregator, store } => {
            let add = adds_text(*aggregator);
            Table::Windowed(named(windows.aggregate(materialized(store), || Some(String::new()), add), node))
        }
        operator => unreachable!("`{}` does not take windows", operator.name()),
    }
}

fn of_sessions<K: Nullable<Present = String>>(node: &Node, windows: &SessionWindowedKStream<K, Text>) -> Table {
    match &node.operator {
        Operator::Count { store } => Table::WindowedLong(named(windows.count(materialized(store)), node)),
        Operator::Reduce { reducer, store } => {
            let reducer = *reducer;
            let reduce = move |so_far: String, next: Text| reducer.of(&so_far, next.as_deref());
            Table::Windowed(named(windows.reduce(materialized(store), reduce), node))
        }
        Operator::Aggregate { aggregator, store } if aggregator.is_number() => {
            let (add, merge) = (adds_number(*aggregator), |_: &String, so_far: i64, other: i64| so_far + other);
            Table::WindowedLong(named(windows.aggregate(materialized(store), || 0_i64, add, merge), node))
        }
        Operator::Aggregate { aggregator, store } => {
            let (add, initial) = (adds_text(*aggregator), || Some(String::new()));
            Table::Windowed(named(windows.aggregate(materialized(store), initial, add, merge_texts), node))
        }
        operator => unreachable!("`{}` does not take windows", operator.name()),
    }
}

fn of_sliding<K: Nullable<Present = String>>(node: &Node, windows: &SlidingWindowedKStream<K, Text>) -> Table {
    match &node.operator {
        Operator::Count { store } => Table::WindowedLong(named(windows.count(materialized(store)), node)),
        Operator::Reduce { reducer, store } => {
            let reducer = *reducer;
            let reduce = move |so_far: String, next: String| reducer.of(&so_far, Some(&next));
            Table::Windowed(named(windows.reduce(materialized(store), reduce), node))
        }
        Operator::Aggregate { aggregator, store } if aggregator.is_number() => {
            let add = adds_number(*aggregator);
            let add = move |key: &String, value: String, sum| add(key, Some(value), sum);
            Table::WindowedLong(named(windows.aggregate(materialized(store), || 0_i64, add), node))
        }
        Operator::Aggregate { aggregator, store } => {
            let add = adds_text(*aggregator);
            let add = move |key: &String, value: String, so_far| add(key, Some(value), so_far);
            Table::Windowed(named(windows.aggregate(materialized(store), || Some(String::new()), add), node))
        }
        operator => unreachable!("`{}` does not take windows", operator.name()),
    }
}

pub(super) fn adds_number(aggregator: Aggregator) -> impl Fn(&String, Text, i64) -> i64 + Send + Sync + 'static {
    move |_, value, sum| aggregator.number(value.as_deref(), sum)
}

pub(super) fn adds_text(aggregator: Aggregator) -> impl Fn(&String, Text, Text) -> Text + Send + Sync + 'static {
    move |key, value, so_far| aggregator.text(key, value.as_deref(), &so_far.unwrap_or_default())
}

/// Two sessions as one.
pub(super) fn merge_texts(_: &String, so_far: Text, other: Text) -> Text {
    Some(Aggregator::merged(so_far.as_deref(), other.as_deref()))
}
