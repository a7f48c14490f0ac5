//! Fills the global stores of a process from their topics.

use std::sync::Arc;

use millstream_changelog::Changelogs;
use millstream_core::chain::{Chain, Decision, Destination, Environment};
use millstream_core::{GlobalStores, Stores, SubTopology, Topology, TopologyError};
use millstream_log::{Chunk, RecordView};
use millstream_observe::events::EventSink;
use millstream_observe::metrics::{MetricsRegistry, TaskMetrics, TaskPlan};
use millstream_state::{Changelog, StoreIndex};
use millstream_types::{
    Failure, Headers, Now, Partition, RecordBytes, Skipped, TaskId, Timestamp, Topic, TopicPartition,
};

use crate::environment::TaskResources;
use crate::records_apart::bytes_of;
use crate::{Outbox, TaskError, TaskSettings};

/// How many records are written while the stores are locked, so that tasks that read them do not wait long.
const RECORDS_AT_ONCE: usize = 64;

/// Writes the records of the topics of global stores to these stores, one copy for all tasks of the process. It commits nothing: each
/// start reads the topics from their beginning. So it sends the records that a handler skips or an operator drops, if they have topics, at
/// each start again, to the outbox that its driver lends it.
///
/// Its driver, a thread or the test driver, passes it chunks of records. The operators of each partition are a chain of their
/// own. The metrics of all partitions of a topic are those of one task, with the id of the sub-topology and partition 0.
pub struct GlobalTasks {
    stores: GlobalStores,
    parts: Vec<Part>,
}

/// What fills one store.
struct Part {
    topic: Topic,
    /// The name of the store.
    store: Arc<str>,
    /// At the index of the partition.
    chains: Vec<Chain>,
    resources: TaskResources,
}

impl GlobalTasks {
    /// Builds the operators for these counts of partitions; `None` if the topology has no global stores.
    ///
    /// # Errors
    /// When an operator cannot be built.
    pub fn build(
        topology: &Topology,
        settings: &TaskSettings,
        partitions_of: &dyn Fn(&Topic) -> u32,
        events: &EventSink,
        metrics: &MetricsRegistry,
    ) -> Result<Option<Self>, TopologyError> {
        if topology.globals().is_empty() {
            return Ok(None);
        }
        let chain_settings = settings.chain_settings();
        let stores = topology.open_global_stores(&chain_settings);
        let mut parts = Vec::new();
        for (global, subtopology) in topology.globals().iter().enumerate() {
            for source in &subtopology.sources {
                let topic = source.topic.resolve(&settings.application_id);
                let partitions = (0..partitions_of(&topic)).map(Partition::new);
                let chain = |partition| topology.build_global_chain(global, partition, &chain_settings);
                let chains = partitions.map(chain).collect::<Result<Vec<_>, _>>()?;
                let resources = resources_of(subtopology, settings, events, metrics);
                let store = subtopology.stores.first().map(|store| Arc::clone(&store.name)).unwrap_or_default();
                parts.push(Part { topic, store, chains, resources });
            }
        }
        Ok(Some(Self { stores, parts }))
    }

    /// The stores, for the tasks that read them.
    #[must_use]
    pub fn stores(&self) -> GlobalStores {
        self.stores.clone()
    }

    /// The partitions of the topics of all stores.
    pub fn partitions(&self) -> impl Iterator<Item = TopicPartition> {
        self.parts.iter().flat_map(|part| {
            let numbers = (0_u32..).zip(&part.chains);
            numbers.map(|(number, _)| TopicPartition { topic: part.topic.clone(), partition: Partition::new(number) })
        })
    }

    /// The name of the store that is filled from this topic.
    #[must_use]
    pub fn store_of(&self, topic: &Topic) -> Option<Arc<str>> {
        self.parts.iter().find(|part| part.topic == *topic).map(|part| Arc::clone(&part.store))
    }

    /// Initialises the processors. Must be called once, before the first record.
    ///
    /// # Errors
    /// When a processor's `init` fails.
    pub fn start(&mut self, now: Now) -> Result<(), TaskError> {
        let mut stores = self.stores.lock();
        for part in &mut self.parts {
            for chain in &mut part.chains {
                let task = part.resources.id;
                let resources = &mut part.resources;
                let mut environment = GlobalEnvironment { resources, outbox: None, now, record: None };
                chain.start(&mut stores, &mut environment).map_err(|failure| TaskError { task, failure })?;
            }
        }
        Ok(())
    }

    /// Whether it reads this topic.
    #[must_use]
    pub fn reads(&self, topic: &Topic) -> bool {
        self.parts.iter().any(|part| part.topic == *topic)
    }

