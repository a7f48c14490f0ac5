//! Processors that cannot change a record's key, so that nothing after them needs a repartition.

use std::time::Duration;

use millstream_state::AnyStore;
use millstream_types::{Headers, Partition, Timestamp};

use super::{GlobalStoreAccess, Processor, ProcessorContext, ReadOnlyStoreAccess, StoreAccess};
use crate::chain::{BoxError, Origin, PunctuationType, ScheduleId};
use crate::record::{Element, Record};
use crate::stores::{GlobalStoreHandle, ReadOnly, StoreHandle};

/// A record whose key stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedKeyRecord<K, V>(Record<K, V>);

impl<K, V> FixedKeyRecord<K, V> {
    /// The key.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::FixedKeyRecord;
    /// # use millstream_types::{Headers, Timestamp};
    /// # fn example(record: FixedKeyRecord<String, i64>) {
    /// println!("{}", record.key());
    /// # }
    /// ```
    #[must_use]
    pub const fn key(&self) -> &K {
        &self.0.key
    }

    /// The value.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::FixedKeyRecord;
    /// # use millstream_types::{Headers, Timestamp};
    /// # fn example(record: FixedKeyRecord<String, i64>) {
    /// let doubled = record.value() * 2;
    /// # }
    /// ```
    #[must_use]
    pub const fn value(&self) -> &V {
        &self.0.value
    }

    /// The record's time.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::FixedKeyRecord;
    /// # use millstream_types::{Headers, Timestamp};
    /// # fn example(record: FixedKeyRecord<String, i64>) {
    /// let second = record.timestamp().as_millis() / 1_000;
    /// # }
    /// ```
    #[must_use]
    pub const fn timestamp(&self) -> Timestamp {
        self.0.timestamp
    }

    /// The headers.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::FixedKeyRecord;
    /// # use millstream_types::{Headers, Timestamp};
    /// # fn example(record: FixedKeyRecord<String, i64>) {
    /// let headers = record.headers().clone();
    /// # }
    /// ```
    #[must_use]
    pub const fn headers(&self) -> &Headers {
        &self.0.headers
    }

    /// The same record with another value.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::FixedKeyRecord;
    /// # use millstream_types::{Headers, Timestamp};
    /// # fn example(record: FixedKeyRecord<String, i64>) {
    /// let text = record.with_value("text".to_owned());
    /// # }
    /// ```
    #[must_use]
    pub fn with_value<V2>(self, value: V2) -> FixedKeyRecord<K, V2> {
        FixedKeyRecord(self.0.with_value(value))
    }

    /// The same record at another time.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::FixedKeyRecord;
    /// # use millstream_types::{Headers, Timestamp};
    /// # fn example(record: FixedKeyRecord<String, i64>) {
    /// let later = record.with_timestamp(Timestamp::from_millis(60_000));
    /// # }
    /// ```
    #[must_use]
    pub fn with_timestamp(self, timestamp: Timestamp) -> Self {
        Self(self.0.with_timestamp(timestamp))
    }

    /// The same record with other headers.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::FixedKeyRecord;
    /// # use millstream_types::{Headers, Timestamp};
    /// # fn example(record: FixedKeyRecord<String, i64>) {
    /// let bare = record.with_headers(Headers::new());
    /// # }
    /// ```
    #[must_use]
    pub fn with_headers(self, headers: Headers) -> Self {
        Self(Record { headers, ..self.0 })
    }
}

/// An operator of your own that keeps each record's key. Otherwise as [`Processor`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not process keys `{K}` and values `{VIn}`",
    label = "gets keys `{K}` and values `{VIn}`",
    note = "bring the stream to the types that it processes, with `map` or `map_values` before it",
    note = "or implement `FixedKeyProcessor<{K}, {VIn}, _>` for `{Self}`"
)]
pub trait FixedKeyProcessor<K, VIn, VOut>: Send {
    /// As [`Processor::init`].
    ///
    /// # Errors
    /// Any error stops the task.
    fn init(&mut self, _context: &mut FixedKeyContext<'_, '_, K, VOut>) -> Result<(), BoxError> {
        Ok(())
    }

    /// As [`Processor::process`].
    ///
    /// # Errors
    /// Any error is passed to the processing handler, except that of a store, which stops the task.
    fn process(
        &mut self,
        context: &mut FixedKeyContext<'_, '_, K, VOut>,
        record: FixedKeyRecord<K, VIn>,
    ) -> Result<(), BoxError>;

