//! `count`, `reduce` and `aggregate` over tumbling, hopping and unlimited windows.

use std::sync::Arc;

use millstream_state::{AnyStore, StoreIndex, WindowStore};
use millstream_types::{Data, Headers, Nullable, Timestamp, Window, Windowed, windowed_serde};

use super::KGroupedStream;
use super::count::use_up_number;
use super::emission::{self, Forwarding};
use super::node::{Fold, Functions};
use super::window_rows::{WindowRows, forward_dirty_windows, log_dirty_windows};
use crate::chain::{BoxError, Context, Downstream, FailureKind, NextKeys, Node, SkipReason, in_store};
use crate::dsl::KTable;
use crate::dsl::table::{StorePlan, TableView};
use crate::graph::{Demand, GraphTable};
use crate::options::{CarriedSerdes, EmitStrategy, KeySerde, Materialized};
use crate::record::{Change, Record};
use crate::topology::{Blueprint, BuildNode, Built, Table, TableId, TopologyError};
use crate::windows::FixedWindows;

/// How many windows of each of the next records are prefetched, since a record may be in very many hopping windows.
const WINDOWS_PREFETCHED: usize = 4;

/// A stream that is grouped by key and window with [`KGroupedStream::windowed_by`].
///
/// A record belongs to every window that contains its time, even if its value is null. A window is closed when stream time has
/// passed its end by the grace period. Records that are late for a window are skipped and counted, once per window.
pub struct TimeWindowedKStream<K, V> {
    grouped: KGroupedStream<K, V>,
    windows: FixedWindows,
    emit: EmitStrategy,
}

impl<K: Nullable, V: Nullable> TimeWindowedKStream<K, V> {
    pub(super) fn new(grouped: KGroupedStream<K, V>, windows: FixedWindows) -> Self {
        grouped.stream.graph.require_windows(windows.fault());
        Self { grouped, windows, emit: EmitStrategy::default() }
    }

    /// Sets when results are forwarded: with each update, which is the default, or once for each window, when it has closed.
    ///
    /// Windows are closed by the stream time of this operator. Its store keeps them for their size and grace, or the retention of
    /// [`Materialized`]; with caching until they are emitted. Without, one that stream time passes by more than that before it is
    /// emitted is lost, as in Kafka Streams: keep the cache, or give a longer retention. Unlimited windows never close, so that with
    /// them the topology cannot be built.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_core::{EmitStrategy, TimeWindows};
    /// # let builder = millstream_core::StreamsBuilder::new();
    ///
    /// let minutes = TimeWindows::of_size_and_grace(Duration::from_secs(60), Duration::from_secs(10));
    /// let clicks = builder.stream::<String, String>("clicks").group_by_key().windowed_by(minutes);
    /// clicks.emit_strategy(EmitStrategy::OnWindowClose).count("per-minute").to_stream().to("clicks-per-minute");
    /// ```
    #[must_use]
    pub fn emit_strategy(self, emit: EmitStrategy) -> Self {
        if emit == EmitStrategy::OnWindowClose && matches!(self.windows, FixedWindows::Unlimited(_)) {
            let reason = "unlimited windows never close, so they cannot be emitted on close; use other windows, or emit on update";
            let what = "emit_strategy".to_owned();
            self.grouped.stream.graph.fail(TopologyError::Invalid { what, reason: reason.to_owned() });
        }
        Self { emit, ..self }
    }

    /// Counts the records of each key and window.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_core::TimeWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    ///
    /// let minutes = TimeWindows::of_size_and_grace(Duration::from_secs(60), Duration::from_secs(10));
    /// let clicks = builder.stream::<String, String>("clicks");
    /// clicks.group_by_key().windowed_by(minutes).count("per-minute").to_stream().to("clicks-per-minute");
    /// ```
    pub fn count(&self, materialized: impl Into<Materialized<K::Present, i64>>) -> KTable<Windowed<K::Present>, i64> {
        let count = |_: &K::Present, _: V, count: Option<i64>| count.map(|count| count.saturating_add(1));
        let materialized = materialized.into();
        use_up_number(&self.grouped.stream.graph, &materialized);
        self.add_aggregation("KSTREAM-AGGREGATE-", materialized, Functions::new(|| Some(0), count))
    }

