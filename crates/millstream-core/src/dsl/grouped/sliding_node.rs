//! The operator of aggregations over sliding windows: each record updates the windows that it is in, and makes those that are
//! missing.
//!
//! The windows of a key are found by their starts. Of a record at `t` and windows of length `d`, the window `[t − d, t]` is the
//! *left* one, and `[t + 1, t + 1 + d]` the *right* one, which the record itself is not in. A right window is made when a record is
//! in it, which may be later, so each record also makes the right window of the record before it. The time of a row is that of
//! its latest record; by it a window is known to have records after a given time.

use std::sync::Arc;

use millstream_state::{StoreIndex, ValueAndTimestamp, WindowStore, WindowValue};
use millstream_types::{Data, Headers, Nullable, Timestamp, Window, Windowed, windowed_serde};

use super::KGroupedStream;
use super::emission::{self, Forwarding};
use super::node::{Fold, Functions};
use super::window_rows::{WindowRows, forward_dirty_windows};
use crate::chain::{Context, Downstream, Node, SkipReason, in_store};
use crate::dsl::KTable;
use crate::dsl::table::{StorePlan, TableView};
use crate::graph::{Demand, GraphTable};
use crate::options::{CarriedSerdes, EmitStrategy, KeySerde, Materialized};
use crate::record::{Change, Record};
use crate::topology::{Blueprint, BuildNode, Built, Table, TableId};
use crate::windows::SlidingWindows;

/// An aggregation over sliding windows that is not added yet.
pub(super) struct SlidingPlan<'a, K, V> {
    pub(super) grouped: &'a KGroupedStream<K, V>,
    pub(super) windows: SlidingWindows,
    pub(super) emit: EmitStrategy,
}

impl<K: Nullable, V: Nullable> SlidingPlan<'_, K, V> {
    /// Adds it, with names and a store as in Kafka Streams.
    pub(super) fn add<A: Data>(
        self,
        prefix: &'static str,
        materialized: Materialized<K::Present, A>,
        functions: Functions<K::Present, V::Present, A>,
    ) -> KTable<Windowed<K::Present>, A> {
        let (graph, windows, emit) = (&self.grouped.stream.graph, self.windows, self.emit);
        let plan = StorePlan::of_aggregate(graph, materialized, prefix, &self.grouped.stream.serdes);
        let name = graph.generate(prefix);
        graph.require_values::<V>(&name);
        graph.require_values::<A>(&name);
        let stream = self.grouped.partitioned(plan.name());
        let CarriedSerdes { key, value } = plan.serdes();
        let key = KeySerde::given(windowed_serde(key.get(), windows.time_difference()));
        let store = plan.add_sliding(graph, windows.time_difference(), windows.grace(), emit);
        // Without a store there is an error already, and building the topology will fail.
        let index = store.unwrap_or(StoreIndex::new(u32::MAX));
        let view: Arc<dyn TableView<Windowed<K::Present>, A>> = Arc::new(WindowRows { index });
        let table = GraphTable { store, grace: Some(windows.grace()), ..GraphTable::default() };
        let table = KTable::add(graph, name, stream.node, table, CarriedSerdes { key, value }, |id| {
            let build = sliding_factory::<K, V, A>(id, index, (windows, emit), functions);
            (build, Arc::new(move |_: &[Table]| Arc::clone(&view)))
        });
        graph.demand(Demand::Store { table: table.id });
        table
    }
}

/// The factory of the operator that computes the rows of `table`, or those of one of its streams.
pub(super) fn sliding_factory<K: Nullable, V: Nullable, A: Data>(
    table: TableId,
    store: StoreIndex,
    (windows, emit): (SlidingWindows, EmitStrategy),
    functions: Functions<K::Present, V::Present, A>,
) -> BuildNode {
    Box::new(move |blueprint: Blueprint<'_>| {
        let (name, fold) = (blueprint.name(), Fold::of(table, store, emit, &functions, &blueprint));
        let (stream_time, children) = (Timestamp::UNKNOWN, blueprint.downstream()?);
        let node = SlidingAggregate::<K::Present, V::Present, A> { name, store, windows, stream_time, fold, children };
        Ok(Built::new::<K, V>(node))
    })
}

struct SlidingAggregate<K, V, A> {
    name: Arc<str>,
    store: StoreIndex,
    windows: SlidingWindows,
    /// The stream time of this operator: the highest time of its records. It may be behind that of the task.
    stream_time: Timestamp,
    fold: Fold<K, V, A>,
    children: Downstream<Windowed<K>, Change<A>>,
}

/// A window's aggregate with the time of its latest record.
type Row<A> = ValueAndTimestamp<A>;

