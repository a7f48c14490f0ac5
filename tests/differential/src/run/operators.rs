//! Builds the topology of a program.

use std::time::Duration;

use millstream::{Consumed, Data, KGroupedTable, Materialized, StreamsBuilder, Topology, TopologyError};

use super::aggregate::{self, GroupedStream, WindowedStream};
use super::stream::{self, Stream};
use super::table::{self, Table};
use super::{grouped_table, join};
use crate::program::{Node, Operator, Program, Store};

/// What an operator has returned.
pub(super) enum Built {
    Stream(Stream),
    Branches(Vec<Stream>),
    Grouped(GroupedStream),
    Windows(WindowedStream),
    Table(Table),
    GroupedTable(KGroupedTable<String, String>),
    End,
}

/// Builds the topology of a program whose types are valid.
pub(super) fn topology(program: &Program) -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let mut built: Vec<Built> = Vec::new();
    for node in &program.nodes {
        let from: Vec<&Built> = node.from.iter().map(|&from| &built[from]).collect();
        let next = operator(&builder, node, &from);
        built.push(next);
    }
    builder.build()
}

fn operator(builder: &StreamsBuilder, node: &Node, from: &[&Built]) -> Built {
    match (&node.operator, from) {
        (Operator::Stream { topic }, []) => Built::Stream(Stream::Nullable(builder.stream(consumed(topic, node)))),
        (Operator::Table { topic, store }, []) => {
            Built::Table(Table::Text(builder.table(consumed(topic, node), materialized(store))))
        }
        (Operator::Merge, [Built::Stream(one), Built::Stream(other)]) => Built::Stream(stream::merge(one, other, node)),
        (Operator::Join | Operator::LeftJoin, [Built::Stream(stream), Built::Table(table)]) => {
            Built::Stream(join::with_table(stream, table, node))
        }
        (Operator::Branch { place }, [Built::Branches(branches)]) => Built::Stream(branches[*place].clone()),
        (Operator::WindowedBy { windows }, [Built::Grouped(grouped)]) => {
            Built::Windows(aggregate::windowed_by(grouped, windows))
        }
        (_, [Built::Stream(stream)]) => stream::operator(node, stream),
        (_, [Built::Grouped(grouped)]) => Built::Table(aggregate::by_key(node, grouped)),
        (_, [Built::Windows(windows)]) => Built::Table(aggregate::by_window(node, windows)),
        (Operator::TableGroupBy { key }, [Built::Table(table)]) => {
            Built::GroupedTable(grouped_table::group_by(table, *key, node))
        }
        (_, [Built::GroupedTable(grouped)]) => Built::Table(grouped_table::aggregate(node, grouped)),
        (_, [Built::Table(one), Built::Table(other)]) => Built::Table(join::tables(node, one, other)),
        (Operator::ToStream, [Built::Table(table)]) => Built::Stream(table::to_stream(table, node)),
        (_, [Built::Table(table)]) => Built::Table(table::operator(node, table)),
        (operator, _) => unreachable!("the types of `{}` were not checked", operator.name()),
    }
}

fn consumed<K, V>(topic: &str, node: &Node) -> Consumed<K, V> {
    let consumed = Consumed::topic(topic);
    match &node.name {
        Some(name) => consumed.named(name),
        None => consumed,
    }
}

/// The options of a store.
pub(super) fn materialized<K: Data, V: Data>(store: &Store) -> Materialized<K, V> {
    let mut materialized = store.name.as_ref().map_or_else(Materialized::new, Materialized::named);
    if store.in_memory {
        materialized = materialized.in_memory();
    }
    if !store.caching {
        materialized = materialized.without_caching();
    }
    match store.retention_ms {
        Some(retention) => materialized.retention(Duration::from_millis(retention)),
        None => materialized,
    }
}