    /// As [`Processor::punctuate`]. It cannot forward, since it has no record whose key it could keep.
    ///
    /// # Errors
    /// As [`process`](Self::process).
    fn punctuate(
        &mut self,
        _context: &mut FixedKeyContext<'_, '_, K, VOut>,
        _schedule: ScheduleId,
        _time: Timestamp,
    ) -> Result<(), BoxError> {
        Ok(())
    }

    /// As [`Processor::close`].
    fn close(&mut self) {}
}

/// The context of a fixed-key processor: a [`ProcessorContext`] that forwards only records that the processor was given, with
/// the same key.
pub struct FixedKeyContext<'a, 'b, K, V>(&'a mut ProcessorContext<'b, K, V>);

impl<K: Element, V: Element> FixedKeyContext<'_, '_, K, V> {
    /// Forwards a record to every child, in the order they were added.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, PunctuationType, FixedKeyContext, FixedKeyRecord};
    /// # fn example(context: &mut FixedKeyContext<'_, '_, String, i64>, record: FixedKeyRecord<String, i64>) -> Result<(), BoxError> {
    /// context.forward(record.with_value(1));
    /// # Ok(())
    /// # }
    /// ```
    pub fn forward(&mut self, record: FixedKeyRecord<K, V>) {
        self.0.forward(record.0);
    }

    /// Forwards a record to the child of this name only.
    ///
    /// # Errors
    /// When there is no child of this name.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, PunctuationType, FixedKeyContext, FixedKeyRecord};
    /// # fn example(context: &mut FixedKeyContext<'_, '_, String, i64>, record: FixedKeyRecord<String, i64>) -> Result<(), BoxError> {
    /// context.forward_to("large-orders", record)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn forward_to(&mut self, child: &str, record: FixedKeyRecord<K, V>) -> Result<(), BoxError> {
        self.0.forward_to(child, record.0)
    }
}

