//! The operators of a task, which process records, update stores and send records.
//!
//! A chain is built from a [`Topology`](crate::Topology) for one sub-topology and one partition. It owns its nodes, borrows
//! the task's [`Stores`] for each step, and needs no lock. A task calls [`Chain::prepare`] for the head of each partition's
//! queue, [`Chain::process`] for the head with the smallest timestamp, and [`Chain::flush`] at a commit.

mod caches;
mod context;
mod edge;
mod environment;
mod failure;
mod join_time;
mod prefetch;
mod progress;
mod punctuate;
mod schedule;
mod shared_index;
mod source;
mod topics;
mod unwind;
mod wrap;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use millstream_state::StoreIndex;
use millstream_types::{Offset, Partition, RecordBytes, Timestamp, Topic};

pub use crate::partitioning::Route;
use context::contained;
pub(crate) use context::{Buffers, ChainState, Context, Node, Shared, SharedNode};
pub(crate) use edge::{Downstream, Edge};
pub use environment::{Decision, Destination, Environment};
pub use failure::BoxError;
pub use millstream_types::{Failure, FailureKind, Origin, SkipReason, Skipped};
pub(crate) use prefetch::{NextKey, NextKeys, PrefetchedKeys};
pub use progress::FlushProgress;
pub(crate) use schedule::{DueBy, Schedules};
pub use schedule::{PunctuationType, ScheduleId};
pub(crate) use shared_index::SharedIndex;
pub(crate) use source::SourceNode;
use source::SourceSlot;
pub(crate) use unwind::{caught, forget_caught, in_node, in_store, without_a_row};
pub(crate) use wrap::Wrapped;
pub use wrap::{AroundProcessor, ProcessedKeys, ProcessorCall, ProcessorInfo, ProcessorWrapper};

use crate::record::RawKey;
use crate::stores::{GlobalStores, Stores};

/// The parts of a chain, which the assembly of the topology collects.
pub(crate) struct Parts {
    pub(crate) application_id: Arc<str>,
    pub(crate) partition: Partition,
    pub(crate) sources: Vec<Box<dyn SourceNode>>,
    /// For each topic of the sub-topology the source that reads it, and the topic's number there.
    pub(crate) topics: Vec<(Topic, usize, usize)>,
    pub(crate) nodes: Vec<Option<Box<dyn SharedNode>>>,
    /// The stores with caching, in the order in which they were added.
    pub(crate) caching_stores: Vec<StoreIndex>,
    pub(crate) has_stores: bool,
    pub(crate) owners: Vec<Option<SharedIndex>>,
    pub(crate) cache_bytes_max: usize,
    /// The shortest time between two emissions of the records of a join without a match, or of the windows of an aggregation that
    /// have closed.
    pub(crate) emit_interval: Duration,
}

/// The operators of one task. Its stores are the task's, and are lent to the chain at each step.
pub struct Chain {
    state: ChainState,
    sources: Vec<Box<dyn SourceNode>>,
    slots: Vec<SourceSlot>,
    heads: Vec<Option<Head>>,
    partition_times: Vec<Timestamp>,
    caching_stores: Vec<StoreIndex>,
    /// The index of the store with which a flush continues.
    flushing: usize,
    /// The store that is flushed because the caches hold too much.
    emptied: Option<StoreIndex>,
    /// Whether nothing is left to do of what the last record has made due.
    is_settled: bool,
    cache_bytes_max: usize,
    prefetches: bool,
}

#[derive(Clone, Copy, Debug)]
struct Head {
    timestamp: Timestamp,
    offset: Offset,
}

