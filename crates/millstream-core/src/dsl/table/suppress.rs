//! `suppress`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use millstream_state::{
    AnyStore, BufferedContext, Evicted, PrefetchFrom, StoreIndex, SuppressBuffer, ValueAndTimestamp,
};
use millstream_types::time::millis_of;
use millstream_types::{Data, Timestamp};

use super::KTable;
use super::view::{Look, TableView, ViewFactory};
use crate::chain::{Context, Downstream, Node, in_store};
use crate::graph::{Demand, GraphTable};
use crate::options::{BufferLimits, FullBuffer, Suppressed, Until};
use crate::record::{Change, Record};
use crate::stores::{ChangelogKind, RowHeaders, SerdeNames, StoreDefinition};
use crate::topology::{Blueprint, BuildNode, Built, Table, TopologyError};

impl<K: Data, V: Data> KTable<K, V> {
    /// Holds back changes of the table, and forwards the last one of each key later: when the key's window is closed, or after a
    /// limit of time. See [`Suppressed`].
    ///
    /// Time is stream time as this operator sees it: the highest time of the table's changes. A change is forwarded with the time
    /// and headers of the record that made it. Changes that wait are in a buffer in memory with a changelog, and survive a
    /// restart.
    ///
    /// Building the topology fails if a window's closing is awaited and no operator above defines windows.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_core::{BufferConfig, Suppressed, TimeWindows};
    /// # let builder = millstream_core::StreamsBuilder::new();
    ///
    /// let minutes = TimeWindows::of_size_and_grace(Duration::from_secs(60), Duration::from_secs(10));
    /// let clicks = builder.stream::<String, String>("clicks");
    /// clicks
    ///     .group_by_key()
    ///     .windowed_by(minutes)
    ///     .count("per-minute")
    ///     .suppress(Suppressed::until_window_closes(BufferConfig::unbounded()))
    ///     .to_stream()
    ///     .to("clicks-per-minute");
    /// ```
    #[must_use]
    pub fn suppress(&self, suppressed: Suppressed<K>) -> Self {
        let graph = &self.graph;
        let (name, buffer_name) = match suppressed.name.clone() {
            Some(name) => {
                let buffer = format!("{name}-store");
                (graph.valid(name), buffer)
            }
            None => (graph.generate("KTABLE-SUPPRESS-"), graph.generate("KTABLE-SUPPRESS-STATE-STORE-")),
        };
        let wait = match suppressed.until {
            Until::TimeLimit(limit) => limit,
            Until::WindowCloses { .. } => graph.window_grace(self.node).unwrap_or_else(|| {
                graph.fail(TopologyError::Invalid {
                    what: format!("`{name}`"),
                    reason: "it waits until windows close, but no operator above it defines windows; \
                             suppress the table of a windowed aggregation, or use `until_time_limit`"
                        .to_owned(),
                });
                Duration::ZERO
            }),
        };
        let buffer = self.add_buffer(&buffer_name, suppressed.logging, suppressed.changelog_config);
        // Without a buffer there is an error already, and building the topology will fail.
        let index = buffer.unwrap_or(StoreIndex::new(u32::MAX));
        let rule = Rule {
            until: suppressed.until,
            wait_ms: millis_of(wait),
            limits: suppressed.limits,
            when_full: suppressed.when_full,
        };
        let parent = Arc::clone(&self.view);
        let table = GraphTable { derived_from: vec![self.id], buffer, ..GraphTable::default() };
        let is_looked_up = Arc::new(AtomicBool::new(false));
        let table = Self::add(graph, name, self.node, table, self.serdes.clone(), |_| {
            let factory = suppress_factory::<K, V>(index, rule, Arc::clone(&is_looked_up));
            (factory, suppressed_view(index, parent, is_looked_up))
        });
        graph.connect(table.node, buffer);
        graph.demand(Demand::PreviousRows { table: self.id });
        table
    }

