//! Tests of single passes, on graphs whose factories are never called.

#![allow(clippy::unwrap_used)]

use millstream_state::StoreIndex;
use millstream_types::Serde;

use super::{materialise, merge_repartitions, null_keys, old_values};
use crate::graph::logical::{Graph, NamedAfter};
use crate::graph::node::{
    GraphId, GraphNode, KeyEffect, Kind, NullKeyFilter, NullKeys, Repartition, RepartitionPlace, WithoutRow,
};
use crate::graph::table::{Demand, GraphTable};
use crate::options::Optimizations;
use crate::partitioning::Partitioning;
use crate::stores::SerdeNames;
use crate::topology::{BuildNode, BuildSource, OldValues, SourceTopics, TableId, TopicName};

fn no_node() -> BuildNode {
    Box::new(|_| unreachable!("a pass calls no factory"))
}

fn no_source() -> BuildSource {
    Box::new(|_| unreachable!("a pass runs no factory"))
}

fn no_serdes() -> SerdeNames {
    SerdeNames::new(&Serde::<()>::of_type(), &Serde::<()>::of_type())
}

impl Graph {
    fn with(&mut self, kind: Kind, parents: &[GraphId]) -> GraphId {
        self.nodes.push(GraphNode {
            name: format!("node-{}", self.nodes.len()),
            parents: parents.to_vec(),
            kind,
            key: KeyEffect::Keeps,
            forwards: None,
            stores: Vec::new(),
        });
        GraphId(self.nodes.len() - 1)
    }

    fn source(&mut self) -> GraphId {
        let topics = SourceTopics::Named(vec![TopicName::external("topic")]);
        self.with(Kind::Source { topics, reset: None, serdes: no_serdes(), build: no_source() }, &[])
    }

    fn stateless(&mut self, parents: &[GraphId]) -> GraphId {
        self.with(Kind::Stateless { build: no_node() }, parents)
    }

    /// An operator below a source of its own that may change keys.
    fn key_changer(&mut self) -> GraphId {
        let source = self.source();
        let changer = self.stateless(&[source]);
        self.nodes[changer.0].key = KeyEffect::MayChange;
        changer
    }

    fn repartition(&mut self, parent: GraphId) -> GraphId {
        let repartition = Repartition {
            place: RepartitionPlace::Movable,
            topic: TopicName::internal("repartition"),
            partitions: None,
            filter: Some(NullKeyFilter { name: "filter".into(), build: |_| no_node() }),
            sink_name: "sink".into(),
            serdes: no_serdes(),
            null_keys: NullKeys::default(),
            partitioning: Partitioning::ByKey,
            sink: no_node(),
            source: no_source(),
        };
        self.with(Kind::Repartition(Box::new(repartition)), &[parent])
    }

    /// A table whose store has number `store`, derived from another one or read from a source.
    fn add_table(&mut self, derived_from: Option<TableId>, store: Option<u32>) -> TableId {
        let table = TableId(self.tables.len());
        let parent = match derived_from {
            Some(from) => self.table(from).node.unwrap(),
            None => self.source(),
        };
        let node = self.with(Kind::Table { table, build: no_node() }, &[parent]);
        let (derived_from, store) = (Vec::from_iter(derived_from), store.map(StoreIndex::new));
        self.tables.push(GraphTable { node: Some(node), derived_from, store, ..GraphTable::default() });
        table
    }

    /// A join of `stream` with `table`.
    fn join(&mut self, stream: GraphId, table: TableId, without_row: WithoutRow) -> GraphId {
        let by = self.with(Kind::StreamTableJoin { table, without_row, grace: None, build: no_node() }, &[stream]);
        self.demands.push(Demand::Rows { table, by });
        by
    }

    /// A derived table that leaves rows out.
    fn filter(&mut self, from: TableId) -> TableId {
        let table = self.add_table(Some(from), None);
        self.demands.push(Demand::OldValues { by: table });
        table
    }

    /// A join of two tables, with the node for the changes of each side.
    fn join_tables(&mut self, left: TableId, right: TableId) -> (TableId, [GraphId; 2]) {
        let sides = [(left, right), (right, left)].map(|(from, other)| {
            let parent = self.table(from).node.unwrap();
            let by = self.with(Kind::TableJoin { other, build: no_node() }, &[parent]);
            self.demands.push(Demand::Rows { table: other, by });
            by
        });
        let table = TableId(self.tables.len());
        let node = self.with(Kind::Table { table, build: no_node() }, &sides);
        self.tables.push(GraphTable { node: Some(node), derived_from: vec![left, right], ..GraphTable::default() });
        (table, sides)
    }

    fn lets_null_keys_pass(&self, repartition: GraphId) -> bool {
        matches!(&self.node(repartition).kind, Kind::Repartition(this) if this.null_keys == NullKeys::Pass)
    }