    /// Combines the values of each key and window into one. The first value is the initial result; `reduce` takes the result so
    /// far and a further value, which may be null. A result of `None` deletes the row.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::TimeWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let minutes = TimeWindows::of_size_with_no_grace(Duration::from_secs(60));
    /// let readings = builder.stream::<String, i64>("readings").group_by_key().windowed_by(minutes);
    /// readings.reduce("highest", |highest, reading| highest.max(reading)).to_stream().to("highest-per-minute");
    /// ```
    pub fn reduce<R: Nullable<Present = V::Present>>(
        &self,
        materialized: impl Into<Materialized<K::Present, V::Present>>,
        reduce: impl Fn(V::Present, V) -> R + Send + Sync + 'static,
    ) -> KTable<Windowed<K::Present>, V::Present> {
        let mut materialized = materialized.into();
        materialized.value_serde.get_or_insert_with(|| self.grouped.stream.serdes.value.get());
        let update = move |_: &K::Present, value: V, row| match row {
            Some(row) => reduce(row, value).into_present(),
            None => value.into_present(),
        };
        self.add_aggregation("KSTREAM-REDUCE-", materialized, Functions::new(|| None, update))
    }

    /// Folds the values of each key and window into an aggregate of another type, as
    /// [`KGroupedStream::aggregate`] does per key, except that `add` also gets null values.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::TimeWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let minutes = TimeWindows::of_size_with_no_grace(Duration::from_secs(60));
    /// let readings = builder.stream::<String, i64>("readings").group_by_key().windowed_by(minutes);
    /// let sums = readings.aggregate("sums", || 0_i64, |_sensor, reading, sum| sum + reading);
    /// sums.to_stream().to("sums-per-minute");
    /// ```
    pub fn aggregate<A: Nullable>(
        &self,
        materialized: impl Into<Materialized<K::Present, A::Present>>,
        initial: impl Fn() -> A + Send + Sync + 'static,
        add: impl Fn(&K::Present, V, A) -> A + Send + Sync + 'static,
    ) -> KTable<Windowed<K::Present>, A::Present> {
        let update = move |key: &K::Present, value, row| add(key, value, A::from_option(row)?).into_present();
        let functions = Functions::new(move || initial().into_present(), update);
        self.add_aggregation("KSTREAM-AGGREGATE-", materialized.into(), functions)
    }

    /// [`reduce`](Self::reduce) with a function that may fail.
    ///
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops or skips the record. The row stays as it was.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_core::TimeWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    ///
    /// let minutes = TimeWindows::of_size_and_grace(Duration::from_secs(60), Duration::from_secs(10));
    /// let amounts = builder.stream::<String, i64>("amounts").group_by_key().windowed_by(minutes);
    /// amounts.try_reduce("sums", |sum: i64, amount| sum.checked_add(amount).ok_or("the sum is too large"));
    /// ```
    pub fn try_reduce<R: Nullable<Present = V::Present>, E: Into<BoxError>>(
        &self,
        materialized: impl Into<Materialized<K::Present, V::Present>>,
        reduce: impl Fn(V::Present, V) -> Result<R, E> + Send + Sync + 'static,
    ) -> KTable<Windowed<K::Present>, V::Present> {
        let mut materialized = materialized.into();
        materialized.value_serde.get_or_insert_with(|| self.grouped.stream.serdes.value.get());
        let update = move |_: &K::Present, value: V, row| match row {
            Some(row) => reduce(row, value).map(Nullable::into_present).map_err(Into::into),
            None => Ok(value.into_present()),
        };
        self.add_aggregation("KSTREAM-REDUCE-", materialized, Functions::fallible(|| None, update))
    }

    /// [`aggregate`](Self::aggregate) with an `add` that may fail.
    ///
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops or skips the record. The row stays as it was.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_core::TimeWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    ///
    /// let minutes = TimeWindows::of_size_and_grace(Duration::from_secs(60), Duration::from_secs(10));
    /// let amounts = builder.stream::<String, String>("amounts").group_by_key().windowed_by(minutes);
    /// amounts.try_aggregate("sums", || 0_i64, |_key, text: String, sum| text.parse::<i64>().map(|amount| sum + amount));
    /// ```
    pub fn try_aggregate<A: Nullable, E: Into<BoxError>>(
        &self,
        materialized: impl Into<Materialized<K::Present, A::Present>>,
        initial: impl Fn() -> A + Send + Sync + 'static,
        add: impl Fn(&K::Present, V, A) -> Result<A, E> + Send + Sync + 'static,
    ) -> KTable<Windowed<K::Present>, A::Present> {
        let update = move |key: &K::Present, value, row| {
            let Some(row) = A::from_option(row) else { return Ok(None) };
            add(key, value, row).map(Nullable::into_present).map_err(Into::into)
        };
        let functions = Functions::fallible(move || initial().into_present(), update);
        self.add_aggregation("KSTREAM-AGGREGATE-", materialized.into(), functions)
    }