    fn add_buffer(&self, name: &str, logging: bool, changelog_config: BTreeMap<String, String>) -> Option<StoreIndex> {
        let (keys, values) = (self.serdes.key.get(), self.serdes.value.get());
        let serdes = SerdeNames::new(&keys, &values);
        self.graph.add_store(StoreDefinition {
            fault: None,
            name: self.graph.valid(name.to_owned()).into(),
            caching: true,
            logging,
            timestamped: false,
            headers: RowHeaders::ByFormat,
            in_memory: true,
            rows_max: None,
            changelog: ChangelogKind::Buffer,
            changelog_config,
            serdes,
            open: Box::new(move |options, _backing| {
                let buffer: Box<dyn AnyStore> = Box::new(SuppressBuffer::new(options, keys.clone(), values.clone()));
                buffer
            }),
        })
    }
}

/// `is_looked_up` is set when an operator below is built that looks up rows of the table, which is before this one is built.
fn suppress_factory<K: Data, V: Data>(buffer: StoreIndex, rule: Rule<K>, is_looked_up: Arc<AtomicBool>) -> BuildNode {
    Box::new(move |blueprint: Blueprint<'_>| {
        let (name, stream_time) = (blueprint.name(), Timestamp::UNKNOWN);
        let children = blueprint.downstream()?;
        let is_looked_up = is_looked_up.load(Ordering::Relaxed);
        Ok(Built::new::<K, Change<V>>(Suppress { name, buffer, rule, stream_time, is_looked_up, children }))
    })
}

/// Which changes wait, how long, and how many.
struct Rule<K> {
    until: Until<K>,
    wait_ms: i64,
    limits: BufferLimits,
    when_full: FullBuffer,
}

impl<K> Clone for Rule<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Rule<K> {}

impl<K> Rule<K> {
    /// The time by which a change waits.
    fn time_of(&self, key: &K, timestamp: Timestamp) -> Timestamp {
        match self.until {
            Until::WindowCloses { window_end } => window_end(key),
            Until::TimeLimit(_) => timestamp,
        }
    }

    /// Whether a change is forwarded: the final result of a deleted window is not.
    fn forwards<V>(&self, change: &Change<V>) -> bool {
        change.new.is_some() || matches!(self.until, Until::TimeLimit(_))
    }
}

/// How full a buffer is.
struct Filling {
    records: u64,
    /// 0 if there is no bound.
    bytes: u64,
}

impl Filling {
    fn is_above(&self, limits: BufferLimits) -> bool {
        limits.records_max.is_some_and(|max| self.records > max) || limits.bytes_max.is_some_and(|max| self.bytes > max)
    }
}

struct Suppress<K, V> {
    name: Arc<str>,
    buffer: StoreIndex,
    rule: Rule<K>,
    /// The stream time of this operator: the highest time of the changes that it got.
    stream_time: Timestamp,
    /// Whether an operator looks up rows of this table. While a change is forwarded, it finds the row before, as in Kafka Streams.
    is_looked_up: bool,
    children: Downstream<K, Change<V>>,
}

impl<K: Data, V: Data> Suppress<K, V> {
    fn hold(&self, context: &mut Context<'_>, record: Record<K, Change<V>>) -> Option<()> {
        let Record { key, value: Change { old, new, .. }, timestamp, headers } = record;
        let time = self.rule.time_of(&key, timestamp);
        let origin = context.origin();
        let held = BufferedContext { timestamp, headers, origin };
        let Some((buffer, log)) = context.store::<SuppressBuffer<K, V>>(self.buffer) else {
            context.fail_topology(&self.name, "its buffer is not open in this task");
            return None;
        };
        let result = in_store(|| buffer.put(&key, time, old, new, held, log));
        context.check(&self.name, result)
    }

    /// Takes out the first change, if it is due or there is no room for it.
    fn take_due(&self, context: &mut Context<'_>) -> Option<Evicted<K, V>> {
        let (buffer, log) = context.store::<SuppressBuffer<K, V>>(self.buffer)?;
        let due_until = self.stream_time.saturating_add(-self.rule.wait_ms);
        let taken = (|| {
            let is_due = buffer.min_time()?.is_some_and(|time| time <= due_until);
            let emits_early = self.rule.when_full == FullBuffer::EmitsEarly;
            if self.is_looked_up {
                buffer.show_evicted();
            }
            if is_due || (emits_early && filling(buffer, self.rule.limits)?.is_above(self.rule.limits)) {
                in_store(|| buffer.evict(log))
            } else {
                Ok(None)
            }
        })();
        context.check(&self.name, taken)?
    }