impl<K: Element, V: Element> FixedKeyContext<'_, '_, K, V> {
    /// As [`ProcessorContext::store`].
    ///
    /// # Errors
    /// When the store is not connected.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, FixedKeyContext, KeyValueStore, StoreHandle};
    /// # fn example(context: &mut FixedKeyContext<'_, '_, String, i64>, seen: StoreHandle<KeyValueStore<String, i64>>) -> Result<(), BoxError> {
    /// let times = context.store(seen)?.get(&"a".to_owned())?.copied().unwrap_or(0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn store<S: AnyStore>(&mut self, store: StoreHandle<S>) -> Result<StoreAccess<'_, S>, BoxError> {
        self.0.store(store)
    }

    /// As [`ProcessorContext::read_only_store`].
    ///
    /// # Errors
    /// When the store is not connected.
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
    /// # use millstream_core::{BoxError, FixedKeyContext, GlobalStoreHandle, KeyValueStore};
    /// # fn example(
    /// #     context: &mut FixedKeyContext<'_, '_, String, i64>,
    /// #     rates: GlobalStoreHandle<KeyValueStore<String, i64>>,
    /// # ) -> Result<(), BoxError> {
    /// let rate = context.global_store(rates)?.get(&"EUR".to_owned())?.unwrap_or(1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn global_store<S: AnyStore>(&self, store: GlobalStoreHandle<S>) -> Result<GlobalStoreAccess<S>, BoxError> {
        self.0.global_store(store)
    }

    /// As [`ProcessorContext::schedule`].
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, PunctuationType, FixedKeyContext, FixedKeyRecord};
    /// # fn example(context: &mut FixedKeyContext<'_, '_, String, i64>, record: FixedKeyRecord<String, i64>) -> Result<(), BoxError> {
    /// context.schedule(PunctuationType::StreamTime, std::time::Duration::from_secs(60));
    /// # Ok(())
    /// # }
    /// ```
    pub fn schedule(&mut self, clock: PunctuationType, interval: Duration) -> ScheduleId {
        self.0.schedule(clock, interval)
    }

    /// As [`ProcessorContext::schedule_from`].
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, PunctuationType, FixedKeyContext, FixedKeyRecord};
    /// # fn example(context: &mut FixedKeyContext<'_, '_, String, i64>, record: FixedKeyRecord<String, i64>) -> Result<(), BoxError> {
    /// let noon = 12 * 60 * 60 * 1_000;
    /// let day = std::time::Duration::from_secs(24 * 60 * 60);
    /// context.schedule_from(noon.into(), PunctuationType::WallClockTime, day);
    /// # Ok(())
    /// # }
    /// ```
    pub fn schedule_from(&mut self, start: Timestamp, clock: PunctuationType, interval: Duration) -> ScheduleId {
        self.0.schedule_from(start, clock, interval)
    }

    /// As [`ProcessorContext::cancel`].
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, PunctuationType, FixedKeyContext, FixedKeyRecord};
    /// # fn example(context: &mut FixedKeyContext<'_, '_, String, i64>, record: FixedKeyRecord<String, i64>) -> Result<(), BoxError> {
    /// let schedule = context.schedule(PunctuationType::WallClockTime, std::time::Duration::from_secs(1));
    /// context.cancel(schedule);
    /// # Ok(())
    /// # }
    /// ```
    pub fn cancel(&mut self, schedule: ScheduleId) {
        self.0.cancel(schedule);
    }

    /// As [`ProcessorContext::request_commit`].
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, PunctuationType, FixedKeyContext, FixedKeyRecord};
    /// # fn example(context: &mut FixedKeyContext<'_, '_, String, i64>, record: FixedKeyRecord<String, i64>) -> Result<(), BoxError> {
    /// context.request_commit();
    /// # Ok(())
    /// # }
    /// ```
    pub fn request_commit(&mut self) {
        self.0.request_commit();
    }

    /// As [`ProcessorContext::origin`].
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, PunctuationType, FixedKeyContext, FixedKeyRecord};
    /// # fn example(context: &mut FixedKeyContext<'_, '_, String, i64>, record: FixedKeyRecord<String, i64>) -> Result<(), BoxError> {
    /// let place = context.origin().map_or("a schedule".to_owned(), |origin| origin.to_string());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn origin(&self) -> Option<Origin> {
        self.0.origin()
    }

    /// As [`ProcessorContext::stream_time`].
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, PunctuationType, FixedKeyContext, FixedKeyRecord};
    /// # fn example(context: &mut FixedKeyContext<'_, '_, String, i64>, record: FixedKeyRecord<String, i64>) -> Result<(), BoxError> {
    /// let is_late = record.timestamp() < context.stream_time();
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn stream_time(&self) -> Timestamp {
        self.0.stream_time()
    }

    /// As [`ProcessorContext::wall_clock`].
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, PunctuationType, FixedKeyContext, FixedKeyRecord};
    /// # fn example(context: &mut FixedKeyContext<'_, '_, String, i64>, record: FixedKeyRecord<String, i64>) -> Result<(), BoxError> {
    /// let age_ms = context.wall_clock().as_millis() - record.timestamp().as_millis();
    /// # Ok(())
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
    /// # use millstream_core::FixedKeyContext;
    /// # fn example(context: &mut FixedKeyContext<'_, '_, String, i64>) {
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
    /// # use millstream_core::FixedKeyContext;
    /// # fn example(context: &mut FixedKeyContext<'_, '_, String, i64>) {
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
    /// # use millstream_core::FixedKeyContext;
    /// # fn example(context: &mut FixedKeyContext<'_, '_, String, i64>) {
    /// println!("{} is called", context.name());
    /// # }
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.name()
    }
}

/// A fixed-key processor as a [`Processor`].
pub(crate) struct Fixed<P>(pub(crate) P);

impl<P, K, VIn, VOut> Processor<K, VIn, K, VOut> for Fixed<P>
where
    P: FixedKeyProcessor<K, VIn, VOut>,
    K: Element,
    VOut: Element,
{
    fn init(&mut self, context: &mut ProcessorContext<'_, K, VOut>) -> Result<(), BoxError> {
        self.0.init(&mut FixedKeyContext(context))
    }

    fn process(&mut self, context: &mut ProcessorContext<'_, K, VOut>, record: Record<K, VIn>) -> Result<(), BoxError> {
        self.0.process(&mut FixedKeyContext(context), FixedKeyRecord(record))
    }

    fn punctuate(
        &mut self,
        context: &mut ProcessorContext<'_, K, VOut>,
        schedule: ScheduleId,
        time: Timestamp,
    ) -> Result<(), BoxError> {
        self.0.punctuate(&mut FixedKeyContext(context), schedule, time)
    }

    fn close(&mut self) {
        self.0.close();
    }
}
