//! The context of a processor: its children, stores, schedules and times.

use std::sync::Arc;
use std::time::Duration;

use millstream_state::{AnyStore, StoreIndex};
use millstream_types::{Headers, Partition, Timestamp};

use super::access::StoreAccess;
use super::global::GlobalStoreAccess;
use super::read_only::ReadOnlyStoreAccess;
use crate::chain::{
    BoxError, Context, Downstream, FailureKind, Origin, PunctuationType, ScheduleId, SharedIndex, SkipReason,
};
use crate::record::{Element, Record};
use crate::stores::{BuilderId, GlobalStoreHandle, ReadOnly, StoreHandle};

/// The node of a processor in its task.
#[derive(Clone)]
pub(crate) struct NodeInfo {
    pub(crate) name: Arc<str>,
    pub(crate) index: SharedIndex,
    pub(crate) stores: Vec<StoreIndex>,
    /// The names of all stores of the topology.
    pub(crate) store_names: Arc<[Arc<str>]>,
    /// The builder of the topology.
    pub(crate) builder: BuilderId,
}

/// The context of a processor while it handles a record or a punctuation: it forwards records, opens stores, sets up schedules
/// and reads times.
pub struct ProcessorContext<'a, K, V> {
    context: Context<'a>,
    children: &'a mut Downstream<K, V>,
    node: &'a NodeInfo,
    /// The time and headers of the current record, with which stores are updated.
    timestamp: Timestamp,
    headers: Headers,
    /// How many updates were refused by stores, because their rows have expired.
    refused: u64,
}

impl<'a, K: Element, V: Element> ProcessorContext<'a, K, V> {
    pub(super) fn new(
        context: &'a mut Context<'_>,
        children: &'a mut Downstream<K, V>,
        node: &'a NodeInfo,
        timestamp: Timestamp,
        headers: Headers,
    ) -> Self {
        Self { context: context.reborrow(), children, node, timestamp, headers, refused: 0 }
    }

    /// Counts and reports the updates that stores have refused.
    pub(super) fn report_refused(&mut self) {
        for _ in 0..std::mem::take(&mut self.refused) {
            self.context.skip(&self.node.name, SkipReason::LateForWindow);
        }
    }

    /// Forwards a record to every child, in the order in which they were added. When this returns, they have processed it.
    ///
    /// A record with a negative time is not forwarded. It is a failure of this processor, and the processing handler decides
    /// whether the task continues.
    ///
    /// # Examples
    /// See [`Processor`](super::Processor).
    pub fn forward(&mut self, record: Record<K, V>) {
        if self.accepts(record.timestamp) {
            self.children.forward(&mut self.context, record);
        }
    }