    fn forward_due(&mut self, context: &mut Context<'_>) {
        while let Some(Evicted { key, old, new, context: held }) = self.take_due(context) {
            let value = Change { old, new, is_latest: true };
            if self.rule.forwards(&value) {
                let BufferedContext { timestamp, headers, origin } = held;
                let record = Record { key, value, timestamp, headers };
                context.with_origin(origin.as_ref(), |context| self.children.forward(context, record));
            }
            self.forget_forwarded(context);
            if context.has_failed() {
                return;
            }
        }
    }

    fn forget_forwarded(&self, context: &mut Context<'_>) {
        if self.is_looked_up
            && let Some((buffer, _)) = context.store::<SuppressBuffer<K, V>>(self.buffer)
        {
            buffer.forget_evicted();
        }
    }

    /// Fails if the buffer is too full and may not emit early.
    fn check_filling(&self, context: &mut Context<'_>) {
        let limits = self.rule.limits;
        if self.rule.when_full == FullBuffer::EmitsEarly || (limits.records_max.is_none() && limits.bytes_max.is_none())
        {
            return;
        }
        let Some((buffer, _)) = context.store::<SuppressBuffer<K, V>>(self.buffer) else { return };
        let filling = filling(buffer, limits);
        let Some(filling) = context.check(&self.name, filling) else { return };
        if filling.is_above(limits) {
            context.fail_processing(&self.name, full(&filling, limits).into());
        }
    }
}

/// How full the buffer is, in what is bounded.
fn filling<K: Data, V: Data>(
    buffer: &mut SuppressBuffer<K, V>,
    limits: BufferLimits,
) -> Result<Filling, millstream_state::StoreError> {
    let bytes = if limits.bytes_max.is_some() { buffer.bytes()? } else { 0 };
    Ok(Filling { records: buffer.len() as u64, bytes })
}

fn full(filling: &Filling, limits: BufferLimits) -> String {
    let records = limits.records_max.map(|max| format!("{} of at most {max} records", filling.records));
    let bytes = limits.bytes_max.map(|max| format!("{} of at most {max} bytes", filling.bytes));
    let parts: Vec<String> = records.into_iter().chain(bytes).collect();
    format!("its buffer exceeded its bound: {}; allow more, or let it emit early when full", parts.join(", "))
}

impl<K: Data, V: Data> Node<K, Change<V>> for Suppress<K, V> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, Change<V>>) {
        self.stream_time = self.stream_time.max(record.timestamp);
        if self.hold(context, record).is_some() {
            self.forward_due(context);
            if !context.has_failed() {
                self.check_filling(context);
            }
        }
    }
}

/// The rows as they were forwarded: the prior values of the keys whose changes wait, and otherwise the rows of the parent.
struct SuppressedView<K, V> {
    buffer: StoreIndex,
    parent: Arc<dyn TableView<K, V>>,
}

fn suppressed_view<K: Data, V: Data>(
    buffer: StoreIndex,
    parent: ViewFactory<K, V>,
    is_looked_up: Arc<AtomicBool>,
) -> ViewFactory<K, V> {
    Arc::new(move |tables: &[Table]| {
        is_looked_up.store(true, Ordering::Relaxed);
        Arc::new(SuppressedView { buffer, parent: parent(tables) })
    })
}

impl<K: Data, V: Data> TableView<K, V> for SuppressedView<K, V> {
    fn look_up(&self, context: &mut Context<'_>, node: &str, key: &K, look: &mut Look<'_, V>) {
        let Some((buffer, _)) = context.store::<SuppressBuffer<K, V>>(self.buffer) else {
            return context.fail_topology(node, "the buffer of `suppress` is not open in this task");
        };
        let prior = buffer.prior(key).map(|prior| {
            prior.map(|value| look(value.map(|value| ValueAndTimestamp { value, timestamp: Timestamp::UNKNOWN })))
        });
        if let Some(None) = context.check(node, prior) {
            self.parent.look_up(context, node, key, look);
        }
    }

    fn prefetch(&self, context: &mut Context<'_>, keys: &[&K], from: PrefetchFrom) {
        self.parent.prefetch(context, keys, from);
    }
}
