//! Wrapping of processors: code of the user around every call of a processor.

use std::any::Any;
use std::sync::Arc;

use millstream_types::{Failure, Headers, Origin, Partition, Timestamp};

use super::context::{Context, Node};
use super::prefetch::NextKeys;
use super::schedule::ScheduleId;
use crate::record::Record;

/// Chooses what is run around the processors of a topology (`processor.wrapper.class` in Kafka Streams, KIP-1112), for tracing,
/// measurements, or a policy for errors. [`StreamsBuilder::wrap_processors`](crate::StreamsBuilder::wrap_processors) sets it.
/// A function of [`ProcessorInfo`] is one.
///
/// It is asked for every processor: those of the user and the operators of the DSL, also those that the DSL adds, such as the filter of
/// null keys before a repartition, and the processors of global stores; not for sources and sinks. Once more for each when the
/// topology is built, which checks it.
///
/// Processors that are not wrapped cost nothing, and so does a topology without a wrapper.
///
/// # Examples
/// Every record is counted by processor:
/// ```
/// use std::collections::BTreeMap;
/// use std::sync::{Arc, Mutex};
///
/// use millstream_core::{AroundProcessor, Failure, ProcessorCall, ProcessorInfo, StreamsBuilder};
///
/// type Counts = Arc<Mutex<BTreeMap<String, u64>>>;
///
/// struct Count {
///     name: String,
///     counts: Counts,
/// }
///
/// impl AroundProcessor for Count {
///     fn process(&mut self, call: &mut ProcessorCall<'_>) -> Result<(), Failure> {
///         if let Ok(mut counts) = self.counts.lock() {
///             *counts.entry(self.name.clone()).or_default() += 1;
///         }
///         call.proceed()
///     }
/// }
///
/// let counts = Counts::default();
/// let builder = StreamsBuilder::new().wrap_processors(move |processor: &ProcessorInfo<'_>| {
///     let (name, counts) = (processor.name.to_owned(), Arc::clone(&counts));
///     Some(Box::new(Count { name, counts }) as Box<dyn AroundProcessor>)
/// });
/// builder.stream::<String, String>("in").filter(|_, line| !line.is_empty()).to("out");
/// # builder.build()?;
/// # Ok::<(), millstream_core::TopologyError>(())
/// ```
pub trait ProcessorWrapper: Send + Sync + 'static {
    /// What is run around this processor, in one task. `None` leaves the processor as it is.
    fn wrap(&self, processor: &ProcessorInfo<'_>) -> Option<Box<dyn AroundProcessor>>;
}

impl<F> ProcessorWrapper for F
where
    F: Fn(&ProcessorInfo<'_>) -> Option<Box<dyn AroundProcessor>> + Send + Sync + 'static,
{
    fn wrap(&self, processor: &ProcessorInfo<'_>) -> Option<Box<dyn AroundProcessor>> {
        self(processor)
    }
}

/// The processor that a [`ProcessorWrapper`] is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProcessorInfo<'a> {
    /// The name, as in [`Topology::describe`](crate::Topology::describe).
    pub name: &'a str,
    /// Whether it keeps keys.
    pub keys: ProcessedKeys,
    /// The partition of the task.
    pub partition: Partition,
}

impl<'a> ProcessorInfo<'a> {
    pub(crate) fn new(name: &'a str, keys: ProcessedKeys, partition: Partition) -> Self {
        Self { name, keys, partition }
    }
}

/// What a processor does to keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProcessedKeys {
    /// It keeps them: a [`FixedKeyProcessor`](crate::FixedKeyProcessor), or an operator of the DSL that does.
    Kept,
    /// It may change them.
    MayChange,
}

/// Code around the calls of one processor in one task. One thread at a time uses it.
///
/// # Examples
/// See [`ProcessorWrapper`].
pub trait AroundProcessor: Send {
    /// Called before the processor is initialised, before the first record.
    fn init(&mut self) {}

    /// Called for each record in place of the processor, which [`ProcessorCall::proceed`] calls. Without that the record goes no
    /// further.
    ///
    /// # Errors
    /// The failure of the processor, which is then passed to the handlers, as without a wrapper. `Ok` in its place continues: the
    /// processor has forwarded nothing more for the record, and it is not counted as dropped.
    fn process(&mut self, call: &mut ProcessorCall<'_>) -> Result<(), Failure> {
        call.proceed()
    }

    /// Called in place of a punctuation of the processor at `time`, which `proceed` runs.
    ///
    /// # Errors
    /// As [`process`](Self::process).
    fn punctuate(&mut self, _time: Timestamp, proceed: &mut dyn FnMut() -> Result<(), Failure>) -> Result<(), Failure> {
        proceed()
    }

    /// Called after the processor is closed, after the last record.
    fn close(&mut self) {}
}

/// A record that is about to be processed. What it is called with can be read and, but for key and value, changed.
pub struct ProcessorCall<'a>(&'a mut dyn Pending);

