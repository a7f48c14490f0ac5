//! Processors that compute the rows of a table.

use std::sync::Arc;
use std::time::Duration;

use millstream_state::AnyStore;
use millstream_types::{Headers, Partition, Timestamp};

use super::access::StoreAccess;
use super::context::{NodeInfo, ProcessorContext};
use super::global::GlobalStoreAccess;
use super::node::report;
use super::read_only::ReadOnlyStoreAccess;
use crate::chain::{
    BoxError, Context, Downstream, Origin, PunctuationType, ScheduleId, caught, forget_caught, in_node,
};
use crate::stores::{GlobalStoreHandle, ReadOnly, StoreHandle};
use crate::topology::{Blueprint, TopologyError};

/// An operator of your own that computes the value of each row of a table, which
/// [`KTable::process_values`](crate::KTable::process_values) adds. Unlike the function of `map_values`, it is called for deletes
/// too, and can use stores and schedules.
///
/// Each task has its own processor. One thread at a time uses it.
///
/// # Examples
/// A processor that numbers the versions of a row:
/// ```
/// use millstream_core::{BoxError, KeyValueStore, RowContext, RowProcessor, Store, StoreHandle, StreamsBuilder};
///
/// struct Versions {
///     versions: StoreHandle<KeyValueStore<String, i64>>,
/// }
///
/// impl RowProcessor<String, String, String> for Versions {
///     fn process(
///         &mut self,
///         context: &mut RowContext<'_, '_>,
///         key: &String,
///         value: Option<String>,
///     ) -> Result<Option<String>, BoxError> {
///         let mut versions = context.store(self.versions)?;
///         let version = versions.get(key)?.copied().unwrap_or(0) + 1;
///         versions.put(key, version)?;
///         Ok(value.map(|value| format!("{value} (version {version})")))
///     }
/// }
///
/// let builder = StreamsBuilder::new();
/// let versions = builder.add_store(Store::key_value("versions"));
/// let texts = builder.table::<String, String>("texts", "texts");
/// texts.process_values(move || Versions { versions }, versions).materialized("numbered").to_stream().to("numbered-texts");
/// # builder.build()?;
/// # Ok::<(), millstream_core::TopologyError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not compute rows from keys `{K}` and values `{V}`",
    label = "gets keys `{K}` and values `Option<{V}>`",
    note = "implement `RowProcessor<{K}, {V}, _>` for `{Self}`"
)]
pub trait RowProcessor<K, V, V2>: Send {
    /// Called before the first change, when the stores are restored. Set up schedules here.
    ///
    /// # Errors
    /// Any error stops the task.
    fn init(&mut self, _context: &mut RowContext<'_, '_>) -> Result<(), BoxError> {
        Ok(())
    }

    /// Computes the value of the row of `key` from that of the table above, which is `None` if the row was deleted. `None` deletes
    /// the row.
    ///
    /// # Errors
    /// Any error is passed to the processing handler, except that of a store, which stops the task. If the handler continues, the
    /// row stays as it was.
    fn process(&mut self, context: &mut RowContext<'_, '_>, key: &K, value: Option<V>) -> Result<Option<V2>, BoxError>;

    /// Called when one of the processor's schedules is due. `time` is stream time or the wall clock, depending on the schedule.
    /// Rows cannot be changed here.
    ///
    /// # Errors
    /// As [`process`](Self::process).
    fn punctuate(
        &mut self,
        _context: &mut RowContext<'_, '_>,
        _schedule: ScheduleId,
        _time: Timestamp,
    ) -> Result<(), BoxError> {
        Ok(())
    }

    /// Called after the last change.
    fn close(&mut self) {}
}

/// The context of a [`RowProcessor`] while it handles a change or a punctuation. It opens stores, sets up schedules and reads
/// times, and cannot forward.
pub struct RowContext<'c, 'a>(&'c mut ProcessorContext<'a, (), ()>);

