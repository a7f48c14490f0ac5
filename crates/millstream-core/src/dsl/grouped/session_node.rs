//! The operator of aggregations over sessions: each record merges the sessions that it touches.

use std::sync::Arc;

use millstream_state::{AnyStore as _, PrefetchFrom, SessionStore, SessionValue, StoreIndex, ValueAndTimestamp};
use millstream_types::{Data, Headers, Nullable, Timestamp, Window, Windowed, session_windowed_serde};

use super::KGroupedStream;
use super::emission::{self, Forwarding};
use super::node::Initial;
use crate::chain::{BoxError, Context, Downstream, Node, SkipReason, in_store};
use crate::dsl::KTable;
use crate::dsl::table::{Look, StorePlan, TableView};
use crate::graph::{Demand, GraphTable};
use crate::options::{CarriedSerdes, EmitStrategy, KeySerde, Materialized};
use crate::record::{Change, Record};
use crate::topology::{Blueprint, BuildNode, Built, OldValues, Table, TableId};
use crate::windows::SessionWindows;

pub(super) type Add<K, V, A> = Arc<dyn Fn(&K, V, Option<A>) -> Result<Option<A>, BoxError> + Send + Sync>;
pub(super) type Merge<K, A> = Arc<dyn Fn(&K, Option<A>, A) -> Result<Option<A>, BoxError> + Send + Sync>;

/// The functions of an aggregation over sessions.
pub(super) struct SessionFunctions<K, V, A> {
    pub(super) initial: Initial<A>,
    pub(super) add: Add<K, V, A>,
    pub(super) merge: Merge<K, A>,
}

impl<K, V, A> SessionFunctions<K, V, A> {
    pub(super) fn new(
        initial: impl Fn() -> Option<A> + Send + Sync + 'static,
        add: impl Fn(&K, V, Option<A>) -> Result<Option<A>, BoxError> + Send + Sync + 'static,
        merge: impl Fn(&K, Option<A>, A) -> Result<Option<A>, BoxError> + Send + Sync + 'static,
    ) -> Self {
        Self { initial: Arc::new(initial), add: Arc::new(add), merge: Arc::new(merge) }
    }

    /// The aggregate of the sessions and the value, which is added last.
    fn fold<'a>(&self, key: &K, value: V, sessions: impl Iterator<Item = &'a A>) -> Result<Option<A>, BoxError>
    where
        A: Clone + 'a,
    {
        let mut aggregate = (self.initial)();
        for session in sessions {
            aggregate = (self.merge)(key, aggregate, session.clone())?;
        }
        (self.add)(key, value, aggregate)
    }
}

impl<K, V, A> Clone for SessionFunctions<K, V, A> {
    fn clone(&self) -> Self {
        Self { initial: Arc::clone(&self.initial), add: Arc::clone(&self.add), merge: Arc::clone(&self.merge) }
    }
}

/// An aggregation over sessions that is not added yet.
pub(super) struct SessionPlan<'a, K, V> {
    pub(super) grouped: &'a KGroupedStream<K, V>,
    pub(super) windows: SessionWindows,
    pub(super) emit: EmitStrategy,
}

impl<K: Nullable, V: Nullable> SessionPlan<'_, K, V> {
    /// Adds it, with names and a store as in Kafka Streams.
    pub(super) fn add<A: Data>(
        self,
        prefix: &'static str,
        materialized: Materialized<K::Present, A>,
        functions: SessionFunctions<K::Present, V, A>,
    ) -> KTable<Windowed<K::Present>, A> {
        let (graph, windows, emit) = (&self.grouped.stream.graph, self.windows, self.emit);
        let plan = StorePlan::of_aggregate(graph, materialized, prefix, &self.grouped.stream.serdes);
        let name = graph.generate(prefix);
        graph.require_values::<A>(&name);
        let stream = self.grouped.partitioned(plan.name());
        let CarriedSerdes { key, value } = plan.serdes();
        let serdes = CarriedSerdes { key: KeySerde::given(session_windowed_serde(key.get())), value };
        let store = plan.add_session(graph, windows.inactivity_gap(), windows.grace(), emit);
        // Without a store there is an error already, and building the topology will fail.
        let index = store.unwrap_or(StoreIndex::new(u32::MAX));
        let view: Arc<dyn TableView<Windowed<K::Present>, A>> = Arc::new(SessionRows { index });
        let grace = Some(windows.grace().saturating_add(windows.inactivity_gap()));
        let table = GraphTable { store, grace, ..GraphTable::default() };
        let table = KTable::add(graph, name, stream.node, table, serdes, |id| {
            let build = session_factory::<K, V, A>(id, index, (windows, emit), functions);
            (build, Arc::new(move |_: &[Table]| Arc::clone(&view)))
        });
        graph.demand(Demand::Store { table: table.id });
        table
    }
}

