//! The declaration of a join: its nodes, its two topics, and the store of subscriptions.

use std::sync::Arc;

use millstream_state::StoreIndex;
use millstream_types::{Data, Serde};

use super::kind::JoinKind;
use super::look_up::look_up_factory;
use super::names::Names;
use super::receive::receive_factory;
use super::resolve::{Joiner, resolve_factory};
use super::response::{Response, response_serde};
use super::result::add_result;
use super::scan::scan_factory;
use super::send::send_factory;
use super::subscription::{Subscription, combined_serde, subscription_serde};
use super::with::{ChoosePartition, ForeignKeyed};
use crate::dsl::stream::{SinkPlan, SinkTopic, source_factory};
use crate::dsl::table::{KTable, StorePlan};
use crate::graph::{Demand, GraphId, GraphNode, GraphRef, KeyEffect, Kind, NullKeys, Repartition, RepartitionPlace};
use crate::options::{CarriedSerdes, Consumed, Joined, KeySerde, Materialized, Partitioner, ValueSerde};
use crate::partitioning::{Partitioning, Route};
use crate::topology::{RecordTypes, TopicName, TopologyError};

impl<K: Data, V: Data> KTable<K, V> {
    pub(super) fn join_by_foreign_key<F: Data, T: Data, R: Data>(
        &self,
        joined: Joined<ForeignKeyed<K, V, F, T>>,
        kind: JoinKind,
        join: Joiner<K, V, T, R>,
    ) -> KTable<K, R> {
        let (graph, with) = (&self.graph, joined.with);
        let names = Names::new(graph, joined.name.as_deref());
        if !graph.is_same(&with.table.graph) {
            graph.fail(TopologyError::TwoBuilders { node: names.result.clone() });
        }
        graph.demand(Demand::PreviousRows { table: with.table.id });
        graph.demand(Demand::PreviousRows { table: self.id });
        let plan = Plan { left: self, with: &with, kind, names };
        let registered = plan.add_registration();
        let answers = plan.add_answers(registered);
        let responses = plan.add_responses(answers);
        let resolved = plan.add_resolve(responses, join);
        add_result(graph, plan.names.result, resolved, self.serdes.key.clone())
    }
}

/// A join that is being added.
struct Plan<'a, K, V, F, T> {
    left: &'a KTable<K, V>,
    with: &'a ForeignKeyed<K, V, F, T>,
    kind: JoinKind,
    names: Names,
}

