//! Joins.

use millstream::{Joined, KStream, KTable, Nullable};

use super::stream::{AsText, Stream, Text, on_text};
use super::table::Table;
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
    let with = Joined::with(table);
    let with = match &node.name {
        Some(name) => with.named(name),
        None => with,
    };
    let pair = |value: &str, row: Option<&T>| {
        Some(tail(&format!("{value}+{}", row.and_then(AsText::text).as_deref().unwrap_or("null"))))
    };
    if node.operator == Operator::Join {
        stream.join(with, move |_, value, row| pair(&value, Some(row))).into()
    } else {
        stream.left_join(with, move |_, value, row| pair(&value, row)).into()
    }
}