impl RowContext<'_, '_> {
    /// As [`ProcessorContext::store`].
    ///
    /// # Errors
    /// When the processor is not connected to it.
    ///
    /// # Examples
    /// See [`RowProcessor`].
    pub fn store<S: AnyStore>(&mut self, store: StoreHandle<S>) -> Result<StoreAccess<'_, S>, BoxError> {
        self.0.store(store)
    }

    /// As [`ProcessorContext::read_only_store`].
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
        self.0.read_only_store(store)
    }

    /// As [`ProcessorContext::global_store`].
    ///
    /// # Errors
    /// When the handle is of another topology.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, GlobalStoreHandle, KeyValueStore, RowContext};
    /// # fn example(
    /// #     context: &mut RowContext<'_, '_>,
    /// #     rates: GlobalStoreHandle<KeyValueStore<String, i64>>,
    /// # ) -> Result<(), BoxError> {
    /// let rate = context.global_store(rates)?.get(&"EUR".to_owned())?.unwrap_or(1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn global_store<S: AnyStore>(&self, store: GlobalStoreHandle<S>) -> Result<GlobalStoreAccess<S>, BoxError> {
        self.0.global_store(store)
    }

    /// The time of the change.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::RowContext;
    /// # fn example(context: &mut RowContext<'_, '_>) {
    /// let is_late = context.timestamp() < context.stream_time();
    /// # }
    /// ```
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        self.0.timestamp()
    }

    /// The headers of the record that has changed the row.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::RowContext;
    /// # fn example(context: &mut RowContext<'_, '_>) {
    /// let is_marked = !context.headers().is_empty();
    /// # }
    /// ```
    #[must_use]
    pub fn headers(&self) -> &Headers {
        self.0.headers()
    }

    /// As [`ProcessorContext::schedule`].
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{PunctuationType, RowContext};
    /// # fn example(context: &mut RowContext<'_, '_>) {
    /// context.schedule(PunctuationType::StreamTime, std::time::Duration::from_secs(60));
    /// # }
    /// ```
    pub fn schedule(&mut self, clock: PunctuationType, interval: Duration) -> ScheduleId {
        self.0.schedule(clock, interval)
    }

    /// As [`ProcessorContext::schedule_from`].
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{PunctuationType, RowContext};
    /// # fn example(context: &mut RowContext<'_, '_>) {
    /// let noon = 12 * 60 * 60 * 1_000;
    /// let day = std::time::Duration::from_secs(24 * 60 * 60);
    /// context.schedule_from(noon.into(), PunctuationType::WallClockTime, day);
    /// # }
    /// ```
    pub fn schedule_from(&mut self, start: Timestamp, clock: PunctuationType, interval: Duration) -> ScheduleId {
        self.0.schedule_from(start, clock, interval)
    }

    /// As [`ProcessorContext::cancel`].
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{PunctuationType, RowContext};
    /// # fn example(context: &mut RowContext<'_, '_>) {
    /// let schedule = context.schedule(PunctuationType::WallClockTime, std::time::Duration::from_secs(1));
    /// context.cancel(schedule);
    /// # }
    /// ```
    pub fn cancel(&mut self, schedule: ScheduleId) {
        self.0.cancel(schedule);
    }

    /// As [`ProcessorContext::request_commit`].
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::RowContext;
    /// # fn example(context: &mut RowContext<'_, '_>) {
    /// context.request_commit();
    /// # }
    /// ```
    pub fn request_commit(&mut self) {
        self.0.request_commit();
    }

    /// As [`ProcessorContext::origin`].
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::RowContext;
    /// # fn example(context: &mut RowContext<'_, '_>) {
    /// let place = context.origin().map_or("a schedule".to_owned(), |origin| origin.to_string());
    /// # }
    /// ```
    #[must_use]
    pub fn origin(&self) -> Option<Origin> {
        self.0.origin()
    }

    /// As [`ProcessorContext::stream_time`].
    ///
    /// # Examples
    /// See [`timestamp`](Self::timestamp).
    #[must_use]
    pub fn stream_time(&self) -> Timestamp {
        self.0.stream_time()
    }

    /// As [`ProcessorContext::wall_clock`].
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::RowContext;
    /// # fn example(context: &mut RowContext<'_, '_>) {
    /// let age_ms = context.wall_clock().as_millis() - context.timestamp().as_millis();
    /// # }
    /// ```
    #[must_use]
    pub fn wall_clock(&self) -> Timestamp {
        self.0.wall_clock()
    }

    /// As [`ProcessorContext::application_id`].
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::RowContext;
    /// # fn example(context: &mut RowContext<'_, '_>) {
    /// let label = format!("{}/{}", context.application_id(), context.name());
    /// # }
    /// ```
    #[must_use]
    pub fn application_id(&self) -> &str {
        self.0.application_id()
    }

    /// As [`ProcessorContext::partition`].
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::RowContext;
    /// # fn example(context: &mut RowContext<'_, '_>) {
    /// println!("{} begins with partition {}", context.name(), context.partition());
    /// # }
    /// ```
    #[must_use]
    pub fn partition(&self) -> Partition {
        self.0.partition()
    }

    /// As [`ProcessorContext::name`].
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::RowContext;
    /// # fn example(context: &mut RowContext<'_, '_>) {
    /// println!("{} is called", context.name());
    /// # }
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.name()
    }
}

