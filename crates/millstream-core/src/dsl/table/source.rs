//! `table`, and what it shares with `to_table`: a topic or a stream read as changes of rows.

use std::sync::Arc;

use millstream_state::StoreIndex;
use millstream_types::{Data, Nullable};

use super::KTable;
use super::planned_rows::PlannedRows;
use super::rows::Output;
use super::store_plan::StorePlan;
use crate::chain::{Context, NextKeys, Node, SkipReason};
use crate::dsl::StreamsBuilder;
use crate::dsl::source_changelog::source_changelog;
use crate::graph::{Demand, GraphId, GraphRef, GraphTable};
use crate::options::{CarriedSerdes, Consumed, Materialized, Topics};
use crate::record::Record;
use crate::topology::{Blueprint, BuildNode, Built, SourceChangelog, Table, TableId, TopologyError};

impl StreamsBuilder {
    /// Reads a topic as a table: each record replaces its key's row, a null value deletes it, a null key is left out.
    ///
    /// The table gets its store when it is named here or something downstream looks rows up.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let users = builder.table::<String, String>("users", "users-store");
    /// users.map_values(|_id, name| name.to_uppercase()).to_stream().to("names");
    /// ```
    pub fn table<K: Data, V: Data>(
        &self,
        topic: impl Into<Consumed<Option<K>, Option<V>>>,
        materialized: impl Into<Materialized<K, V>>,
    ) -> KTable<K, V> {
        let (graph, mut consumed) = (&self.graph, topic.into());
        if let Topics::Matching(pattern) = &consumed.topics {
            let reason = format!(
                "it reads topics by name, but the pattern `{pattern}` was given; read the pattern with `stream`, and make a table of it \
                 with `to_table`"
            );
            graph.fail(TopologyError::Invalid { what: "table".to_owned(), reason });
        }
        let prefix = format!("{}-", consumed.topics.names().join("-"));
        let plan = TableSourcePlan::new(graph, materialized.into(), &prefix, &consumed.serdes);
        let written = (plan.serdes.key.get(), plan.serdes.value.get());
        let plan = TableSourcePlan { source: source_changelog(&consumed, written), ..plan };
        let given = consumed.name.take();
        consumed.name = given.as_ref().map(|name| format!("{name}-source"));
        let stream = self.stream(consumed);
        let name = graph.name_or_generate(given, "KTABLE-SOURCE-");
        plan.add::<Option<K>, Option<V>>(graph, name, stream.node)
    }
}

/// A table source that is not added yet.
pub(in crate::dsl) struct TableSourcePlan<K, V> {
    store: Option<StoreIndex>,
    rows: PlannedRows<K, V>,
    /// Whether the store is kept even if no operator looks up rows.
    is_named: bool,
    serdes: CarriedSerdes<K, V>,
    /// The topic from which the store can be restored.
    source: Option<SourceChangelog>,
}

impl<K: Data, V: Data> TableSourcePlan<K, V> {
    /// Declares the store, which is kept if it is named or an operator looks up rows. `prefix` is for its generated name.
    pub(in crate::dsl) fn new<KIn, VIn>(
        graph: &GraphRef,
        materialized: Materialized<K, V>,
        prefix: &str,
        carried: &CarriedSerdes<KIn, VIn>,
    ) -> Self
    where
        KIn: Nullable<Present = K>,
        VIn: Nullable<Present = V>,
    {
        let is_named = materialized.name.is_some() || materialized.versions.is_some();
        let plan = StorePlan::of_table(graph, materialized, prefix, carried);
        let serdes = plan.serdes();
        let (store, rows) = plan.add_rows(graph);
        Self { store, rows, is_named, serdes, source: None }
    }

    /// Adds the node below `parent`, whose stream has keys `KIn` and values `VIn`.
    pub(in crate::dsl) fn add<KIn, VIn>(self, graph: &GraphRef, name: String, parent: GraphId) -> KTable<K, V>
    where
        KIn: Nullable<Present = K>,
        VIn: Nullable<Present = V>,
    {
        graph.require_keys::<KIn>(&name);
        graph.require_values::<VIn>(&name);
        let PlannedRows { untyped, view } = self.rows;
        let (store, source) = (self.store, self.source);
        let table = GraphTable { store, rows: Some(untyped), source, ..GraphTable::default() };
        let table = KTable::add(graph, name, parent, table, self.serdes, |id| {
            (source_factory::<KIn, VIn>(id), Arc::new(move |_: &[Table]| Arc::clone(&view)))
        });
        if self.is_named {
            graph.demand(Demand::Store { table: table.id });
        }
        table
    }
}

pub(super) fn source_factory<KIn: Nullable, VIn: Nullable>(table: TableId) -> BuildNode {
    Box::new(move |blueprint: Blueprint<'_>| {
        let output: Output<KIn::Present, VIn::Present> = Output::of(table, blueprint)?;
        Ok(Built::new::<KIn, VIn>(TableSource { output }))
    })
}

/// Converts records into changes of rows.
struct TableSource<K, V> {
    output: Output<K, V>,
}

impl<K, V, KIn, VIn> Node<KIn, VIn> for TableSource<K, V>
where
    K: Data,
    V: Data,
    KIn: Nullable<Present = K>,
    VIn: Nullable<Present = V>,
{
    fn process(&mut self, context: &mut Context<'_>, record: Record<KIn, VIn>) {
        let Some(key) = record.key.into_present() else {
            return context.skip(&self.output.name, SkipReason::NullKey);
        };
        let value = record.value.into_present();
        let row = Record { key, value, timestamp: record.timestamp, headers: record.headers };
        let old = self.output.row_before(context, &row.key, || None);
        self.output.change(context, old, row);
    }

    fn prefetch(&mut self, context: &mut Context<'_>, next_keys: NextKeys<'_, KIn>) {
        let keys: Vec<_> = next_keys.keys.iter().filter_map(|next| next.key.present()).collect();
        self.output.prefetch(context, &keys, next_keys.from);
    }

    fn flush(&mut self, context: &mut Context<'_>, rows_max: usize) {
        self.output.flush(context, rows_max);
    }
}