/// The windows around a record that exist already.
struct Around<A> {
    /// The starts of the windows that were looked at.
    starts: Vec<Timestamp>,
    /// The latest window that ends before the record. It has all records of the left window but the new one.
    before: Option<Row<A>>,
    /// The latest window that has the record and later ones. Its records after the new one are those of the right window.
    across: Option<Row<A>>,
    has_left: bool,
    has_right: bool,
    /// The time of the record before, as far as it matters.
    previous: Option<Timestamp>,
}

impl<A> Around<A> {
    fn new() -> Self {
        Self { starts: Vec::new(), before: None, across: None, has_left: false, has_right: false, previous: None }
    }

    /// The aggregate of the right window of a record at `time`, if that is missing and not empty.
    fn right(&mut self, time: Timestamp) -> Option<Row<A>> {
        if self.has_right { None } else { self.across.take().filter(|across| across.timestamp > time) }
    }

    /// The start of the right window of the record before, if that is missing and begins at `earliest` or later.
    fn previous_right(&self, earliest: Timestamp) -> Option<Timestamp> {
        let start = self.previous?.saturating_add(1);
        (start >= earliest && !self.starts.contains(&start)).then_some(start)
    }
}

impl<K: Data, V: Data, A: Data> SlidingAggregate<K, V, A> {
    /// Updates and makes the windows of a record. Returns `None` after a failure.
    fn slide(&mut self, context: &mut Context<'_>, record: &Record<K, V>) -> Option<()> {
        let (time, left_start) = (record.timestamp, self.windows.left_start(record.timestamp));
        let rows = self.fetch(context, &record.key, self.windows.left_start(left_start), time)?;
        let mut around = Around::new();
        for WindowValue { start, value, timestamp } in rows.into_iter().rev() {
            let row = Row { value, timestamp };
            around.starts.push(start);
            if start > time {
                around.has_right = true;
            } else if start > left_start {
                self.update(context, record, start, Some(row.clone()))?;
                around.across.get_or_insert(row);
            } else if start == left_start {
                around.has_left = true;
                self.update(context, record, start, Some(row))?;
                if timestamp >= time {
                    // There is a record at this time already, so that no window is missing.
                    return Some(());
                }
                around.previous = Some(timestamp);
            } else {
                around.previous = Some(timestamp);
                around.before = Some(row);
                break;
            }
        }
        self.make_missing(context, record, around)
    }

    /// Makes the right window of the record before, and the left and right windows of this one.
    fn make_missing(&mut self, context: &mut Context<'_>, record: &Record<K, V>, mut around: Around<A>) -> Option<()> {
        let (time, left_start) = (record.timestamp, self.windows.left_start(record.timestamp));
        if let Some(start) = around.previous_right(left_start) {
            self.update(context, record, start, None)?;
        }
        if !around.has_left {
            let has_previous = around.previous.is_some_and(|previous| previous >= left_start);
            let row = around.before.take().filter(|_| has_previous).map(|row| Row { timestamp: time, ..row });
            self.update(context, record, left_start, row)?;
        }
        match around.right(time) {
            Some(row) => self.make_right(context, record, row),
            None => Some(()),
        }
    }

    /// Updates and makes the windows of a record before the time difference, when a left window would start below 0.
    fn slide_early(&mut self, context: &mut Context<'_>, record: &Record<K, V>) -> Option<()> {
        let (time, zero) = (record.timestamp, Timestamp::from_millis(0));
        let mut around = Around::new();
        let mut combined = None;
        for WindowValue { start, value, timestamp } in self.fetch(context, &record.key, zero, time)? {
            let row = Row { value, timestamp };
            around.starts.push(start);
            if start == zero {
                around.previous = Some(timestamp).filter(|latest| *latest < time);
                combined = Some(row);
            } else if start <= time {
                self.update(context, record, start, Some(row.clone()))?;
                around.across = Some(row);
            } else {
                around.has_right = true;
            }
        }
        // Without a window across, the common window has no record before this one and later ones as well.
        around.across = around.across.or_else(|| combined.clone().filter(|row| row.timestamp > time));
        if let Some(row) = around.right(time) {
            self.make_right(context, record, row)?;
        }
        if let Some(start) = around.previous_right(zero) {
            self.update(context, record, start, None)?;
        }
        self.update(context, record, zero, combined)
    }

    /// The windows that start between `from` and the time after `time`.
    fn fetch(
        &self,
        context: &mut Context<'_>,
        key: &K,
        from: Timestamp,
        time: Timestamp,
    ) -> Option<Vec<WindowValue<A>>> {
        let Some((store, _)) = context.store::<WindowStore<K, A>>(self.store) else {
            context.fail_topology(&self.name, "its store is not open in this task");
            return None;
        };
        let fetched = store.fetch_values(key, from.max(Timestamp::from_millis(0)), time.saturating_add(1));
        context.check(&self.name, fetched)
    }