impl Chain {
    pub(crate) fn new(parts: Parts) -> Self {
        let topic_count = parts.topics.len();
        let slots = parts.topics.iter().map(|&(_, source, topic)| SourceSlot { source, topic }).collect();
        Self {
            prefetches: parts.has_stores,
            state: ChainState {
                nodes: parts.nodes,
                owners: parts.owners,
                topics: parts.topics.into_iter().map(|(topic, _, _)| topic).collect(),
                partition: parts.partition,
                position: None,
                stream_time: Timestamp::UNKNOWN,
                schedules: Schedules::default(),
                failure: None,
                commit_requested: false,
                buffers: Buffers::default(),
                application_id: parts.application_id,
                join_times: Vec::new(),
                emitted_until: BTreeMap::new(),
                globals: None,
                wrapped: Vec::new(),
                emit_interval: parts.emit_interval,
            },
            sources: parts.sources,
            slots,
            heads: vec![None; topic_count],
            partition_times: vec![Timestamp::UNKNOWN; topic_count],
            caching_stores: parts.caching_stores,
            flushing: 0,
            emptied: None,
            is_settled: true,
            cache_bytes_max: parts.cache_bytes_max,
        }
    }

    /// Initialises the processors. Must be called once, when the stores are restored and before the first record.
    ///
    /// # Errors
    /// When a processor's `init` fails.
    pub fn start(&mut self, stores: &mut Stores, environment: &mut dyn Environment) -> Result<(), Failure> {
        for index in 0..self.state.nodes.len() {
            let enter =
                |context: &mut Context<'_>| context.enter(SharedIndex(index), |node, context| node.start(context));
            if let Err(panicked) = contained(&mut self.state, stores, environment, enter) {
                self.state.failure.get_or_insert(panicked.failure("init"));
            }
        }
        self.outcome()
    }

    /// The topics that this chain reads, in the order of the numbers that the other methods take.
    #[must_use]
    pub fn topics(&self) -> &[Topic] {
        &self.state.topics
    }

    /// Whether prefetching can help: whether there are stores.
    #[must_use]
    #[inline]
    pub fn prefetches(&self) -> bool {
        self.prefetches
    }

    /// Prefetches the rows that the next records of topic number `topic` will look up, by their keys in the order of their
    /// offsets. The records are still to be prepared; a key that cannot be read is reported then. Results do not depend on
    /// it.
    pub fn prefetch(
        &mut self,
        topic: usize,
        next: &mut dyn Iterator<Item = RawKey<'_>>,
        stores: &mut Stores,
        environment: &mut dyn Environment,
    ) {
        let slot = self.slots[topic];
        let source = &mut self.sources[slot.source];
        // A key whose serde panics does so again when its record is processed, and is reported then.
        let _ = contained(&mut self.state, stores, environment, |context| source.prefetch(context, slot.topic, next));
    }

    /// Decodes `record` and keeps it as the head of topic number `topic`. Returns its timestamp, or `None` if the record was
    /// skipped (its offset still counts as consumed).
    ///
    /// # Errors
    /// When the record cannot be read and the handler decides to fail.
    pub fn prepare(
        &mut self,
        topic: usize,
        offset: Offset,
        record: RecordBytes<'_>,
        stores: &mut Stores,
        environment: &mut dyn Environment,
    ) -> Result<Option<Timestamp>, Failure> {
        let (slot, partition_time) = (self.slots[topic], self.partition_times[topic]);
        self.state.position = Some(SourceSlot::position(topic, offset));
        let source = &mut self.sources[slot.source];
        let prepared = contained(&mut self.state, stores, environment, |context| {
            source.prepare(context, slot.topic, offset, record, partition_time)
        });
        let timestamp = prepared.unwrap_or_else(|panicked| {
            Context::new(&mut self.state, stores, environment).fail_by_panic(source.name(), &panicked);
            None
        });
        self.heads[topic] = timestamp.map(|timestamp| Head { timestamp, offset });
        self.outcome().map(|()| timestamp)
    }

    /// Pushes the head of topic number `topic` through the operators. Nothing happens if there is none. What the record has
    /// made due is then to be [settled](Self::settle).
    ///
    /// # Errors
    /// When an operator or a store fails, and the handler decides to fail or cannot decide.
    pub fn process(
        &mut self,
        topic: usize,
        stores: &mut Stores,
        environment: &mut dyn Environment,
    ) -> Result<(), Failure> {
        let Some(head) = self.heads[topic].take() else { return Ok(()) };
        let slot = self.slots[topic];
        self.partition_times[topic] = self.partition_times[topic].max(head.timestamp);
        self.state.stream_time = self.state.stream_time.max(head.timestamp);
        self.state.position = Some(SourceSlot::position(topic, head.offset));
        let source = &mut self.sources[slot.source];
        let pushed = contained(&mut self.state, stores, environment, |context| source.push(context, slot.topic));
        if let Err(panicked) = pushed {
            Context::new(&mut self.state, stores, environment).fail_by_panic(source.name(), &panicked);
        }
        self.outcome()
    }