impl ProcessorCall<'_> {
    /// Calls the processor, once: a further call does nothing. When it returns, everything below the processor has processed what it has
    /// forwarded.
    ///
    /// # Errors
    /// When the processor fails itself. Failures of processors below are theirs.
    ///
    /// # Examples
    /// See [`ProcessorWrapper`].
    pub fn proceed(&mut self) -> Result<(), Failure> {
        self.0.proceed()
    }

    /// The key, if it is a `K`, as in the stream above: with null keys an `Option`.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::ProcessorCall;
    /// # fn example(call: &ProcessorCall<'_>) {
    /// let user = call.key::<String>();
    /// # }
    /// ```
    #[must_use]
    pub fn key<K: 'static>(&self) -> Option<&K> {
        self.0.key()?.downcast_ref()
    }

    /// The value, if it is a `V`. Operators on tables get changes of rows, whose types are internal.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::ProcessorCall;
    /// # fn example(call: &ProcessorCall<'_>) {
    /// let is_large = call.value::<i64>().is_some_and(|amount| *amount > 1_000);
    /// # }
    /// ```
    #[must_use]
    pub fn value<V: 'static>(&self) -> Option<&V> {
        self.0.value()?.downcast_ref()
    }

    /// The time of the record; [`Timestamp::UNKNOWN`] once it is processed.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::ProcessorCall;
    /// # fn example(call: &ProcessorCall<'_>) {
    /// let is_late = call.timestamp() < call.stream_time();
    /// # }
    /// ```
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        self.0.timestamp()
    }

    /// The headers of the record; none once it is processed.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::ProcessorCall;
    /// # fn example(call: &ProcessorCall<'_>) {
    /// let trace = call.headers().and_then(|headers| headers.last("trace"));
    /// # }
    /// ```
    #[must_use]
    pub fn headers(&self) -> Option<&Headers> {
        self.0.headers()
    }

    /// Changes the headers with which the processor gets the record. Once it is processed this does nothing.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::ProcessorCall;
    /// # fn example(call: &mut ProcessorCall<'_>) {
    /// let mut headers = call.headers().cloned().unwrap_or_default();
    /// headers.add("seen-by", "audit");
    /// call.set_headers(headers);
    /// # }
    /// ```
    pub fn set_headers(&mut self, headers: Headers) {
        self.0.set_headers(headers);
    }

    /// The topic, partition and offset of the record that is being processed in the task; `None` in a punctuation.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::ProcessorCall;
    /// # fn example(call: &ProcessorCall<'_>) {
    /// let place = call.origin().map_or("a schedule".to_owned(), |origin| origin.to_string());
    /// # }
    /// ```
    #[must_use]
    pub fn origin(&self) -> Option<Origin> {
        self.0.origin()
    }

    /// The stream time of the task.
    ///
    /// # Examples
    /// See [`timestamp`](Self::timestamp).
    #[must_use]
    pub fn stream_time(&self) -> Timestamp {
        self.0.stream_time()
    }
}

/// A record in front of a node, without its types.
trait Pending {
    fn proceed(&mut self) -> Result<(), Failure>;
    fn key(&self) -> Option<&dyn Any>;
    fn value(&self) -> Option<&dyn Any>;
    fn timestamp(&self) -> Timestamp;
    fn headers(&self) -> Option<&Headers>;
    fn set_headers(&mut self, headers: Headers);
    fn origin(&self) -> Option<Origin>;
    fn stream_time(&self) -> Timestamp;
}

struct PendingRecord<'p, 'a, K, V> {
    name: &'p Arc<str>,
    node: &'p mut dyn Node<K, V>,
    context: &'p mut Context<'a>,
    /// `None` once it is processed.
    record: Option<Record<K, V>>,
}

impl<K: 'static, V: 'static> Pending for PendingRecord<'_, '_, K, V> {
    fn proceed(&mut self) -> Result<(), Failure> {
        let Some(record) = self.record.take() else { return Ok(()) };
        let node = &mut *self.node;
        self.context.wrapped(self.name, |context| node.process(context, record))
    }

    fn key(&self) -> Option<&dyn Any> {
        self.record.as_ref().map(|record| &record.key as &dyn Any)
    }

    fn value(&self) -> Option<&dyn Any> {
        self.record.as_ref().map(|record| &record.value as &dyn Any)
    }

    fn timestamp(&self) -> Timestamp {
        self.record.as_ref().map_or(Timestamp::UNKNOWN, |record| record.timestamp)
    }

    fn headers(&self) -> Option<&Headers> {
        self.record.as_ref().map(|record| &record.headers)
    }

    fn set_headers(&mut self, headers: Headers) {
        if let Some(record) = &mut self.record {
            record.headers = headers;
        }
    }

    fn origin(&self) -> Option<Origin> {
        self.context.origin()
    }

    fn stream_time(&self) -> Timestamp {
        self.context.stream_time()
    }
}

/// A node with code around it.
pub(crate) struct Wrapped<K, V> {
    pub(crate) name: Arc<str>,
    pub(crate) node: Box<dyn Node<K, V>>,
    pub(crate) around: Box<dyn AroundProcessor>,
}

impl<K: 'static, V: 'static> Node<K, V> for Wrapped<K, V> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let mut pending = PendingRecord { name: &self.name, node: &mut *self.node, context, record: Some(record) };
        let result = self.around.process(&mut ProcessorCall(&mut pending));
        result.unwrap_or_else(|failure| context.fail_with(failure));
    }

    fn prefetch(&mut self, context: &mut Context<'_>, next_keys: NextKeys<'_, K>) {
        self.node.prefetch(context, next_keys);
    }

    fn start(&mut self, context: &mut Context<'_>) {
        super::in_node(&self.name, || self.around.init());
        self.node.start(context);
    }

    /// What a cache has held back is forwarded without a call of the processor.
    fn flush(&mut self, context: &mut Context<'_>, rows_max: usize) {
        self.node.flush(context, rows_max);
    }

    fn punctuate(&mut self, context: &mut Context<'_>, schedule: ScheduleId, time: Timestamp) {
        let (node, name) = (&mut *self.node, &self.name);
        let around = &mut *self.around;
        let mut proceed = || context.wrapped(name, |context| node.punctuate(context, schedule, time));
        let result = super::in_node(name, || around.punctuate(time, &mut proceed));
        result.unwrap_or_else(|failure| context.fail_with(failure));
    }

    fn close(&mut self) {
        self.node.close();
        super::in_node(&self.name, || self.around.close());
    }
}