    /// Adds the record to the window that begins at `start` and has this row, unless it is closed.
    fn update(
        &mut self,
        context: &mut Context<'_>,
        record: &Record<K, V>,
        start: Timestamp,
        row: Option<Row<A>>,
    ) -> Option<()> {
        if self.windows.end_of(start) < self.windows.closed_before(self.stream_time) {
            context.skip(&self.name, SkipReason::LateForWindow);
            return Some(());
        }
        let (mut timestamp, mut change) = (record.timestamp, Change::to(None));
        match self.fold.add(&record.key, record.value.clone(), row, &mut timestamp, &mut change) {
            Ok(row) => self.put(context, record, start, row, Timed { change, timestamp }),
            Err(error) => {
                context.fail_processing(&self.name, error);
                None
            }
        }
    }

    /// Makes the right window of a record, which the record is not in.
    fn make_right(&mut self, context: &mut Context<'_>, record: &Record<K, V>, row: Row<A>) -> Option<()> {
        let change = Change::to(self.fold.forwards_at_once().then(|| row.value.clone()));
        let timed = Timed { change, timestamp: row.timestamp };
        self.put(context, record, record.timestamp.saturating_add(1), Some(row), timed)
    }

    /// Sets the row of a window, and forwards the change unless it is cached.
    fn put(
        &mut self,
        context: &mut Context<'_>,
        record: &Record<K, V>,
        start: Timestamp,
        row: Option<Row<A>>,
        timed: Timed<A>,
    ) -> Option<()> {
        let write = context.write_context(record.timestamp, &record.headers);
        let Some((store, log)) = context.store::<WindowStore<K, A>>(self.store) else {
            context.fail_topology(&self.name, "its store is not open in this task");
            return None;
        };
        let result = in_store(|| store.put(&record.key, start, row, &write, log));
        if context.check(&self.name, result)?.is_expired() {
            // After a restart the stream time of the operator is unknown, while that of the store is not.
            context.skip(&self.name, SkipReason::LateForWindow);
        } else if self.fold.forwards_at_once() {
            let window = Window { start, end: self.windows.end_of(start) };
            let key = Windowed { key: record.key.clone(), window };
            let Timed { change: value, timestamp } = timed;
            self.children.forward(context, Record { key, value, timestamp, headers: record.headers.clone() });
        }
        (!context.has_failed()).then_some(())
    }

    /// Forwards the windows that have closed since the last emission, if one is due.
    fn emit(&mut self, context: &mut Context<'_>, headers: &Headers) -> Option<()> {
        let closed_before = self.windows.closed_before(self.stream_time);
        let last = emission::begin(context, self.store, closed_before)?;
        let starts = self.windows.closed_since(last, closed_before)?;
        let (name, windows, children) = (&self.name, &self.windows, &mut self.children);
        let end_of = |start| windows.end_of(start);
        emission::forward_windows::<K, A>(context, name, self.store, starts, headers, end_of, children)?;
        context.set_emitted_until(self.store, closed_before);
        Some(())
    }
}

/// A change with its time.
struct Timed<A> {
    change: Change<A>,
    timestamp: Timestamp,
}

impl<K: Nullable, V: Nullable, A: Data> Node<K, V> for SlidingAggregate<K::Present, V::Present, A> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let Record { key, value, timestamp, headers } = record;
        let Some(key) = key.into_present() else { return context.skip(&self.name, SkipReason::NullKey) };
        let Some(value) = value.into_present() else { return context.skip(&self.name, SkipReason::NullValue) };
        self.stream_time = self.stream_time.max(timestamp);
        if self.windows.end_of(timestamp) < self.windows.closed_before(self.stream_time) {
            return context.skip(&self.name, SkipReason::LateForWindow);
        }
        let record = Record { key, value, timestamp, headers };
        if timestamp.as_millis() < self.windows.difference_ms() {
            self.slide_early(context, &record);
            return;
        }
        if self.slide(context, &record).is_some() && self.fold.forwarding == Forwarding::OnClose {
            self.emit(context, &record.headers);
        }
    }

    fn flush(&mut self, context: &mut Context<'_>, rows_max: usize) {
        let (windows, children) = (&self.windows, &mut self.children);
        let end_of = |start| windows.end_of(start);
        forward_dirty_windows::<K::Present, A>(context, &self.name, self.store, rows_max, end_of, children);
    }
}