    /// Writes the records of a chunk; nothing if it is of another topic.
    ///
    /// # Errors
    /// When a record fails and the handler says to stop, or a store fails.
    pub fn process(&mut self, chunk: &Chunk, now: Now, mut outbox: Option<&mut Outbox>) -> Result<(), TaskError> {
        let Some(part) = self.parts.iter_mut().find(|part| part.topic == chunk.partition.topic) else { return Ok(()) };
        let Some(chain) = part.chains.get_mut(chunk.partition.partition.number() as usize) else { return Ok(()) };
        let task = part.resources.id;
        let mut records = chunk.iter().peekable();
        while records.peek().is_some() {
            let mut stores = self.stores.lock();
            for record in records.by_ref().take(RECORDS_AT_ONCE) {
                let resources = &mut part.resources;
                let mut environment =
                    GlobalEnvironment { resources, outbox: outbox.as_deref_mut(), now, record: Some(record) };
                let written = write(chain, &mut stores, record, &mut environment);
                written.map_err(|failure| TaskError { task, failure })?;
            }
        }
        Ok(())
    }

    /// The metrics, a task for each topic.
    pub fn metrics(&self) -> impl Iterator<Item = &TaskMetrics> {
        self.parts.iter().map(|part| part.resources.recorder.current())
    }

    /// Publishes the metrics.
    pub fn publish_metrics(&mut self) {
        self.parts.iter_mut().for_each(|part| part.resources.recorder.publish());
    }

    /// Closes the processors. Returns a failure for each that panicked.
    pub fn close(&mut self) -> Vec<Failure> {
        self.parts.iter_mut().flat_map(|part| &mut part.chains).flat_map(Chain::close).collect()
    }
}

fn resources_of(
    subtopology: &SubTopology,
    settings: &TaskSettings,
    events: &EventSink,
    metrics: &MetricsRegistry,
) -> TaskResources {
    let id = TaskId::new(subtopology.id, 0);
    let stores = subtopology.stores.iter().map(|store| Arc::clone(&store.name)).collect();
    let plan = TaskPlan { nodes: subtopology.node_names.clone(), partitions: Vec::new(), stores };
    let changelogs = Changelogs::new(std::iter::empty());
    TaskResources::new(id, settings, changelogs, events.for_task(id), metrics.task(id, plan))
}

/// Writes one record.
fn write(
    chain: &mut Chain,
    stores: &mut Stores,
    record: RecordView<'_>,
    environment: &mut GlobalEnvironment<'_>,
) -> Result<(), Failure> {
    let headers = record.headers();
    let raw = bytes_of(record, &headers);
    // The source is the first node.
    environment.resources.recorder.node(0).count_in(1, record.size_bytes() as u64);
    if chain.prepare(0, record.offset(), raw, stores, environment)?.is_some() {
        chain.process(0, stores, environment)?;
    }
    Ok(())
}

/// The environment of the chains: nothing is logged, and only records that go no further are sent.
struct GlobalEnvironment<'a> {
    resources: &'a mut TaskResources,
    outbox: Option<&'a mut Outbox>,
    now: Now,
    record: Option<RecordView<'a>>,
}

impl Changelog for GlobalEnvironment<'_> {
    fn append(&mut self, _store: StoreIndex, _key: &[u8], _value: Option<&[u8]>, _timestamp: Timestamp) {}

    fn append_with_headers(
        &mut self,
        _store: StoreIndex,
        _key: &[u8],
        _value: Option<&[u8]>,
        _timestamp: Timestamp,
        _headers: &Headers,
    ) {
    }
}

impl Environment for GlobalEnvironment<'_> {
    fn now(&self) -> Now {
        self.now
    }

    fn send(&mut self, _destination: Destination<'_>, _record: RecordBytes<'_>) {}

    fn partition_count(&mut self, _topic: &Topic) -> Option<u32> {
        None
    }

    fn skipped(&mut self, skipped: Skipped<'_>) {
        if self.resources.handlers.dropped_records.is_some() {
            self.resources.send_dropped(&skipped, self.record, self.outbox.as_deref_mut(), self.now);
        }
        self.resources.dropped(&skipped);
    }

    fn decide(&mut self, failure: &mut Failure) -> Decision {
        self.resources.decide(failure, self.record, self.outbox.as_deref_mut(), self.now)
    }

    #[expect(clippy::disallowed_macros, reason = "printing is what the operator is for")]
    fn print(&mut self, line: &str) {
        println!("{line}");
    }
}
