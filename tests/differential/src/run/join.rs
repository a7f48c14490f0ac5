//! Joins.

use std::borrow::Cow;
use std::time::Duration;

use millstream::{Data, GlobalKTable, Joined, KStream, KTable, Nullable};

use super::stream::{AsText, Stream, Text, on_text};
use super::table::{self, Table};
use crate::program::{KeyFunction, Node, Operator, tail};

/// A stream joined with a table.
pub(super) fn with_table(stream: &Stream, table: &Table, node: &Node) -> Stream {
    match table {
        Table::Text(table) => on_text!(stream, stream => joined(stream, table, node)),
        Table::Long(table) => on_text!(stream, stream => joined(stream, table, node)),
        _ => unreachable!("the types were checked"),
    }
}

fn joined<K: AsText + Nullable<Present = String>, T: AsText>(
    stream: &KStream<K, Text>,
    table: &KTable<String, T>,
    node: &Node,
) -> Stream
where
    Stream: From<KStream<K, Text>>,
{
    let with = named(Joined::with(table), node);
    match node.operator {
        Operator::Join { grace_ms } => {
            stream.join(waiting(with, grace_ms), |_, value, row| pair(&value, Some(row))).into()
        }
        Operator::LeftJoin { grace_ms } => {
            stream.left_join(waiting(with, grace_ms), |_, value, row| pair(&value, row)).into()
        }
        _ => unreachable!("`{}` does not take a stream and a table", node.operator.name()),
    }
}

fn waiting<K, T>(joined: Joined<KTable<K, T>>, grace_ms: Option<u64>) -> Joined<KTable<K, T>> {
    match grace_ms {
        Some(grace) => joined.grace(Duration::from_millis(grace)),
        None => joined,
    }
}

fn pair<T: AsText>(value: &str, row: Option<&T>) -> Text {
    Some(tail(&format!("{value}+{}", row.and_then(AsText::text).as_deref().unwrap_or("null"))))
}

/// A stream joined with a global table.
pub(super) fn with_global(stream: &Stream, table: &GlobalKTable<String, String>, node: &Node) -> Stream {
    on_text!(stream, stream => of_global(stream, table, node))
}

fn of_global<K: AsText>(stream: &KStream<K, Text>, table: &GlobalKTable<String, String>, node: &Node) -> Stream
where
    Stream: From<KStream<K, Text>>,
{
    let by = |key: KeyFunction| table.by(move |of: &K, value: &String| key.of(of.text().as_deref(), Some(value)));
    match node.operator {
        Operator::JoinGlobal { key } => {
            stream.join_global(named(by(key).into(), node), |_, _, value, row| pair(&value, Some(row))).into()
        }
        Operator::LeftJoinGlobal { key } => {
            stream.left_join_global(named(by(key).into(), node), |_, _, value, row| pair(&value, row)).into()
        }
        _ => unreachable!("`{}` does not take a global table", node.operator.name()),
    }
}

/// Two tables, joined by their keys or by a foreign key.
pub(super) fn tables(node: &Node, one: &Table, other: &Table) -> Table {
    let joined = match (one, other) {
        (Table::Text(one), Table::Text(other)) => of_tables(node, one, other),
        (Table::Text(one), Table::Long(other)) => of_tables(node, one, other),
        (Table::Long(one), Table::Text(other)) => of_tables(node, one, other),
        (Table::Long(one), Table::Long(other)) => of_tables(node, one, other),
        _ => unreachable!("the types were checked"),
    };
    table::stored(joined, node.operator.store()).into()
}

fn of_tables<V: AsText + Data, T: AsText + Data>(
    node: &Node,
    one: &KTable<String, V>,
    other: &KTable<String, T>,
) -> KTable<String, String> {
    let (key, is_left) = match &node.operator {
        Operator::JoinForeign { foreign_key, .. } => (*foreign_key, false),
        Operator::LeftJoinForeign { foreign_key, .. } => (*foreign_key, true),
        _ => return by_key(node, one, other),
    };
    let by = other.by(move |old: &String, value: &V| key.of(Some(old), value.text().as_deref()));
    let with = named(by.into(), node);
    if is_left {
        one.left_join_foreign(with, |_, value, row| row_pair(Some(value), row))
    } else {
        one.join_foreign(with, |_, value, row| row_pair(Some(value), Some(row)))
    }
}

fn by_key<V: AsText, T: AsText>(
    node: &Node,
    one: &KTable<String, V>,
    other: &KTable<String, T>,
) -> KTable<String, String> {
    let with = named(Joined::with(other), node);
    match node.operator {
        Operator::TableJoin { .. } => one.join(with, |_, value, row| row_pair(Some(value), Some(row))),
        Operator::TableLeftJoin { .. } => one.left_join(with, |_, value, row| row_pair(Some(value), row)),
        _ => one.outer_join(with, |_, value, row| row_pair(value, row)),
    }
}

fn row_pair<V: AsText, T: AsText>(value: Option<&V>, row: Option<&T>) -> String {
    let text = |text: Option<Cow<'_, str>>| text.unwrap_or(Cow::Borrowed("null")).into_owned();
    tail(&format!("{}+{}", text(value.and_then(AsText::text)), text(row.and_then(AsText::text))))
}

fn named<W>(joined: Joined<W>, node: &Node) -> Joined<W> {
    match &node.name {
        Some(name) => joined.named(name),
        None => joined,
    }
}