    fn add_aggregation<A: Data>(
        &self,
        prefix: &'static str,
        materialized: Materialized<K::Present, A>,
        functions: Functions<K::Present, V, A>,
    ) -> KTable<Windowed<K::Present>, A> {
        let (graph, windows, emit) = (&self.grouped.stream.graph, self.windows, self.emit);
        let plan = StorePlan::of_aggregate(graph, materialized, prefix, &self.grouped.stream.serdes);
        let name = graph.generate(prefix);
        graph.require_values::<A>(&name);
        let stream = self.grouped.partitioned(plan.name());
        let CarriedSerdes { key, value } = plan.serdes();
        let serdes = CarriedSerdes { key: KeySerde::given(windowed_serde(key.get(), windows.size())), value };
        let store = plan.add_window(graph, windows.size(), windows.grace(), emit);
        // Without a store there is an error already, and building the topology will fail.
        let index = store.unwrap_or(StoreIndex::new(u32::MAX));
        let view: Arc<dyn TableView<Windowed<K::Present>, A>> = Arc::new(WindowRows { index });
        let table = GraphTable { store, grace: Some(windows.grace()), ..GraphTable::default() };
        let table = KTable::add(graph, name, stream.node, table, serdes, |id| {
            let build = window_factory::<K, V, A>(id, index, (windows, emit), functions);
            (build, Arc::new(move |_: &[Table]| Arc::clone(&view)))
        });
        graph.demand(Demand::Store { table: table.id });
        table
    }
}

/// The factory of the operator that computes the rows of `table`, or those of one of its streams.
pub(super) fn window_factory<K: Nullable, V: Nullable, A: Data>(
    table: TableId,
    store: StoreIndex,
    (windows, emit): (FixedWindows, EmitStrategy),
    functions: Functions<K::Present, V, A>,
) -> BuildNode {
    Box::new(move |blueprint: Blueprint<'_>| {
        let (name, fold) = (blueprint.name(), Fold::of(table, store, emit, &functions, &blueprint));
        let (stream_time, children) = (Timestamp::UNKNOWN, blueprint.downstream()?);
        Ok(Built::new::<K, V>(WindowedAggregate { name, store, windows, stream_time, fold, children }))
    })
}

struct WindowedAggregate<K, V, A> {
    name: Arc<str>,
    store: StoreIndex,
    windows: FixedWindows,
    /// The stream time of this operator: the highest time of its records with a key. It may be behind that of the task.
    stream_time: Timestamp,
    fold: Fold<K, V, A>,
    children: Downstream<Windowed<K>, Change<A>>,
}

impl<K: Data, V: Nullable, A: Data> WindowedAggregate<K, V, A> {
    /// Updates the windows of a record that are open. Returns the time until which windows have to end to be closed; `None` if the
    /// record was not added to all of them.
    fn add<K2: Nullable<Present = K>>(
        &mut self,
        context: &mut Context<'_>,
        record: Record<K2, V>,
    ) -> Option<Timestamp> {
        let Record { key, value, timestamp, headers } = record;
        let Some(key) = key.into_present() else {
            context.skip(&self.name, SkipReason::NullKey);
            return None;
        };
        self.stream_time = self.stream_time.max(timestamp);
        let closed_until = self.windows.closed_until(self.stream_time);
        let mut starts = self.windows.starts_for(timestamp).peekable();
        let mut left = Some(Record { key, value, timestamp, headers });
        while let Some(start) = starts.next() {
            // The last window gets the original.
            let record = if starts.peek().is_some() { left.clone() } else { left.take() };
            match record {
                Some(record) if self.windows.is_open(start, closed_until) => {
                    self.update_window(context, start, record)?;
                }
                _ => context.skip(&self.name, SkipReason::LateForWindow),
            }
            if context.has_failed() {
                return None;
            }
        }
        Some(closed_until)
    }

