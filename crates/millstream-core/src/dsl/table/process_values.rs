//! `process_values` on a table.

use std::sync::Arc;

use millstream_types::Timestamp;

use super::KTable;
use super::rows::{Output, kept_view};
use crate::chain::{Context, Node, ScheduleId};
use crate::graph::{GraphNode, GraphTable, KeyEffect, Kind};
use crate::options::{CarriedSerdes, Processed, ValueSerde};
use crate::processor::{ProcessorSupplier, RowProcessing, RowProcessor, SupplyRows};
use crate::record::{Change, Element, Record};
use crate::topology::{Blueprint, BuildNode, Built, RecordTypes, TableId};

impl<K: Element, V: Element> KTable<K, V> {
    /// A table whose rows your own processor computes, which may use stores and schedules. Kafka Streams calls this
    /// `transformValues`.
    ///
    /// Keep the table in a store with [`materialized`](Self::materialized) if its rows are looked up by a join, and if what the
    /// processor returns depends on more than the row: without a store, the previous row that some operators need is
    /// computed by calling the processor again, with the previous value.
    ///
    /// # Examples
    /// See [`RowProcessor`].
    pub fn process_values<V2: Element, P: RowProcessor<K, V, V2> + 'static>(
        &self,
        supplier: impl ProcessorSupplier<P>,
        processed: impl Into<Processed>,
    ) -> KTable<K, V2> {
        let (graph, mut processed) = (&self.graph, processed.into());
        let make = graph.supplied(supplier, &mut processed);
        let supply: SupplyRows<K, V, V2> = Arc::new(move || Box::new(make()));
        let name = graph.name_or_generate(processed.name, "KTABLE-TRANSFORMVALUES-");
        let id = graph.add_table(GraphTable { derived_from: vec![self.id], ..GraphTable::default() });
        let stores = graph.own_stores(&name, processed.stores);
        let node = graph.add(GraphNode {
            name,
            parents: vec![self.node],
            kind: Kind::TableProcessor { table: id, build: rows_factory(id, supply) },
            key: KeyEffect::Keeps,
            forwards: Some(RecordTypes::of::<K, Change<V2>>()),
            stores,
        });
        graph.set_table_node(id, node);
        let serdes = CarriedSerdes { key: self.serdes.key.clone(), value: ValueSerde::own() };
        KTable { graph: graph.clone(), node, id, serdes, view: kept_view(id) }
    }
}

fn rows_factory<K: Element, V: Element, V2: Element>(table: TableId, supply: SupplyRows<K, V, V2>) -> BuildNode {
    Box::new(move |blueprint: Blueprint<'_>| {
        let processing = RowProcessing::new(&blueprint, &supply)?;
        let is_kept = blueprint.table(table).store.is_some();
        let output = Output::of(table, blueprint)?;
        Ok(Built::new::<K, Change<V>>(ProcessRows { processing, is_kept, output }))
    })
}

struct ProcessRows<K, V, V2> {
    processing: RowProcessing<K, V, V2>,
    /// Whether a store has the previous rows.
    is_kept: bool,
    output: Output<K, V2>,
}

impl<K: Element, V: Element, V2: Element> Node<K, Change<V>> for ProcessRows<K, V, V2> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, Change<V>>) {
        let Record { key, value: Change { old, new, .. }, timestamp, headers } = record;
        let Some(value) = self.processing.process(context, &key, new, timestamp, &headers) else { return };
        let old = if self.is_kept {
            self.output.row_before(context, &key, || None)
        } else if self.output.old_values.are_sent() {
            self.processing.process(context, &key, old, timestamp, &headers).flatten()
        } else {
            None
        };
        if !context.has_failed() {
            self.output.change(context, old, Record { key, value, timestamp, headers });
        }
    }

    fn start(&mut self, context: &mut Context<'_>) {
        self.processing.start(context);
    }

    fn flush(&mut self, context: &mut Context<'_>, rows_max: usize) {
        self.output.flush(context, rows_max);
    }

    fn punctuate(&mut self, context: &mut Context<'_>, schedule: ScheduleId, time: Timestamp) {
        self.processing.punctuate(context, schedule, time);
    }

    fn close(&mut self) {
        self.processing.close();
    }
}