    /// Forwards a record to the child of this name only. Otherwise as [`forward`](Self::forward).
    ///
    /// # Errors
    /// When there is no child of this name. The message lists the children.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, PunctuationType, ProcessorContext, Record};
    /// # fn example(context: &mut ProcessorContext<'_, String, i64>, record: Record<String, i64>) -> Result<(), BoxError> {
    /// context.forward_to("large-orders", record)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn forward_to(&mut self, child: &str, record: Record<K, V>) -> Result<(), BoxError> {
        if !self.accepts(record.timestamp) || self.children.forward_to(&mut self.context, child, record) {
            return Ok(());
        }
        let names = self.children.names().collect::<Vec<_>>().join(", ");
        Err(format!("`{}` has no child `{child}`; it has: {names}", self.node.name).into())
    }

    /// Whether a record may have this time; if not, the processor has failed.
    #[inline]
    fn accepts(&mut self, time: Timestamp) -> bool {
        if !time.is_valid() {
            self.refuse(time);
        }
        time.is_valid()
    }

    #[cold]
    fn refuse(&mut self, time: Timestamp) {
        let error = format!("it forwarded a record with the time {time}; a record's time must not be negative");
        self.context.fail(FailureKind::Processing, &self.node.name, error);
    }

    /// Opens a store that the processor is connected to.
    ///
    /// # Errors
    /// When the processor is not connected to it.
    ///
    /// # Examples
    /// See [`Processor`](super::Processor).
    pub fn store<S: AnyStore>(&mut self, store: StoreHandle<S>) -> Result<StoreAccess<'_, S>, BoxError> {
        let name = self.node.store_names.get(store.index().index());
        let Some(name) = name.filter(|_| store.builder() == self.node.builder) else {
            let remedy = "use the one that `add_store` of this topology's builder returned";
            return Err(format!("the handle of store {store} is of another topology; {remedy}").into());
        };
        if !self.node.stores.contains(&store.index()) {
            let node = &self.node.name;
            return Err(
                format!("store `{name}` is not connected to `{node}`; name it where the processor is added").into()
            );
        }
        let write = self.context.write_context(self.timestamp, &self.headers);
        let opened = self.context.store(store.index());
        let (store, log) = opened.ok_or_else(|| {
            format!("store `{name}` is of another type than the handle; use the one that `add_store` returned")
        })?;
        Ok(StoreAccess::new(store, log, write, &mut self.refused))
    }

    /// Opens a read-only store that the processor is connected to.
    ///
    /// # Errors
    /// When the processor is not connected to it.
    ///
    /// # Examples
    /// See [`StreamsBuilder::add_read_only_store`](crate::StreamsBuilder::add_read_only_store).
    pub fn read_only_store<S: AnyStore>(
        &mut self,
        store: StoreHandle<ReadOnly<S>>,
    ) -> Result<ReadOnlyStoreAccess<'_, S>, BoxError> {
        self.store(StoreHandle::new(store.builder(), store.index())).map(ReadOnlyStoreAccess::new)
    }

    /// Opens a global store to read it. The processor need not be connected to it.
    ///
    /// # Errors
    /// When the handle is of another topology.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::{
    ///     BoxError, GlobalStoreHandle, KeyValueStore, Processor, ProcessorContext, Record, StreamsBuilder,
    /// };
    ///
    /// struct Exchange(GlobalStoreHandle<KeyValueStore<String, i64>>);
    ///
    /// impl Processor<String, i64, String, i64> for Exchange {
    ///     fn process(
    ///         &mut self,
    ///         context: &mut ProcessorContext<'_, String, i64>,
    ///         record: Record<String, i64>,
    ///     ) -> Result<(), BoxError> {
    ///         let rate = context.global_store(self.0)?.get(&record.key)?.unwrap_or(1);
    ///         context.forward(record.map_value(|amount| amount * rate));
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let builder = StreamsBuilder::new();
    /// let rates = builder.global_table::<String, i64>("rates", "rates").store();
    /// builder.stream::<String, i64>("in").process(move || Exchange(rates), ()).to("out");
    /// # builder.build()?;
    /// # Ok::<(), millstream_core::TopologyError>(())
    /// ```
    pub fn global_store<S: AnyStore>(&self, store: GlobalStoreHandle<S>) -> Result<GlobalStoreAccess<S>, BoxError> {
        let globals = self.context.globals().filter(|_| store.builder() == self.node.builder);
        let opened = globals.and_then(|globals| GlobalStoreAccess::open(globals.clone(), store.index()));
        opened.ok_or_else(|| "the handle is of another topology; use the one that the builder returned".into())
    }

    /// Schedules calls of [`punctuate`](super::Processor::punctuate), one every `interval` (at least 1 ms) of stream time or of
    /// the wall clock.
    ///
    /// By stream time, the first call is made with the first record, and the following ones at multiples of the interval since
    /// time 0. By the wall clock, the first call is made one interval from now. If time passes several intervals at once, one
    /// call is made for all of them. A schedule that is set up during a punctuation is due only when its clock has advanced.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_core::{BoxError, PunctuationType, Processor, ProcessorContext, Record, ScheduleId};
    /// use millstream_types::Timestamp;
    ///
    /// /// Counts records, and forwards the count each minute.
    /// struct PerMinute(i64);
    ///
    /// impl Processor<String, String, String, i64> for PerMinute {
    ///     fn init(&mut self, context: &mut ProcessorContext<'_, String, i64>) -> Result<(), BoxError> {
    ///         context.schedule(PunctuationType::StreamTime, Duration::from_secs(60));
    ///         Ok(())
    ///     }
    ///
    ///     fn process(
    ///         &mut self,
    ///         _context: &mut ProcessorContext<'_, String, i64>,
    ///         _record: Record<String, String>,
    ///     ) -> Result<(), BoxError> {
    ///         self.0 += 1;
    ///         Ok(())
    ///     }
    ///
    ///     fn punctuate(
    ///         &mut self,
    ///         context: &mut ProcessorContext<'_, String, i64>,
    ///         _schedule: ScheduleId,
    ///         time: Timestamp,
    ///     ) -> Result<(), BoxError> {
    ///         context.forward(Record::new("records".to_owned(), self.0, time));
    ///         Ok(())
    ///     }
    /// }
    /// ```
    pub fn schedule(&mut self, clock: PunctuationType, interval: Duration) -> ScheduleId {
        self.context.schedule(self.node.index, clock, None, interval)
    }

    /// Schedules calls of [`punctuate`](super::Processor::punctuate) as [`schedule`](Self::schedule) does, with the first one at
    /// `start`, and the following ones at multiples of the interval since then.
    ///
    /// If its clock has passed `start` already, the first call is made as soon as possible.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_core::{BoxError, PunctuationType, ProcessorContext, Record};
    ///
    /// const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    ///
    /// // As soon as possible, and then each day at noon (UTC).
    /// # fn example(context: &mut ProcessorContext<'_, String, i64>) {
    /// let noon = 12 * 60 * 60 * 1_000;
    /// context.schedule_from(noon.into(), PunctuationType::WallClockTime, DAY);
    /// # }
    /// ```
    pub fn schedule_from(&mut self, start: Timestamp, clock: PunctuationType, interval: Duration) -> ScheduleId {
        self.context.schedule(self.node.index, clock, Some(start), interval)
    }

    /// Ends a schedule. A punctuation can end its own schedule.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, PunctuationType, ProcessorContext, Record};
    /// # fn example(context: &mut ProcessorContext<'_, String, i64>, record: Record<String, i64>) -> Result<(), BoxError> {
    /// let schedule = context.schedule(PunctuationType::WallClockTime, std::time::Duration::from_secs(1));
    /// context.cancel(schedule);
    /// # Ok(())
    /// # }
    /// ```
    pub fn cancel(&mut self, schedule: ScheduleId) {
        self.context.cancel(schedule);
    }

    pub(super) fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    pub(super) fn headers(&self) -> &Headers {
        &self.headers
    }

    /// Requests a commit as soon as possible.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, PunctuationType, ProcessorContext, Record};
    /// # fn example(context: &mut ProcessorContext<'_, String, i64>, record: Record<String, i64>) -> Result<(), BoxError> {
    /// context.request_commit();
    /// # Ok(())
    /// # }
    /// ```
    pub fn request_commit(&mut self) {
        self.context.request_commit();
    }

    /// The topic, partition and offset of the current record; `None` in `init` and `punctuate`.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, PunctuationType, ProcessorContext, Record};
    /// # fn example(context: &mut ProcessorContext<'_, String, i64>, record: Record<String, i64>) -> Result<(), BoxError> {
    /// let place = context.origin().map_or("a schedule".to_owned(), |origin| origin.to_string());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn origin(&self) -> Option<Origin> {
        self.context.origin()
    }

    /// The stream time of the task: the highest timestamp of its records so far; unknown before the first record.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, PunctuationType, ProcessorContext, Record};
    /// # fn example(context: &mut ProcessorContext<'_, String, i64>, record: Record<String, i64>) -> Result<(), BoxError> {
    /// let is_late = record.timestamp < context.stream_time();
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn stream_time(&self) -> Timestamp {
        self.context.stream_time()
    }

    /// The wall clock at the start of this step of the task.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, PunctuationType, ProcessorContext, Record};
    /// # fn example(context: &mut ProcessorContext<'_, String, i64>, record: Record<String, i64>) -> Result<(), BoxError> {
    /// let age_ms = context.wall_clock().as_millis() - record.timestamp.as_millis();
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn wall_clock(&self) -> Timestamp {
        self.context.now()
    }

    /// The application's id.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, PunctuationType, ProcessorContext, Record};
    /// # fn example(context: &mut ProcessorContext<'_, String, i64>, record: Record<String, i64>) -> Result<(), BoxError> {
    /// let label = format!("{}/{}", context.application_id(), context.name());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn application_id(&self) -> &str {
        self.context.application_id()
    }

    /// The partition of the task; in a processor of a global store that of the topic.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, ProcessorContext};
    /// # fn init(context: &mut ProcessorContext<'_, String, i64>) -> Result<(), BoxError> {
    /// println!("{} begins with partition {}", context.name(), context.partition());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn partition(&self) -> Partition {
        self.context.partition()
    }

    /// The processor's own name in the topology.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, PunctuationType, ProcessorContext, Record};
    /// # fn example(context: &mut ProcessorContext<'_, String, i64>, record: Record<String, i64>) -> Result<(), BoxError> {
    /// println!("{} got {record:?}", context.name());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.node.name
    }
}