    /// Updates the window of `record`'s key that begins at `start`. Returns `None` after an error.
    fn update_window(&mut self, context: &mut Context<'_>, start: Timestamp, record: Record<K, V>) -> Option<()> {
        let Record { key, value, mut timestamp, headers } = record;
        let write = context.write_context(timestamp, &headers);
        let Some((store, log)) = context.store::<WindowStore<K, A>>(self.store) else {
            context.fail_topology(&self.name, "its store is not open in this task");
            return None;
        };
        let mut change = Change::to(None);
        let fold = &self.fold;
        let result = if fold.is_fallible() {
            let row = match store.get(&key, start) {
                Ok(row) => row.cloned(),
                Err(error) => {
                    context.fail(FailureKind::Store, &self.name, error);
                    return None;
                }
            };
            match fold.add(&key, value, row, &mut timestamp, &mut change) {
                Ok(row) => in_store(|| store.put(&key, start, row, &write, log)),
                Err(error) => {
                    context.fail_processing(&self.name, error);
                    return None;
                }
            }
        } else {
            let fold = |row| fold.add(&key, value, row, &mut timestamp, &mut change).ok().flatten();
            in_store(|| store.update(&key, start, &write, log, fold))
        };
        if context.check(&self.name, result)?.is_expired() {
            // After a restart the stream time of the operator is unknown, while that of the store is not.
            context.skip(&self.name, SkipReason::LateForWindow);
        } else if self.fold.forwards_at_once() {
            let window = Window { start, end: self.windows.end_of(start) };
            self.children.forward(context, Record { key: Windowed { key, window }, value: change, timestamp, headers });
        }
        Some(())
    }

    /// Forwards the windows that have closed since the last emission, if one is due.
    fn emit(&mut self, context: &mut Context<'_>, headers: &Headers, closed_until: Timestamp) -> Option<()> {
        let last = emission::begin(context, self.store, closed_until)?;
        let starts = self.windows.closed_since(last, closed_until)?;
        let (name, windows, children) = (&self.name, &self.windows, &mut self.children);
        let end_of = |start| windows.end_of(start);
        emission::forward_windows::<K, A>(context, name, self.store, starts, headers, end_of, children)?;
        context.set_emitted_until(self.store, closed_until);
        self.release(context, closed_until)
    }

    /// Lets a store with caching keep the windows that are not emitted yet, as the cache of Kafka Streams does.
    fn release(&self, context: &mut Context<'_>, closed_until: Timestamp) -> Option<()> {
        let (store, _) = context.store::<WindowStore<K, A>>(self.store)?;
        if !store.options().caching {
            return Some(());
        }
        let held = store.hold_from(self.windows.earliest_open(closed_until));
        context.check(&self.name, held)
    }
}

impl<K: Nullable, V: Nullable, A: Data> Node<K, V> for WindowedAggregate<K::Present, V, A> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        if self.fold.forwarding == Forwarding::OnClose {
            let headers = record.headers.clone();
            if let Some(closed_until) = self.add(context, record) {
                self.emit(context, &headers, closed_until);
            }
        } else {
            self.add(context, record);
        }
    }

    fn prefetch(&mut self, context: &mut Context<'_>, next_keys: NextKeys<'_, K>) {
        let Some((store, _)) = context.store::<WindowStore<K::Present, A>>(self.store) else { return };
        let windows = &self.windows;
        let prefetched = next_keys.keys.iter().flat_map(|next| {
            let starts = windows.starts_for(next.timestamp).take(WINDOWS_PREFETCHED);
            next.key.present().into_iter().flat_map(move |key| starts.clone().map(move |start| (key, start)))
        });
        store.prefetch(prefetched, next_keys.from);
    }

    fn start(&mut self, context: &mut Context<'_>) {
        if self.fold.forwarding == Forwarding::OnClose {
            self.release(context, context.emitted_until(self.store));
        }
    }

    fn flush(&mut self, context: &mut Context<'_>, rows_max: usize) {
        if self.fold.forwarding == Forwarding::OnClose {
            return log_dirty_windows::<K::Present, A>(context, &self.name, self.store, rows_max);
        }
        let (windows, children) = (&self.windows, &mut self.children);
        let end_of = |start| windows.end_of(start);
        forward_dirty_windows::<K::Present, A>(context, &self.name, self.store, rows_max, end_of, children);
    }
}
