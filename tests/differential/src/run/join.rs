//! Joins.

use std::borrow::Cow;

use millstream::{Data, Joined, KStream, KTable, Nullable};

use super::stream::{AsText, Stream, Text, on_text};
use super::table::{self, Table};
use crate::program::{Node, Operator, tail};

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
    let pair = |value: &str, row: Option<&T>| {
        Some(tail(&format!("{value}+{}", row.and_then(AsText::text).as_deref().unwrap_or("null"))))
    };
    if node.operator == Operator::Join {
        stream.join(with, move |_, value, row| pair(&value, Some(row))).into()
    } else {
        stream.left_join(with, move |_, value, row| pair(&value, row)).into()
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