/// Makes a row processor for a task.
pub(crate) type SupplyRows<K, V, V2> = Arc<dyn Fn() -> Box<dyn RowProcessor<K, V, V2>> + Send + Sync>;

/// The row processor of a task, and what it is called with.
pub(crate) struct RowProcessing<K, V, V2> {
    processor: Box<dyn RowProcessor<K, V, V2>>,
    node: NodeInfo,
    /// It forwards nothing itself.
    nothing: Downstream<(), ()>,
}

impl<K, V, V2> RowProcessing<K, V, V2> {
    pub(crate) fn new(blueprint: &Blueprint<'_>, supply: &SupplyRows<K, V, V2>) -> Result<Self, TopologyError> {
        let node = NodeInfo {
            name: blueprint.name(),
            index: blueprint.this(),
            stores: blueprint.stores(),
            store_names: blueprint.store_names(),
            builder: blueprint.builder(),
        };
        let processor = caught(|| supply()).map_err(|panicked| TopologyError::SupplierPanicked {
            node: node.name.to_string(),
            message: panicked.message,
        })?;
        let nothing = Downstream::new(Arc::clone(&node.name), 0);
        Ok(Self { processor, node, nothing })
    }

    /// The value of a row. An error is reported.
    pub(crate) fn process(
        &mut self,
        context: &mut Context<'_>,
        key: &K,
        value: Option<V>,
        timestamp: Timestamp,
        headers: &Headers,
    ) -> Option<Option<V2>> {
        let mut view = ProcessorContext::new(context, &mut self.nothing, &self.node, timestamp, headers.clone());
        let result = self.processor.process(&mut RowContext(&mut view), key, value);
        view.report_refused();
        let (result, value) = match result {
            Ok(value) => (Ok(()), Some(value)),
            Err(error) => (Err(error), None),
        };
        report(context, &self.node.name, result);
        value
    }

    pub(crate) fn start(&mut self, context: &mut Context<'_>) {
        let (unknown, headers) = (Timestamp::UNKNOWN, Headers::new());
        let mut view = ProcessorContext::new(context, &mut self.nothing, &self.node, unknown, headers);
        let result = in_node(&self.node.name, || self.processor.init(&mut RowContext(&mut view)));
        view.report_refused();
        if let Some(lost) = forget_caught() {
            context.stop(lost);
        }
        if let Err(error) = result {
            context.fail_topology(&self.node.name, format!("`init` failed: {error}"));
        }
    }

    pub(crate) fn punctuate(&mut self, context: &mut Context<'_>, schedule: ScheduleId, time: Timestamp) {
        let mut view = ProcessorContext::new(context, &mut self.nothing, &self.node, time, Headers::new());
        let punctuate = || self.processor.punctuate(&mut RowContext(&mut view), schedule, time);
        let result = in_node(&self.node.name, punctuate);
        view.report_refused();
        report(context, &self.node.name, result);
    }

    pub(crate) fn close(&mut self) {
        in_node(&self.node.name, || self.processor.close());
    }
}
