//! Joins of two streams.

use std::time::Duration;

use millstream::{JoinWindows, Joined, KStream, StreamWithin};

use super::stream::{AsText, Stream, Text};
use crate::program::{Node, Operator, Store, Within, tail, text_or_null};

/// Two streams joined by time.
pub(super) fn by_time(one: &Stream, other: &Stream, node: &Node) -> Stream {
    match (one, other) {
        (Stream::Nullable(one), Stream::Nullable(other)) => joined(one, other, node).into(),
        (Stream::Present(one), Stream::Present(other)) => joined(one, other, node).into(),
        _ => unreachable!("the types were checked"),
    }
}

fn joined<K: AsText>(one: &KStream<K, Text>, other: &KStream<K, Text>, node: &Node) -> KStream<K, Text> {
    match &node.operator {
        Operator::JoinStream { within, store } => {
            one.join_stream(with(other, within, store, node), |_, one, other| pair(Some(one), Some(other)))
        }
        Operator::LeftJoinStream { within, store } => {
            one.left_join_stream(with(other, within, store, node), |_, one, other| pair(Some(one), other))
        }
        Operator::OuterJoinStream { within, store } => {
            one.outer_join_stream(with(other, within, store, node), |_, one, other| pair(one, other))
        }
        operator => unreachable!("`{}` does not take two streams", operator.name()),
    }
}

fn pair(one: Option<&String>, other: Option<&String>) -> Text {
    let text = |value: Option<&String>| text_or_null(value.map(String::as_str)).to_owned();
    Some(tail(&format!("{}+{}", text(one), text(other))))
}

fn with<K>(
    other: &KStream<K, Text>,
    within: &Within,
    store: &Store,
    node: &Node,
) -> Joined<StreamWithin<KStream<K, Text>>> {
    let mut within = other.within(windows(within));
    if let Some(name) = &store.name {
        within = within.stores(name);
    }
    if store.in_memory {
        within = within.in_memory();
    }
    let joined: Joined<_> = within.into();
    match &node.name {
        Some(name) => joined.named(name),
        None => joined,
    }
}

fn windows(within: &Within) -> JoinWindows {
    let ms = |millis: i64| Duration::from_millis(millis.unsigned_abs());
    let windows = JoinWindows::of_time_difference_and_grace(Duration::ZERO, Duration::from_millis(within.grace_ms));
    let windows =
        if within.after_ms < 0 { windows.ends_before(ms(within.after_ms)) } else { windows.after(ms(within.after_ms)) };
    if within.before_ms < 0 { windows.begins_after(ms(within.before_ms)) } else { windows.before(ms(within.before_ms)) }
}
