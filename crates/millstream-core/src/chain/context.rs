//! What a node of a chain is, and what it sees of its task while a record passes: stores, time, the record's origin, the
//! way out.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use millstream_state::{AnyStore, Changelog, Position, RecordContext, StoreError, StoreIndex};
use millstream_types::{Failure, FailureKind, Headers, Origin, Partition, SkipReason, Skipped, Timestamp, Topic};

use super::environment::{Decision, Environment};
use super::failure::BoxError;
use super::prefetch::NextKey;
use super::schedule::{PunctuationType, ScheduleId, Schedules};
use super::shared_index::SharedIndex;
use super::unwind::{Panicked, caught};
use crate::record::Record;
use crate::stores::Stores;

/// An operator at work: takes records and pushes what follows from them to its children.
///
/// Only nodes that are built as *shared* (see [`Edge`](super::Edge)) are called for anything but records.
pub(crate) trait Node<K, V>: Send {
    /// Takes one record.
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>);

    /// Prefetches the rows of keys whose records come next, unless an operator before drops them. A node that keeps keys
    /// passes the call on to its children. Results do not depend on it.
    fn prefetch(&mut self, _context: &mut Context<'_>, _next_keys: &[NextKey<K>]) {}

    /// Before the first record.
    fn start(&mut self, _context: &mut Context<'_>) {}

    /// Logs and forwards up to `rows_max` of the updates that the cache of the node's store holds back, at a commit or when
    /// the cache is full. It is called until there are none.
    fn flush(&mut self, _context: &mut Context<'_>, _rows_max: usize) {}

    /// One of the node's own schedules is due at `time`.
    fn punctuate(&mut self, _context: &mut Context<'_>, _schedule: ScheduleId, _time: Timestamp) {}

    /// After the last record.
    fn close(&mut self) {}
}

/// A shared node without its types, as it lies in the arena.
pub(crate) trait SharedNode: Send {
    fn start(&mut self, context: &mut Context<'_>);
    fn flush(&mut self, context: &mut Context<'_>, rows_max: usize);
    fn punctuate(&mut self, context: &mut Context<'_>, schedule: ScheduleId, time: Timestamp);
    fn close(&mut self);
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

/// Puts a typed node into the arena.
pub(crate) struct Shared<K, V>(pub(crate) Box<dyn Node<K, V>>);

impl<K: 'static, V: 'static> SharedNode for Shared<K, V> {
    fn start(&mut self, context: &mut Context<'_>) {
        self.0.start(context);
    }

    fn flush(&mut self, context: &mut Context<'_>, rows_max: usize) {
        self.0.flush(context, rows_max);
    }

    fn punctuate(&mut self, context: &mut Context<'_>, schedule: ScheduleId, time: Timestamp) {
        self.0.punctuate(context, schedule, time);
    }

    fn close(&mut self) {
        self.0.close();
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// The part of a chain that every node may need: everything but the sources.
pub(crate) struct ChainState {
    /// Shared nodes; one that is being run is taken out.
    pub(super) nodes: Vec<Option<Box<dyn SharedNode>>>,
    /// Per store the shared node that forwards what its cache held back.
    pub(super) owners: Vec<Option<SharedIndex>>,
    pub(super) topics: Vec<Topic>,
    pub(super) partition: Partition,
    /// Where the record in hand came from; `None` inside a punctuator.
    pub(super) position: Option<Position>,
    pub(super) stream_time: Timestamp,
    pub(super) schedules: Schedules,
    pub(super) failure: Option<Failure>,
    pub(super) commit_requested: bool,
    pub(super) buffers: Buffers,
    pub(super) application_id: Arc<str>,
}

/// Runs a part of the chain. After a panic all nodes are in their places.
#[inline]
pub(super) fn contained<T>(
    state: &mut ChainState,
    stores: &mut Stores,
    environment: &mut dyn Environment,
    run: impl FnOnce(&mut Context<'_>) -> T,
) -> Result<T, Panicked> {
    caught(|| run(&mut Context::new(state, stores, environment)))
}

/// A shared node that is running, out of its place: it is put back when it has run, and when a panic passes.
struct Running<'c, 'a> {
    context: &'c mut Context<'a>,
    index: SharedIndex,
    node: Option<Box<dyn SharedNode>>,
}

impl Drop for Running<'_, '_> {
    fn drop(&mut self) {
        self.context.state.nodes[self.index.0] = self.node.take();
    }
}

/// Reused for every record that a sink writes.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    pub(crate) key: Vec<u8>,
    pub(crate) value: Vec<u8>,
}

/// One step's view of the task, passed down the chain.
pub(crate) struct Context<'a> {
    pub(super) state: &'a mut ChainState,
    pub(super) stores: &'a mut Stores,
    pub(super) environment: &'a mut dyn Environment,
}

impl<'a> Context<'a> {
    pub(super) fn new(state: &'a mut ChainState, stores: &'a mut Stores, environment: &'a mut dyn Environment) -> Self {
        Self { state, stores, environment }
    }

    /// The same view for a shorter time.
    pub(crate) fn reborrow(&mut self) -> Context<'_> {
        Context { state: self.state, stores: self.stores, environment: self.environment }
    }

    /// Runs a shared node with everything else at hand.
    pub(super) fn enter(&mut self, index: SharedIndex, run: impl FnOnce(&mut dyn SharedNode, &mut Self)) {
        let Some(mut running) = self.take_out(index) else { return };
        if let Some(node) = &mut running.node {
            run(&mut **node, running.context);
        }
    }

    /// Runs a shared node that takes such records.
    pub(super) fn with_shared<K: 'static, V: 'static>(
        &mut self,
        index: SharedIndex,
        run: impl FnOnce(&mut dyn Node<K, V>, &mut Self),
    ) {
        let Some(mut running) = self.take_out(index) else { return };
        match running.node.as_mut().and_then(|node| node.as_any_mut().downcast_mut::<Shared<K, V>>()) {
            Some(node) => run(&mut *node.0, running.context),
            None => {
                running.context.fail_topology("chain", "a record of another type reached a node; please report this");
            }
        }
    }

    /// Takes a shared node out of its place, to run it.
    #[inline]
    fn take_out(&mut self, index: SharedIndex) -> Option<Running<'_, 'a>> {
        let Some(node) = self.state.nodes[index.0].take() else {
            self.fail_topology("chain", "a node was entered while it was running: the topology has a cycle");
            return None;
        };
        Some(Running { context: self, index, node: Some(node) })
    }

    /// A store of this task by its concrete type, together with where its updates are logged.
    pub(crate) fn store<S: AnyStore>(&mut self, index: StoreIndex) -> Option<(&mut S, &mut dyn Changelog)> {
        Some((self.stores.typed(index)?, self.environment))
    }

    /// What a sink writes with: the buffers that it encodes into, and the environment that takes the records.
    pub(crate) fn output(&mut self) -> (&mut Buffers, &mut dyn Environment) {
        (&mut self.state.buffers, self.environment)
    }

    /// What a store needs of the record that writes to it.
    pub(crate) fn write_context(&self, timestamp: Timestamp, headers: &Headers) -> RecordContext {
        RecordContext { timestamp, headers: headers.clone(), position: self.state.position }
    }

    /// Puts the origin back to that of an earlier record, whose update is being forwarded now.
    pub(crate) fn set_position(&mut self, position: Option<Position>) {
        self.state.position = position;
    }

    /// Where the record in hand came from.
    pub(crate) fn origin(&self) -> Option<Origin> {
        self.state.position.map(|position| Origin {
            topic: self.state.topics[position.source as usize].clone(),
            partition: self.state.partition,
            offset: position.offset,
        })
    }

    pub(crate) fn schedule(&mut self, node: SharedIndex, clock: PunctuationType, interval: Duration) -> ScheduleId {
        let now = self.environment.now().monotonic;
        self.state.schedules.add(node, clock, interval, now)
    }

    pub(crate) fn cancel(&mut self, schedule: ScheduleId) {
        self.state.schedules.cancel(schedule);
    }

    pub(crate) fn request_commit(&mut self) {
        self.state.commit_requested = true;
    }

    pub(crate) fn print(&mut self, line: &str) {
        self.environment.print(line);
    }

    pub(crate) fn application_id(&self) -> &str {
        &self.state.application_id
    }

    /// The wall clock.
    pub(crate) fn now(&self) -> Timestamp {
        self.environment.now().wall
    }

    pub(crate) fn stream_time(&self) -> Timestamp {
        self.state.stream_time
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.state.failure.is_some()
    }

    pub(crate) fn skip(&mut self, node: &str, reason: SkipReason) {
        let origin = self.origin();
        self.environment.skipped(Skipped { reason, node, origin, detail: None, record_data: None });
    }

    /// A failure in `node`: the handlers decide where they may; otherwise, or if they say so, the task stops.
    #[cold]
    pub(crate) fn fail(&mut self, kind: FailureKind, node: &str, error: impl Into<BoxError>) {
        self.fail_with(Failure::from_error(kind, error).in_node(node));
    }

    /// The same, with the failure made already; it lacks the origin alone.
    #[cold]
    pub(crate) fn fail_with(&mut self, mut failure: Failure) {
        failure.origin = self.origin();
        let decision = if failure.kind.is_decidable() { self.environment.decide(&mut failure) } else { Decision::Fail };
        if decision == Decision::Fail {
            self.state.failure.get_or_insert(failure);
        }
    }

    /// A panic in `node` or in a node below: the handler decides, unless a store was being written.
    #[cold]
    pub(super) fn fail_by_panic(&mut self, node: &str, panicked: &Panicked) {
        let failure = panicked.failure(node);
        if panicked.is_contained() { self.fail_with(failure) } else { self.stop(failure) }
    }

    /// A failure that no handler decides about.
    #[cold]
    pub(crate) fn stop(&mut self, mut failure: Failure) {
        failure.origin = self.origin();
        self.state.failure.get_or_insert(failure);
    }

    /// User code of `node` returned an error.
    #[cold]
    pub(crate) fn fail_processing(&mut self, node: &str, error: BoxError) {
        self.fail(FailureKind::Processing, node, error);
    }

    pub(crate) fn fail_topology(&mut self, node: &str, message: impl Into<BoxError>) {
        self.fail(FailureKind::Topology, node, message);
    }

    /// The value of a store operation; on an error the task stops.
    pub(crate) fn check<T>(&mut self, node: &str, result: Result<T, StoreError>) -> Option<T> {
        result.map_err(|error| self.fail(FailureKind::Store, node, error)).ok()
    }
}
