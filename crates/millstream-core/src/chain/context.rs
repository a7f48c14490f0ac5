//! The nodes of a chain, and the context that they get: stores, time, and the origin of the record.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use millstream_state::{AnyStore, Changelog, Position, RecordContext, StoreError, StoreIndex};
use millstream_types::{Failure, FailureKind, Headers, Origin, Partition, SkipReason, Skipped, Timestamp, Topic};

use super::environment::{Decision, Environment};
use super::failure::BoxError;
use super::join_time::JoinTime;
use super::prefetch::NextKeys;
use super::schedule::{PunctuationType, ScheduleId, Schedules};
use super::shared_index::SharedIndex;
use super::unwind::{Panicked, caught};
use crate::record::Record;
use crate::stores::{GlobalStores, Stores};

/// An operator of a chain: it processes records and forwards results to its children.
///
/// Only *shared* nodes (see [`Edge`](super::Edge)) get other calls than for records.
pub(crate) trait Node<K, V>: Send {
    /// Processes a record.
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>);

    /// Prefetches the rows of the next keys. A node that does not change keys passes the call on to its children. It does not
    /// affect results.
    fn prefetch(&mut self, _context: &mut Context<'_>, _next_keys: NextKeys<'_, K>) {}

    /// Called before the first record.
    fn start(&mut self, _context: &mut Context<'_>) {}

    /// Logs and forwards up to `rows_max` dirty rows of the node's store, at a commit or when the cache is full. It is called
    /// until there are none.
    fn flush(&mut self, _context: &mut Context<'_>, _rows_max: usize) {}

    /// Called when a schedule of the node is due at `time`.
    fn punctuate(&mut self, _context: &mut Context<'_>, _schedule: ScheduleId, _time: Timestamp) {}

    /// Called after the last record.
    fn close(&mut self) {}
}

/// A shared node without its types, as in the arena.
pub(crate) trait SharedNode: Send {
    fn start(&mut self, context: &mut Context<'_>);
    fn flush(&mut self, context: &mut Context<'_>, rows_max: usize);
    fn punctuate(&mut self, context: &mut Context<'_>, schedule: ScheduleId, time: Timestamp);
    fn close(&mut self);
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

/// A typed node in the arena.
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

/// The part of a chain that nodes can use: everything except the sources.
pub(crate) struct ChainState {
    /// Shared nodes. One that is running is taken out.
    pub(super) nodes: Vec<Option<Box<dyn SharedNode>>>,
    /// The shared node of each store that forwards its dirty rows.
    pub(super) owners: Vec<Option<SharedIndex>>,
    pub(super) topics: Vec<Topic>,
    pub(super) partition: Partition,
    /// The position of the present record; `None` in a punctuation.
    pub(super) position: Option<Position>,
    pub(super) stream_time: Timestamp,
    pub(super) schedules: Schedules,
    pub(super) failure: Option<Failure>,
    pub(super) commit_requested: bool,
    pub(super) buffers: Buffers,
    pub(super) application_id: Arc<str>,
    /// The times of stream-stream joins, at the index of the store of their left side. Of an aggregation whose windows are emitted
    /// when they close only the emit interval is there, at the index of its store.
    pub(super) join_times: Vec<JoinTime>,
    /// For each store whose windows are emitted when they close: the time by which those that are closed had ended when
    /// they were emitted last.
    pub(super) emitted_until: BTreeMap<StoreIndex, Timestamp>,
    pub(super) emit_interval: Duration,
    /// The global stores of the process, if it has any.
    pub(super) globals: Option<GlobalStores>,
    /// The wrapped nodes that are running, the innermost last, with the failure of each.
    pub(super) wrapped: Vec<WrappedNode>,
}

/// A wrapped node that is running.
pub(super) struct WrappedNode {
    name: Arc<str>,
    failure: Option<Failure>,
}

/// Takes the innermost wrapped node off when it has run, and when a panic passes.
struct WithinWrapped<'c, 'a> {
    context: &'c mut Context<'a>,
    depth: usize,
}

impl Drop for WithinWrapped<'_, '_> {
    fn drop(&mut self) {
        self.context.state.wrapped.truncate(self.depth);
    }
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

/// Buffers that sinks reuse.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    pub(crate) key: Vec<u8>,
    pub(crate) value: Vec<u8>,
}

/// The context of a step, which is passed down the chain.
pub(crate) struct Context<'a> {
    pub(super) state: &'a mut ChainState,
    pub(super) stores: &'a mut Stores,
    pub(super) environment: &'a mut dyn Environment,
}

impl<'a> Context<'a> {
    pub(super) fn new(state: &'a mut ChainState, stores: &'a mut Stores, environment: &'a mut dyn Environment) -> Self {
        Self { state, stores, environment }
    }

    /// The same context with a shorter lifetime.
    pub(crate) fn reborrow(&mut self) -> Context<'_> {
        Context { state: self.state, stores: self.stores, environment: self.environment }
    }

    /// Runs a shared node.
    pub(super) fn enter(&mut self, index: SharedIndex, run: impl FnOnce(&mut dyn SharedNode, &mut Self)) {
        let Some(mut running) = self.take_out(index) else { return };
        if let Some(node) = &mut running.node {
            run(&mut **node, running.context);
        }
    }

    /// Runs a shared node with these types.
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

    /// A store of this task by its concrete type, with its changelog.
    pub(crate) fn store<S: AnyStore>(&mut self, index: StoreIndex) -> Option<(&mut S, &mut dyn Changelog)> {
        Some((self.stores.typed(index)?, self.environment))
    }

    /// Reads a global store as its concrete type. `read` runs while all global stores are locked.
    pub(crate) fn global_store<S: AnyStore, R>(&self, index: StoreIndex, read: impl FnOnce(&mut S) -> R) -> Option<R> {
        self.state.globals.as_ref()?.read(index, read)
    }

    pub(crate) fn globals(&self) -> Option<&GlobalStores> {
        self.state.globals.as_ref()
    }

    /// What a sink writes with: the buffers that it encodes into, and the environment that takes the records.
    pub(crate) fn output(&mut self) -> (&mut Buffers, &mut dyn Environment) {
        (&mut self.state.buffers, self.environment)
    }

    /// What a store needs of the record that writes to it.
    pub(crate) fn write_context(&self, timestamp: Timestamp, headers: &Headers) -> RecordContext {
        RecordContext { timestamp, headers: headers.clone(), position: self.state.position }
    }

    /// Sets the position to that of an earlier record, whose update is forwarded now.
    pub(crate) fn set_position(&mut self, position: Option<Position>) {
        self.state.position = position;
    }

    /// Runs a part of the chain for an earlier record with this origin, which is forwarded now.
    pub(crate) fn with_origin(&mut self, origin: Option<&Origin>, run: impl FnOnce(&mut Self)) {
        let position = self.state.position;
        self.state.position = origin.and_then(|origin| self.position_of(origin));
        run(self);
        self.state.position = position;
    }

    /// The position of a record with this origin, if this task reads its topic.
    fn position_of(&self, origin: &Origin) -> Option<Position> {
        let source = self.state.topics.iter().position(|topic| *topic == origin.topic)?;
        Some(Position { source: u32::try_from(source).ok()?, offset: origin.offset })
    }

    /// The partition of this task.
    pub(crate) fn partition(&self) -> Partition {
        self.state.partition
    }

    /// The origin of the present record.
    pub(crate) fn origin(&self) -> Option<Origin> {
        self.state.position.map(|position| Origin {
            topic: self.state.topics[position.source as usize].clone(),
            partition: self.state.partition,
            offset: position.offset,
        })
    }

    pub(crate) fn schedule(
        &mut self,
        node: SharedIndex,
        clock: PunctuationType,
        start: Option<Timestamp>,
        interval: Duration,
    ) -> ScheduleId {
        let now = self.environment.now();
        self.state.schedules.add(node, clock, start, interval, now)
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

    /// The wall-clock time.
    pub(crate) fn now(&self) -> Timestamp {
        self.environment.now().wall
    }

    pub(crate) fn stream_time(&self) -> Timestamp {
        self.state.stream_time
    }

    /// The time of the stream-stream join whose left side is kept in `left`.
    pub(crate) fn join_time(&mut self, left: StoreIndex) -> &mut JoinTime {
        let times = &mut self.state.join_times;
        if times.len() <= left.index() {
            times.resize_with(left.index() + 1, JoinTime::default);
        }
        &mut times[left.index()]
    }

    /// Whether the emit interval of this join is over, or that of the aggregation with this store. If so, the next one begins.
    pub(crate) fn begin_emit(&mut self, left: StoreIndex) -> bool {
        let (now, interval) = (self.environment.now().monotonic, self.state.emit_interval);
        self.join_time(left).begin_emit(now, interval)
    }

    /// The time by which the windows of `store` had ended that were emitted so far; [`Timestamp::UNKNOWN`] if none was, also
    /// before a restart.
    pub(crate) fn emitted_until(&self, store: StoreIndex) -> Timestamp {
        self.state.emitted_until.get(&store).copied().unwrap_or(Timestamp::UNKNOWN)
    }

    /// Notes that the windows of `store` that have ended by `time` are emitted.
    pub(crate) fn set_emitted_until(&mut self, store: StoreIndex, time: Timestamp) {
        self.state.emitted_until.insert(store, time);
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.state.failure.is_some()
    }

    pub(crate) fn skip(&mut self, node: &str, reason: SkipReason) {
        let origin = self.origin();
        self.environment.skipped(Skipped { reason, node, origin, detail: None, record_data: None });
    }

    /// Runs a wrapped node, and returns its failure, if the handlers can decide about that, before they do.
    pub(super) fn wrapped(&mut self, name: &Arc<str>, run: impl FnOnce(&mut Context<'_>)) -> Result<(), Failure> {
        let depth = self.state.wrapped.len();
        self.state.wrapped.push(WrappedNode { name: Arc::clone(name), failure: None });
        let within = WithinWrapped { context: self, depth };
        run(within.context);
        let failure = within.context.state.wrapped.get_mut(depth).and_then(|node| node.failure.take());
        failure.map_or(Ok(()), Err)
    }

    /// Leaves a failure to the code around its node, if that is wrapped and running.
    #[cold]
    fn leave_to_wrapper(&mut self, failure: Failure) -> Option<Failure> {
        let node = self.state.wrapped.last_mut().filter(|node| failure.node.as_deref() == Some(&*node.name));
        match node {
            Some(node) if node.failure.is_none() && failure.kind.is_decidable() => {
                node.failure = Some(failure);
                None
            }
            Some(_) | None => Some(failure),
        }
    }

    /// Handles a failure in `node`: a handler decides if it can; otherwise the task stops.
    #[cold]
    pub(crate) fn fail(&mut self, kind: FailureKind, node: &str, error: impl Into<BoxError>) {
        self.fail_with(Failure::from_error(kind, error).in_node(node));
    }

    /// Handles a failure, to which only the origin is added. The code around a wrapped node gets it first.
    #[cold]
    pub(crate) fn fail_with(&mut self, mut failure: Failure) {
        failure.origin = self.origin();
        let Some(mut failure) = self.leave_to_wrapper(failure) else { return };
        let decision = if failure.kind.is_decidable() { self.environment.decide(&mut failure) } else { Decision::Fail };
        if decision == Decision::Fail {
            self.state.failure.get_or_insert(failure);
        }
    }

    /// Handles a panic in `node` or in a node below: the handler decides, unless a store was being written.
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

    /// Handles an error of the user code of `node`.
    #[cold]
    pub(crate) fn fail_processing(&mut self, node: &str, error: BoxError) {
        self.fail(FailureKind::Processing, node, error);
    }

    pub(crate) fn fail_topology(&mut self, node: &str, message: impl Into<BoxError>) {
        self.fail(FailureKind::Topology, node, message);
    }

    /// The value of a store operation. After an error the task stops.
    pub(crate) fn check<T>(&mut self, node: &str, result: Result<T, StoreError>) -> Option<T> {
        result.map_err(|error| self.fail(FailureKind::Store, node, error)).ok()
    }
}