/// The factory of the operator that computes the rows of `table`, or those of one of its streams.
pub(super) fn session_factory<K: Nullable, V: Nullable, A: Data>(
    table: TableId,
    store: StoreIndex,
    (windows, emit): (SessionWindows, EmitStrategy),
    functions: SessionFunctions<K::Present, V, A>,
) -> BuildNode {
    Box::new(move |blueprint: Blueprint<'_>| {
        Ok(Built::new::<K, V>(SessionAggregate::<K::Present, V, A> {
            name: blueprint.name(),
            store,
            windows,
            stream_time: Timestamp::UNKNOWN,
            forwarding: Forwarding::of(emit, store, &blueprint),
            old_values: blueprint.table(table).old_values,
            functions: functions.clone(),
            children: blueprint.downstream()?,
        }))
    })
}

struct SessionAggregate<K, V, A> {
    name: Arc<str>,
    store: StoreIndex,
    windows: SessionWindows,
    /// The stream time of this operator: the highest time of its records with a key. It may be behind that of the task.
    stream_time: Timestamp,
    /// When updates are forwarded.
    forwarding: Forwarding,
    /// Whether changes have the previous row.
    old_values: OldValues,
    functions: SessionFunctions<K, V, A>,
    children: Downstream<Windowed<K>, Change<A>>,
}

impl<K: Data, V: Nullable, A: Data> SessionAggregate<K, V, A> {
    /// The sessions that a record at `time` merges, in the order of their ends.
    fn find(&self, context: &mut Context<'_>, key: &K, time: Timestamp) -> Option<Vec<SessionValue<A>>> {
        let Some((store, _)) = context.store::<SessionStore<K, A>>(self.store) else {
            context.fail_topology(&self.name, "its store is not open in this task");
            return None;
        };
        let (earliest_end, latest_start) = (self.windows.earliest_end(time), self.windows.latest_start(time));
        let found = store.find_values(key, earliest_end, latest_start);
        context.check(&self.name, found)
    }

    /// Adds a record to the sessions that it touches. Returns `None` if it could not be added.
    fn add<K2: Nullable<Present = K>>(&mut self, context: &mut Context<'_>, record: Record<K2, V>) -> Option<()> {
        let Record { key, value, timestamp, headers } = record;
        let Some(key) = key.into_present() else {
            context.skip(&self.name, SkipReason::NullKey);
            return None;
        };
        self.stream_time = self.stream_time.max(timestamp);
        let sessions = self.find(context, &key, timestamp)?;
        let window = merged(timestamp, &sessions);
        if window.end < self.windows.closed_before(self.stream_time) {
            context.skip(&self.name, SkipReason::LateForWindow);
            return Some(());
        }
        self.merge(context, sessions, window, Record { key, value, timestamp, headers })
    }

    /// Replaces the sessions by the merged one. The functions run before the store is changed. Returns `None` after an error.
    fn merge(
        &mut self,
        context: &mut Context<'_>,
        sessions: Vec<SessionValue<A>>,
        window: Window,
        record: Record<K, V>,
    ) -> Option<()> {
        let Record { key, value, timestamp, headers } = record;
        let folded = self.functions.fold(&key, value, sessions.iter().map(|session| &session.value));
        let aggregate = match folded {
            Ok(aggregate) => aggregate,
            Err(error) => {
                context.fail_processing(&self.name, error);
                return None;
            }
        };
        let write = Write { timestamp, headers };
        if window != (Window { start: timestamp, end: timestamp }) {
            for session in sessions {
                let old = self.old_values.are_sent().then_some(session.value);
                let change = Change { old, ..Change::to(None) };
                self.put(context, &write, &key, session.window, change);
                if context.has_failed() {
                    return None;
                }
            }
        }
        self.put(context, &write, &key, window, Change::to(aggregate));
        (!context.has_failed()).then_some(())
    }