    /// Does what a record has made due: flushes caches that hold too much, then runs the schedules that stream time has
    /// reached.
    ///
    /// Each row and each schedule takes one of `left`. With none left it ends with [`FlushProgress::More`], and is to be
    /// called again before the next record; results do not depend on how often it ends.
    ///
    /// # Errors
    /// When an operator or a store fails and the handler decides to stop, or has no say.
    #[inline]
    pub fn settle(
        &mut self,
        left: &mut usize,
        stores: &mut Stores,
        environment: &mut dyn Environment,
    ) -> Result<FlushProgress, Failure> {
        let mut progress = FlushProgress::Done;
        if self.must_empty_a_cache(stores) {
            progress = self.bound_caches(left, stores, environment)?;
        }
        if progress == FlushProgress::Done && self.is_due_by_stream_time() {
            progress = self.punctuate_by_stream_time(left, stores, environment)?;
        }
        self.is_settled = progress == FlushProgress::Done;
        Ok(progress)
    }

    /// Whether nothing is left to do of what the last record has made due.
    #[must_use]
    #[inline]
    pub fn is_settled(&self) -> bool {
        self.is_settled
    }

    /// Lets the operators read these global stores.
    pub fn read_globals(&mut self, globals: GlobalStores) {
        self.state.globals = Some(globals);
    }

    /// Sets the maximum size of the caches in bytes, beyond which they are flushed before a commit.
    pub fn set_cache_bytes_max(&mut self, bytes: usize) {
        self.cache_bytes_max = bytes;
    }

    /// The stream time: the highest timestamp of the processed records; [`Timestamp::UNKNOWN`] before the first.
    #[must_use]
    pub fn stream_time(&self) -> Timestamp {
        self.state.stream_time
    }

    /// The partition time: the highest processed timestamp of topic number `topic`.
    #[must_use]
    pub fn partition_time(&self, topic: usize) -> Timestamp {
        self.partition_times[topic]
    }

    /// Sets the partition time that an earlier owner of the task had reached, from the metadata of its committed offset.
    pub fn resume_partition_time(&mut self, topic: usize, time: Timestamp) {
        self.partition_times[topic] = self.partition_times[topic].max(time);
        self.state.stream_time = self.state.stream_time.max(time);
    }

    /// For each store whose windows are emitted when they close: the time by which those that were emitted so far had ended. It
    /// is committed with the offsets, so that no window is emitted twice after a restart.
    pub fn emitted_until(&self) -> impl Iterator<Item = (StoreIndex, Timestamp)> {
        self.state.emitted_until.iter().map(|(store, time)| (*store, *time))
    }

    /// Sets the time by which an earlier owner of the task has emitted the windows of `store`, from the metadata of a committed offset.
    /// Of several the latest one counts.
    pub fn resume_emitted_until(&mut self, store: StoreIndex, time: Timestamp) {
        let emitted = self.state.emitted_until.entry(store).or_insert(time);
        *emitted = time.max(*emitted);
    }

    /// Whether a processor has requested a commit since the last call.
    pub fn take_commit_request(&mut self) -> bool {
        std::mem::take(&mut self.state.commit_requested)
    }

    /// Closes the processors, each of them: no more records come. Returns a failure for each that panicked.
    pub fn close(&mut self) -> Vec<Failure> {
        let nodes = self.state.nodes.iter_mut().flatten();
        nodes.filter_map(|node| caught(|| node.close()).err().map(|panicked| panicked.failure("close"))).collect()
    }

    fn context<'a>(&'a mut self, stores: &'a mut Stores, environment: &'a mut dyn Environment) -> Context<'a> {
        Context::new(&mut self.state, stores, environment)
    }

    fn outcome(&mut self) -> Result<(), Failure> {
        self.state.failure.take().map_or(Ok(()), Err)
    }
}
