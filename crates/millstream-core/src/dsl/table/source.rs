//! Where a table begins: a topic or a stream read as changes of rows.

use std::collections::BTreeSet;
use std::sync::Arc;

use millstream_types::{Data, Nullable};

use super::KTable;
use super::rows::{Output, RowStore};
use super::view::LazyRows;
use crate::Record;
use crate::chain::{Context, Node, SkipReason, Upcoming};
use crate::dsl::graph::{GraphId, GraphRef, Lower};
use crate::dsl::stream::source::read;
use crate::options::{CarriedSerdes, Consumed, KeySerde, Materialized, ValueSerde};
use crate::store_plan::StorePlan;
use crate::topology::{Assembly, Built, NodeKind};

/// The table of the topic that `consumed` names.
pub(in crate::dsl) fn read_table<K: Data, V: Data>(
    graph: &GraphRef,
    mut consumed: Consumed<Option<K>, Option<V>>,
    materialized: Materialized<K, V>,
) -> KTable<K, V> {
    let prefix = format!("{}-", consumed.topics.join("-"));
    let plan = TableSourcePlan::new(graph, materialized, &prefix, &consumed.serdes);
    let given = consumed.name.take();
    consumed.name = given.as_ref().map(|name| format!("{name}-source"));
    let stream = read(graph, consumed);
    let name = graph.name_or_generate(given, "KTABLE-SOURCE-");
    plan.add::<Option<K>, Option<V>>(graph, name, stream.node, stream.sources)
}

/// A table source still to be added.
pub(in crate::dsl) struct TableSourcePlan<K, V> {
    rows: LazyRows,
    serdes: CarriedSerdes<K, V>,
}

impl<K: Data, V: Data> TableSourcePlan<K, V> {
    /// Declares the store, which is kept if it is named or something looks rows up. `prefix` is for its generated name.
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
        let named = materialized.name.is_some();
        let plan = StorePlan::of_table(graph, materialized, prefix, carried);
        let serdes = CarriedSerdes {
            key: KeySerde::given(plan.key_serde.clone()),
            value: ValueSerde::given(plan.value_serde.clone()),
        };
        Self { rows: LazyRows::new(plan.add_key_value(graph), named), serdes }
    }

    /// Adds the node below `parent`, whose stream has keys `KIn` and values `VIn`.
    pub(in crate::dsl) fn add<KIn, VIn>(
        self,
        graph: &GraphRef,
        name: String,
        parent: GraphId,
        sources: BTreeSet<GraphId>,
    ) -> KTable<K, V>
    where
        KIn: Nullable<Present = K>,
        VIn: Nullable<Present = V>,
    {
        let lazy = self.rows.clone();
        let lower: Lower = Box::new(move |spec, name, parents| {
            let store = lazy.is_needed().then_some(lazy.rows.index);
            let build = Box::new(move |assembly: &mut Assembly<'_>, node| {
                let rows = store.map(|_| Arc::new(lazy.rows.clone()) as Arc<dyn RowStore<K, V>>);
                let (name, children) = (assembly.name(node), assembly.downstream(node)?);
                let output = Output::new(assembly, name, rows, &lazy.rows.old_values, children);
                Ok(Built::new::<KIn, VIn>(TableSource { output }))
            });
            let node = spec.add_node(name, NodeKind::Processor { entered: store.is_some(), build }, parents)?;
            store.into_iter().for_each(|store| spec.connect(node, store));
            Ok(node)
        });
        let node = graph.add(name, &[parent], lower);
        KTable::new(graph, node, sources, self.serdes, Arc::new(self.rows))
    }
}

/// Turns records into changes of rows.
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

    fn expect(&mut self, context: &mut Context<'_>, upcoming: &[Upcoming<KIn>]) {
        let keys: Vec<_> = upcoming.iter().filter_map(|next| next.key.present()).collect();
        self.output.touch(context, &keys);
    }

    fn flush(&mut self, context: &mut Context<'_>) {
        self.output.flush(context);
    }
}