    fn sends_old_values(&self, table: TableId) -> bool {
        self.table(table).old_values == OldValues::Sent
    }

    fn stores_of(&self, table: TableId) -> &[StoreIndex] {
        &self.node(self.table(table).node.unwrap()).stores
    }
}

#[test]
fn a_table_is_kept_if_it_has_a_requested_store_or_its_rows_are_looked_up() {
    let mut graph = Graph::default();
    let (unused, named, joined) =
        (graph.add_table(None, Some(0)), graph.add_table(None, Some(1)), graph.add_table(None, Some(2)));
    graph.demands.push(Demand::Store { table: named });
    let stream = graph.source();
    let join = graph.join(stream, joined, WithoutRow::Drop);
    materialise(&mut graph);
    assert_eq!(graph.stores_of(unused), []);
    assert_eq!(graph.stores_of(named), [StoreIndex::new(1)]);
    assert_eq!(graph.stores_of(joined), [StoreIndex::new(2)]);
    assert_eq!(graph.node(join).stores, [StoreIndex::new(2)], "the join is connected to the store");
}

#[test]
fn rows_of_a_derived_table_are_looked_up_in_the_nearest_store_above() {
    let mut graph = Graph::default();
    let source = graph.add_table(None, Some(0));
    let derived = graph.filter(source);
    let further = graph.filter(derived);
    let stream = graph.source();
    let join = graph.join(stream, further, WithoutRow::Drop);
    materialise(&mut graph);
    assert_eq!(graph.node(join).stores, [StoreIndex::new(0)]);
    assert_eq!((graph.stores_of(source).len(), graph.stores_of(derived).len()), (1, 0));
}

#[test]
fn previous_rows_are_sent_from_the_store_above_down_to_the_operator() {
    let mut graph = Graph::default();
    let source = graph.add_table(None, Some(0));
    graph.demands.push(Demand::Store { table: source });
    let mapped = graph.add_table(Some(source), None);
    let filtered = graph.filter(mapped);
    let beside = graph.add_table(Some(source), None);
    materialise(&mut graph);
    old_values(&mut graph);
    assert!([source, mapped, filtered].iter().all(|table| graph.sends_old_values(*table)));
    assert!(!graph.sends_old_values(beside));
}

#[test]
fn a_store_that_is_declared_too_late_sends_no_previous_rows() {
    let mut graph = Graph::default();
    let source = graph.add_table(None, Some(0));
    let filtered = graph.filter(source);
    let stream = graph.source();
    graph.join(stream, source, WithoutRow::Drop);
    let later = graph.filter(source);
    materialise(&mut graph);
    old_values(&mut graph);
    assert!(!graph.sends_old_values(filtered), "it was declared before the join");
    assert!(graph.sends_old_values(later) && graph.sends_old_values(source));
}

#[test]
fn all_repartitions_above_a_left_join_keep_null_keys() {
    let mut graph = Graph::default();
    let table = graph.add_table(None, Some(0));
    let source = graph.source();
    let far = graph.repartition(source);
    let (left, right) = (graph.repartition(far), graph.repartition(source));
    let merged = graph.stateless(&[left, right]);
    graph.join(merged, table, WithoutRow::Keep);
    let beside = graph.repartition(far);
    null_keys(&mut graph);
    assert!([left, right, far].iter().all(|repartition| graph.lets_null_keys_pass(*repartition)));
    assert!(!graph.lets_null_keys_pass(beside));
}

#[test]
fn repartitions_above_an_inner_join_drop_null_keys() {
    let mut graph = Graph::default();
    let table = graph.add_table(None, Some(0));
    let source = graph.source();
    let repartition = graph.repartition(source);
    graph.join(repartition, table, WithoutRow::Drop);
    null_keys(&mut graph);
    assert!(!graph.lets_null_keys_pass(repartition));
}

#[test]
fn keys_may_have_changed_until_the_next_topic_or_table() {
    let mut graph = Graph::default();
    let source = graph.source();
    let (kept, changed) = (graph.stateless(&[source]), graph.stateless(&[source]));
    graph.nodes[changed.0].key = KeyEffect::MayChange;
    let merged = graph.stateless(&[kept, changed]);
    let repartition = graph.repartition(merged);
    let after = graph.stateless(&[repartition]);
    let changed_keys = [kept, changed, merged, repartition, after].map(|node| graph.is_key_changed(node));
    assert_eq!(changed_keys, [false, true, true, false, false]);
}

#[test]
fn the_origins_of_a_join_are_the_topics_of_both_sides() {
    let mut graph = Graph::default();
    let table = graph.add_table(None, Some(0));
    let (left, right) = (graph.source(), graph.source());
    let merged = graph.stateless(&[left, right]);
    let repartition = graph.repartition(merged);
    let join = graph.join(repartition, table, WithoutRow::Drop);
    let below = graph.stateless(&[join]);
    let of_table = graph.node(graph.table(table).node.unwrap()).parents[0];
    assert_eq!(Vec::from_iter(graph.origins(below)), [of_table, repartition]);
}