impl<K: Data, V: Data, F: Data, T: Data> Plan<'_, K, V, F, T> {
    fn graph(&self) -> &GraphRef {
        &self.left.graph
    }

    fn keys(&self) -> Serde<K> {
        self.left.serdes.key.get()
    }

    fn foreign_keys(&self) -> Serde<F> {
        self.with.table.serdes.key.get()
    }

    /// Sends subscriptions through their topic. Returns its source.
    fn add_registration(&self) -> GraphId {
        let (names, values) = (&self.names, self.left.serdes.value.get());
        let foreign_key = Arc::clone(&self.with.foreign_key);
        let build = send_factory(foreign_key, values, names.registration_topic.clone(), self.kind);
        let send = self.graph().add(node::<Option<F>, Subscription<K>>(
            &names.send,
            vec![self.left.node],
            Kind::Stateless { build },
        ));
        let key = KeySerde::given(self.foreign_keys());
        let serdes: CarriedSerdes<Option<F>, Subscription<K>> =
            CarriedSerdes { key, value: ValueSerde::given(subscription_serde(self.keys())) };
        let choose = self.with.other_partitioner.clone();
        let partitioner = choose.map(|choose| -> Partitioner<Option<F>, Subscription<K>> {
            Arc::new(move |key, _, partitions| {
                key.as_ref().map_or(Route::ByKey, |key| Route::to(choose(key, partitions)))
            })
        });
        let partitioning = if partitioner.is_some() { Partitioning::Other } else { Partitioning::ByKey };
        let nodes = (&*names.registration_sink, &*names.registration_source);
        add_topic(self.graph(), &names.registration_topic, nodes, vec![send], serdes, (partitioner, partitioning))
    }

    /// Keeps subscriptions, and answers them, and changes of the right table. Returns the two nodes that do.
    fn add_answers(&self, registered: GraphId) -> Vec<GraphId> {
        let (graph, names, right) = (self.graph(), &self.names, &self.with.table);
        let store = self.add_store();
        // Without a store there is an error already, and building the topology will fail.
        let index = store.unwrap_or(StoreIndex::new(u32::MAX));
        let receive = Kind::Stateless { build: receive_factory::<K, F>(index) };
        let mut receive = node::<Option<F>, Subscription<K>>(&names.receive, vec![registered], receive);
        receive.stores.extend(store);
        let receive = graph.add(receive);
        let build = look_up_factory::<K, F, T>(Arc::clone(&right.view));
        let look_up = Kind::TableJoin { other: right.id, build };
        let look_up = graph.add(node::<K, Response<T>>(&names.look_up, vec![receive], look_up));
        graph.demand(Demand::Rows { table: right.id, by: look_up });
        let scan = Kind::Stateless { build: scan_factory::<K, F, T>(index, self.foreign_keys()) };
        let mut scan = node::<K, Response<T>>(&names.scan, vec![right.node], scan);
        scan.stores.extend(store);
        vec![look_up, graph.add(scan)]
    }

    /// Sends the responses that `parents` make through their topic. Returns its source.
    fn add_responses(&self, parents: Vec<GraphId>) -> GraphId {
        let names = &self.names;
        let value = ValueSerde::given(response_serde(self.with.table.serdes.value.get()));
        let serdes: CarriedSerdes<K, Response<T>> = CarriedSerdes { key: KeySerde::given(self.keys()), value };
        let choose = self.with.partitioner.clone();
        let partitioning = if choose.is_some() { Partitioning::Other } else { Partitioning::ByKey };
        let nodes = (&*names.response_sink, &*names.response_source);
        let partitioner = Some(response_partitioner(choose));
        add_topic(self.graph(), &names.response_topic, nodes, parents, serdes, (partitioner, partitioning))
    }

    /// Joins responses with the present rows of the left table.
    fn add_resolve<R: Data>(&self, responses: GraphId, join: Joiner<K, V, T, R>) -> GraphId {
        let (graph, names, left) = (self.graph(), &self.names, self.left);
        let topic = names.registration_topic.clone();
        let build = resolve_factory::<K, V, T, R>(Arc::clone(&left.view), left.serdes.value.get(), topic, join);
        let resolve = Kind::TableJoin { other: left.id, build };
        let resolve = graph.add(node::<K, Option<R>>(&names.resolve, vec![responses], resolve));
        graph.demand(Demand::Rows { table: left.id, by: resolve });
        resolve
    }

    /// Adds the store of subscriptions, which is never cached and logs headers, as in Kafka Streams.
    fn add_store(&self) -> Option<StoreIndex> {
        let store: Materialized<(F, K), Subscription<K>> = Materialized::named(self.names.store.as_str())
            .key_serde(combined_serde(self.foreign_keys(), self.keys()))
            .value_serde(subscription_serde(self.keys()))
            .without_caching();
        let plan = StorePlan::of_table::<(F, K), Subscription<K>>(self.graph(), store, "", &CarriedSerdes::own());
        plan.add_logging_headers(self.graph())
    }
}

/// A response goes to the partition that its subscription is from, unless a partitioner was set.
fn response_partitioner<K: Data, T: Data>(choose: Option<ChoosePartition<K>>) -> Partitioner<K, Response<T>> {
    Arc::new(move |key, response, partitions| match &choose {
        Some(choose) => Route::to(choose(key, partitions)),
        None => response.partition.and_then(|partition| u32::try_from(partition).ok()).map_or(Route::ByKey, Route::to),
    })
}

fn node<K: 'static, V: 'static>(name: &str, parents: Vec<GraphId>, kind: Kind) -> GraphNode {
    GraphNode {
        name: name.to_owned(),
        parents,
        kind,
        key: KeyEffect::MayChange,
        forwards: Some(RecordTypes::of::<K, V>()),
        stores: Vec::new(),
    }
}

/// Adds a topic of the join, with its sink below `parents` and its source. Returns the source.
fn add_topic<K, V>(
    graph: &GraphRef,
    topic: &TopicName,
    (sink_name, source_name): (&str, &str),
    parents: Vec<GraphId>,
    serdes: CarriedSerdes<K, V>,
    (partitioner, partitioning): (Option<Partitioner<K, V>>, Partitioning),
) -> GraphId
where
    K: millstream_types::Nullable,
    V: millstream_types::Nullable,
{
    let names = serdes.names();
    let sink =
        SinkPlan { topic: SinkTopic::Fixed(topic.clone()), serdes: serdes.clone(), partitioner, window_bytes: 0 };
    let mut consumed = Consumed::<K, V>::topic(&*topic.name);
    consumed.serdes = serdes;
    let repartition = Repartition {
        place: RepartitionPlace::Fixed,
        topic: topic.clone(),
        partitions: None,
        filter: None,
        sink_name: sink_name.into(),
        serdes: names,
        null_keys: NullKeys::default(),
        partitioning,
        sink: sink.into_factory(),
        source: source_factory(consumed),
    };
    graph.add(node::<K, V>(source_name, parents, Kind::Repartition(Box::new(repartition))))
}