    /// Sets or removes a session, and forwards the change unless it is cached.
    fn put(&mut self, context: &mut Context<'_>, write: &Write, key: &K, window: Window, change: Change<A>) {
        let record_context = context.write_context(write.timestamp, &write.headers);
        let Some((store, log)) = context.store::<SessionStore<K, A>>(self.store) else {
            return context.fail_topology(&self.name, "its store is not open in this task");
        };
        let result = in_store(|| store.put(key, window, change.new.clone(), &record_context, log));
        match context.check(&self.name, result) {
            // After a restart the stream time of the operator is unknown, while that of the store is not.
            Some(outcome) if outcome.is_expired() => context.skip(&self.name, SkipReason::LateForWindow),
            Some(_) if self.forwarding == Forwarding::AtOnce => self.forward(context, key.clone(), window, change),
            Some(_) | None => {}
        }
    }

    /// Forwards the sessions that have closed since the last emission, if one is due.
    fn emit(&mut self, context: &mut Context<'_>, headers: &Headers) -> Option<()> {
        let closed_before = self.windows.closed_before(self.stream_time);
        let last = emission::begin(context, self.store, closed_before)?;
        let ends = SessionWindows::closed_since(last, closed_before)?;
        emission::forward_sessions::<K, A>(context, &self.name, self.store, ends, headers, &mut self.children)?;
        context.set_emitted_until(self.store, closed_before);
        Some(())
    }

    /// Forwards a change, with the end of the session as its time and without headers.
    fn forward(&mut self, context: &mut Context<'_>, key: K, window: Window, value: Change<A>) {
        self.children.forward(context, Record::new(Windowed { key, window }, value, window.end));
    }
}

/// What is stored with an update: the time and the headers of its record.
struct Write {
    timestamp: Timestamp,
    headers: Headers,
}

/// The session of a record at `time` and of the sessions that it merges.
fn merged<A>(time: Timestamp, sessions: &[SessionValue<A>]) -> Window {
    sessions.iter().fold(Window { start: time, end: time }, |merged, session| Window {
        start: merged.start.min(session.window.start),
        end: merged.end.max(session.window.end),
    })
}

impl<K: Nullable, V: Nullable, A: Data> Node<K, V> for SessionAggregate<K::Present, V, A> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        if self.forwarding == Forwarding::OnClose {
            let headers = record.headers.clone();
            if self.add(context, record).is_some() {
                self.emit(context, &headers);
            }
        } else {
            self.add(context, record);
        }
    }

    fn flush(&mut self, context: &mut Context<'_>, rows_max: usize) {
        forward_dirty_sessions::<K::Present, A>(context, &self.name, self.store, rows_max, &mut self.children);
    }
}

/// Logs and forwards up to `rows_max` dirty sessions, with their ends as their times.
pub(super) fn forward_dirty_sessions<K: Data, A: Data>(
    context: &mut Context<'_>,
    node: &str,
    store: StoreIndex,
    rows_max: usize,
    children: &mut Downstream<Windowed<K>, Change<A>>,
) {
    let Some((store, log)) = context.store::<SessionStore<K, A>>(store) else { return };
    let flushed = store.take_dirty(log, rows_max);
    // A store with headers has those of the row, and the operators of the DSL store none.
    let with_headers = store.options().headers;
    for row in context.check(node, flushed).into_iter().flatten() {
        context.set_position(row.context.position);
        let value = Change { old: row.old, new: row.new, is_latest: true };
        let key = Windowed { key: row.key, window: row.window };
        let headers = if with_headers { Headers::new() } else { row.context.headers };
        children.forward(context, Record { key, value, timestamp: row.window.end, headers });
        if context.has_failed() {
            return;
        }
    }
}

/// Looks up the row of a key and session.
pub(super) struct SessionRows {
    pub(super) index: StoreIndex,
}

impl<K: Data, A: Data> TableView<Windowed<K>, A> for SessionRows {
    fn look_up(&self, context: &mut Context<'_>, node: &str, key: &Windowed<K>, look: &mut Look<'_, A>) {
        let found = match context.store::<SessionStore<K, A>>(self.index) {
            Some((store, _)) => {
                let time = key.window.end;
                store
                    .get(&key.key, key.window)
                    .map(|value| look(value.map(|value| ValueAndTimestamp::new(value, time))))
            }
            None => return context.fail_topology(node, "the table's store is not open in this task"),
        };
        context.check(node, found);
    }

    fn prefetch(&self, _context: &mut Context<'_>, _keys: &[&Windowed<K>], _from: PrefetchFrom) {}
}