#[test]
fn a_join_of_tables_keeps_both_and_sends_previous_rows_only_where_they_are_needed() {
    let mut graph = Graph::default();
    let tables = [0, 1, 2].map(|store| graph.add_table(None, Some(store)));
    let derived = graph.filter(tables[1]);
    let (joined, sides) = graph.join_tables(tables[0], derived);
    let (chained, chained_sides) = graph.join_tables(joined, tables[2]);
    materialise(&mut graph);
    old_values(&mut graph);
    assert!(tables.iter().all(|table| graph.stores_of(*table).len() == 1));
    assert_eq!(graph.node(sides[0]).stores, [StoreIndex::new(1)], "the store above the filter");
    assert_eq!(graph.node(sides[1]).stores, [StoreIndex::new(0)]);
    assert_eq!(graph.node(chained_sides[1]).stores, [StoreIndex::new(0), StoreIndex::new(1)], "those of both sides");
    assert!(![tables[0], tables[2], joined, chained].iter().any(|table| graph.sends_old_values(*table)));
    let copartitioned = graph.origins(graph.table(chained).node.unwrap());
    assert_eq!(copartitioned.len(), 3);
}

#[test]
fn previous_rows_of_a_join_come_from_both_sides_also_if_it_has_a_store() {
    for kept in [false, true] {
        let mut graph = Graph::default();
        let (left, right) = (graph.add_table(None, Some(0)), graph.add_table(None, Some(1)));
        let (joined, _) = graph.join_tables(left, right);
        if kept {
            graph.tables[joined.0].store = Some(StoreIndex::new(2));
            graph.demands.push(Demand::Store { table: joined });
        }
        graph.demands.push(Demand::PreviousRows { table: joined });
        materialise(&mut graph);
        old_values(&mut graph);
        assert!([left, right, joined].iter().all(|table| graph.sends_old_values(*table)), "kept: {kept}");
    }
}

#[test]
fn a_table_is_kept_for_an_operator_that_cannot_do_without_previous_rows() {
    let mut graph = Graph::default();
    let source = graph.add_table(None, Some(0));
    let before = graph.filter(source);
    let mapped = graph.add_table(Some(source), None);
    graph.demands.push(Demand::PreviousRows { table: mapped });
    materialise(&mut graph);
    old_values(&mut graph);
    assert_eq!(graph.stores_of(source), [StoreIndex::new(0)]);
    assert!(graph.sends_old_values(source) && graph.sends_old_values(mapped));
    assert!(!graph.sends_old_values(before), "it was declared before");
}

#[test]
fn rows_of_a_users_processor_are_looked_up_in_a_store_alone() {
    for kept in [false, true] {
        let mut graph = Graph::default();
        let source = graph.add_table(None, Some(0));
        let processed = graph.add_table(Some(source), kept.then_some(1));
        let node = graph.table(processed).node.unwrap();
        graph.nodes[node.0].kind = Kind::TableProcessor { table: processed, build: no_node() };
        let filtered = graph.filter(processed);
        let stream = graph.source();
        graph.join(stream, filtered, WithoutRow::Drop);
        materialise(&mut graph);
        assert_eq!(graph.errors.len(), usize::from(!kept));
    }
}

#[test]
fn nodes_that_are_named_after_another_are_renamed_with_it() {
    let mut graph = Graph::default();
    let (side, merge) = (graph.source(), graph.source());
    let rename = |node: &mut GraphNode, name: &str| node.name = format!("{name}-side");
    graph.named_after.push(NamedAfter { of: merge, node: side, rename: Box::new(rename) });
    graph.rename(merge, "joined".to_owned());
    assert_eq!([side, merge].map(|node| graph.node(node).name.clone()), ["joined-side", "joined"]);
}

/// The parents of each of these nodes.
fn parents<const N: usize>(graph: &Graph, nodes: [GraphId; N]) -> [Vec<GraphId>; N] {
    nodes.map(|node| graph.node(node).parents.clone())
}

fn is_removed(graph: &Graph, node: GraphId) -> bool {
    matches!(graph.node(node).kind, Kind::Removed)
}

/// A graph whose repartitions may be merged.
fn merging() -> Graph {
    Graph { optimizations: Optimizations::none().merge_repartitions(), ..Graph::default() }
}

