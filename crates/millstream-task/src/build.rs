//! Builds a task from the topology.

use std::sync::Arc;

use millstream_changelog::Changelogs;
use millstream_core::{PartitionCounts, SourceTopic, StoreInfo, SubTopology, Topology, TopologyError};
use millstream_state::Backing;
use millstream_types::{TaskId, TopicPartition};

use crate::commit_state::CommitState;
use crate::environment::TaskResources;
use crate::input_queue::Presence;
use crate::inputs::Inputs;
use crate::source_stores::SourceStore;
use crate::{Task, TaskSettings, TaskState, TaskStores};
use millstream_observe::events::{EventKind, EventSink};
use millstream_observe::metrics::{MetricsRegistry, TaskPlan};

impl Task {
    /// Builds task `id` of `topology` with these partition counts; `backing` returns the backing of each store.
    ///
    /// # Errors
    /// When an operator cannot be built.
    ///
    /// # Panics
    /// When the topology has no such sub-topology.
    pub fn build(
        topology: &Topology,
        id: TaskId,
        counts: &PartitionCounts,
        settings: &TaskSettings,
        backing: &mut dyn FnMut(&StoreInfo) -> Backing,
        events: &EventSink,
        metrics: &MetricsRegistry,
    ) -> Result<Self, TopologyError> {
        let stores = TaskStores::open(topology, id, settings, backing);
        Self::build_on(topology, counts, settings, stores, events, metrics)
    }

    /// Builds a task of `topology` on open stores, which were opened for it or belonged to a standby. What these have is not restored
    /// again.
    ///
    /// # Errors
    /// When an operator cannot be built.
    ///
    /// # Panics
    /// When the topology has not the sub-topology of the stores.
    pub fn build_on(
        topology: &Topology,
        counts: &PartitionCounts,
        settings: &TaskSettings,
        stores: TaskStores,
        events: &EventSink,
        metrics: &MetricsRegistry,
    ) -> Result<Self, TopologyError> {
        let TaskStores { id, stores, positions, source_times, held_state } = stores;
        let subtopology = &topology.subtopologies()[id.subtopology as usize];
        let mut chain = topology.build_chain(id.subtopology, id.partition, &settings.chain_settings())?;
        settings.globals.iter().for_each(|globals| chain.read_globals(globals.clone()));
        let plan = plan_of(subtopology, id, settings);
        let sources = SourceStore::all(topology, subtopology, id, counts, &source_times);
        let changelogs = changelogs_of(subtopology, id, settings, &sources, &plan);
        let inputs = inputs_of(subtopology, &plan, id, counts, settings);
        let events = events.for_task(id);
        let mut recorder = metrics.task(id, plan);
        recorder.set_thread(events.thread());
        let task = Self {
            id,
            state: TaskState::Created,
            inputs,
            chain,
            stores,
            positions,
            source_nodes: source_nodes_of(subtopology),
            sources,
            sinks: subtopology.sinks.iter().map(|sink| sink.resolve(&settings.application_id)).collect(),
            commit: CommitState::default(),
            enforced_processing: 0,
            idling_since: None,
            held_state,
            resources: TaskResources::new(id, settings, changelogs, events, recorder),
        };
        task.resources.events.emit(EventKind::TaskCreated { partitions: task.partitions().cloned().collect() });
        Ok(task)
    }
}

pub(super) fn plan_of(subtopology: &SubTopology, id: TaskId, settings: &TaskSettings) -> TaskPlan {
    let partition = |source: &SourceTopic| TopicPartition {
        topic: source.topic.resolve(&settings.application_id),
        partition: id.partition,
    };
    TaskPlan {
        nodes: subtopology.node_names.clone(),
        partitions: subtopology.sources.iter().map(partition).collect(),
        stores: subtopology.stores.iter().map(|store| Arc::clone(&store.name)).collect(),
    }
}

/// The inputs. One of a topic with fewer partitions than others never has records.
fn inputs_of(
    subtopology: &SubTopology,
    plan: &TaskPlan,
    id: TaskId,
    counts: &PartitionCounts,
    settings: &TaskSettings,
) -> Inputs {
    let presence = |source: &SourceTopic| match counts.partitions(&source.topic) {
        Some(count) if id.partition.number() < count => Presence::Exists,
        Some(_) | None => Presence::Missing,
    };
    let partitions = plan.partitions.iter().cloned().zip(subtopology.sources.iter().map(presence));
    Inputs::new(partitions, settings.max_task_idle, settings.buffered_records_max)
}

/// For each source topic the index of its source among the nodes.
fn source_nodes_of(subtopology: &SubTopology) -> Vec<usize> {
    let index_of = |name: &Arc<str>| subtopology.node_names.iter().position(|node| node == name);
    let sources = subtopology.sources.iter();
    sources.map(|source| index_of(&source.node).expect("a source is a node of its sub-topology")).collect()
}

pub(super) fn changelogs_of(
    subtopology: &SubTopology,
    id: TaskId,
    settings: &TaskSettings,
    sources: &[SourceStore],
    plan: &TaskPlan,
) -> Changelogs {
    let written = subtopology.stores.iter().filter_map(|store| {
        let topic = store.changelog.as_ref()?.name.resolve(&settings.application_id);
        Some((store.index, TopicPartition { topic, partition: id.partition }))
    });
    let sources = sources.iter().map(|source| (source.store, plan.partitions[source.input].clone()));
    Changelogs::new(written).with_sources(sources)
}
