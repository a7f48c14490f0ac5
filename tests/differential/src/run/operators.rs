//! Builds the topology of a program.

use std::time::Duration;

use millstream::{
    CogroupedKStream, Consumed, Data, GlobalKTable, KGroupedTable, Materialized, Optimizations, StoreFormat,
    StreamsBuilder, Topology, TopologyError,
};

use super::aggregate::{self, GroupedStream};
use super::cogroup::{self, CogroupedWindows};
use super::stream::{self, Stream, Text};
use super::table::{self, Table};
use super::windows::{self, WindowedStream};
use super::{grouped_table, join, join_stream};
use crate::program::{Node, Operator, Program, Store};

/// What an operator has returned.
pub(super) enum Built {
    Stream(Stream),
    Branches(Vec<Stream>),
    Grouped(GroupedStream),
    Windows(WindowedStream),
    Table(Table),
    Global(GlobalKTable<String, String>),
    Cogrouped(CogroupedKStream<String, Text>),
    CogroupedWindows(CogroupedWindows),
    GroupedTable(KGroupedTable<String, String>),
    End,
}

/// Builds the topology of a program whose types are valid.
pub(super) fn topology(program: &Program) -> Result<Topology, TopologyError> {
    let format = if program.settings.keeps_headers { StoreFormat::Headers } else { StoreFormat::Default };
    let builder = StreamsBuilder::new().optimize(optimizations(program)).store_format(format);
    let mut built: Vec<Built> = Vec::new();
    for node in &program.nodes {
        let from: Vec<&Built> = node.from.iter().map(|&from| &built[from]).collect();
        let next = operator(&builder, node, &from);
        built.push(next);
    }
    builder.build()
}

fn optimizations(program: &Program) -> Optimizations {
    program.settings.optimizations.iter().fold(Optimizations::none(), |all, name| match name.as_str() {
        "reuse.ktable.source.topics" => all.reuse_source_topics(),
        "merge.repartition.topics" => all.merge_repartitions(),
        "single.store.self.join" => all.single_store_self_join(),
        name => unreachable!("there is no optimisation `{name}`"),
    })
}

fn operator(builder: &StreamsBuilder, node: &Node, from: &[&Built]) -> Built {
    match (&node.operator, from) {
        (Operator::Stream { topic }, []) => Built::Stream(Stream::Nullable(builder.stream(consumed(topic, node)))),
        (Operator::Table { topic, store }, []) => {
            Built::Table(Table::Text(builder.table(consumed(topic, node), materialized(store))))
        }
        (Operator::GlobalTable { topic, store }, []) => {
            Built::Global(builder.global_table(consumed(topic, node), materialized(store)))
        }
        (_, [Built::Stream(stream), Built::Global(table)]) => Built::Stream(join::with_global(stream, table, node)),
        (Operator::ProcessLru { map }, [Built::Stream(stream)]) => {
            Built::Stream(stream::process_lru(builder, stream, map, node))
        }
        (Operator::Merge, [Built::Stream(one), Built::Stream(other)]) => Built::Stream(stream::merge(one, other, node)),
        (_, [Built::Stream(one), Built::Stream(other)]) => Built::Stream(join_stream::by_time(one, other, node)),
        (_, [Built::Stream(stream), Built::Table(table)]) => Built::Stream(join::with_table(stream, table, node)),
        (Operator::Branch { place }, [Built::Branches(branches)]) => Built::Stream(branches[*place].clone()),
        (Operator::WindowedBy { windows, on_close }, [Built::Grouped(grouped)]) => {
            Built::Windows(windows::windowed_by(grouped, windows, *on_close))
        }
        (Operator::Cogroup { aggregators }, groups) => Built::Cogrouped(cogroup::cogroup(groups, aggregators)),
        (Operator::WindowedBy { windows, .. }, [Built::Cogrouped(cogrouped)]) => {
            Built::CogroupedWindows(cogroup::windowed_by(cogrouped, windows))
        }
        (_, [Built::Cogrouped(cogrouped)]) => Built::Table(cogroup::by_key(node, cogrouped)),
        (_, [Built::CogroupedWindows(windows)]) => Built::Table(cogroup::by_window(node, windows)),
        (_, [Built::Stream(stream)]) => stream::operator(node, stream),
        (_, [Built::Grouped(grouped)]) => Built::Table(aggregate::by_key(node, grouped)),
        (_, [Built::Windows(windows)]) => Built::Table(windows::aggregate(node, windows)),
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
    if let Some(history) = store.history_ms {
        // Such stores have no cache in Kafka Streams.
        return materialized.versioned(Duration::from_millis(history));
    }
    if !store.caching {
        materialized = materialized.without_caching();
    }
    match store.retention_ms {
        Some(retention) => materialized.retention(Duration::from_millis(retention)),
        None => materialized,
    }
}