#[test]
fn repartitions_below_an_operator_that_changes_keys_are_merged_below_it() {
    let mut graph = merging();
    let changer = graph.key_changer();
    let filter = graph.stateless(&[changer]);
    let first = graph.repartition(changer);
    let counted = graph.stateless(&[first]);
    let second = graph.repartition(filter);
    let reduced = graph.stateless(&[second]);
    let third = graph.repartition(filter);
    let joined = graph.stateless(&[third]);
    merge_repartitions(&mut graph);
    let expected = [vec![changer], vec![first], vec![first], vec![filter], vec![filter]];
    assert_eq!(parents(&graph, [first, filter, counted, reduced, joined]), expected);
    assert!(is_removed(&graph, second) && is_removed(&graph, third));
    assert_eq!(graph.node(first).name, "repartition-source", "named after its topic");
    assert_eq!(
        graph.lowering_order()[..4],
        [GraphId(0), changer, first, filter],
        "above the operators that it moved down"
    );
}

#[test]
fn a_repartition_below_other_values_or_of_the_user_stays() {
    let mut graph = merging();
    let changer = graph.key_changer();
    let first = graph.repartition(changer);
    let mapped = graph.stateless(&[changer]);
    graph.nodes[mapped.0].key = KeyEffect::KeepsWithOtherValues;
    let below_map = graph.repartition(mapped);
    let declared = graph.repartition(changer);
    if let Kind::Repartition(repartition) = &mut graph.nodes[declared.0].kind {
        repartition.place = RepartitionPlace::Fixed;
    }
    merge_repartitions(&mut graph);
    assert_eq!(parents(&graph, [first, below_map, declared]), [vec![changer], vec![mapped], vec![changer]]);
}

#[test]
fn a_repartition_below_merged_streams_stays_below_them() {
    let mut graph = merging();
    let (left, right) = (graph.key_changer(), graph.key_changer());
    let merged = graph.stateless(&[left, right]);
    let (one, other) = (graph.repartition(merged), graph.repartition(merged));
    let of_left = graph.repartition(left);
    merge_repartitions(&mut graph);
    assert_eq!(parents(&graph, [one, of_left]), [vec![merged], vec![left]]);
    assert!(is_removed(&graph, other));
}

/// Seed 1678 of the differential test, with merged repartitions.
#[test]
fn a_repartition_moves_up_through_merged_streams_to_one_that_is_beside_them() {
    let mut graph = merging();
    let (source, changer) = (GraphId(0), graph.key_changer());
    let merged = graph.stateless(&[changer, source]);
    let (beside, below) = (graph.repartition(changer), graph.repartition(merged));
    let (joined, counted) = (graph.stateless(&[beside]), graph.stateless(&[below]));
    merge_repartitions(&mut graph);
    let expected = [vec![changer], vec![beside, source], vec![beside], vec![merged]];
    assert_eq!(parents(&graph, [beside, merged, joined, counted]), expected);
    assert!(is_removed(&graph, below));
}

#[test]
fn a_repartition_below_merged_streams_of_which_one_has_changed_keys_stays_below_them() {
    let mut graph = merging();
    let (source, changer) = (GraphId(0), graph.key_changer());
    let merged = graph.stateless(&[changer, source]);
    let (one, other) = (graph.repartition(merged), graph.repartition(merged));
    merge_repartitions(&mut graph);
    assert_eq!(parents(&graph, [one, merged]), [vec![merged], vec![changer, source]]);
    assert!(is_removed(&graph, other));
}

#[test]
fn without_the_optimisation_every_repartition_stays() {
    let mut graph = Graph::default();
    let changer = graph.key_changer();
    let repartitions = [graph.repartition(changer), graph.repartition(changer)];
    merge_repartitions(&mut graph);
    assert_eq!(parents(&graph, repartitions), [vec![changer], vec![changer]]);
}

/// The store of an aggregate of several streams is written by the operators of the streams, and not by the one that merges them. The
/// topics of the streams need equal partition counts, and not their repartition topics.
#[test]
fn the_streams_of_a_cogroup_write_its_store() {
    let mut graph = Graph::default();
    let (left, changer) = (graph.source(), graph.key_changer());
    let repartition = graph.repartition(changer);
    let streams = [left, repartition].map(|stream| graph.with(Kind::Cogroup { build: no_node() }, &[stream]));
    let (table, store) = (TableId(0), StoreIndex::new(7));
    let merge = graph.with(Kind::Table { table, build: no_node() }, &streams);
    let (node, writers) = (Some(merge), streams.to_vec());
    graph.tables.push(GraphTable { node, store: Some(store), writers, ..GraphTable::default() });
    graph.demands.push(Demand::Store { table });
    materialise(&mut graph);
    assert_eq!(streams.map(|stream| graph.node(stream).stores.clone()), [vec![store], vec![store]]);
    assert!(graph.node(merge).stores.is_empty());
    let above = graph.only_parent(changer).unwrap();
    assert_eq!(graph.copartitioned(merge), [left, above].into());
    assert!(!graph.is_key_changed(merge));
}
