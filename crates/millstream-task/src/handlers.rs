//! Handlers for records that fail.

use std::fmt;
use std::sync::Arc;

use millstream_core::chain::Decision;
use millstream_core::{TopicName, TopicOwner, Topology};
#[cfg(doc)]
use millstream_types::SkipReason;
use millstream_types::{Failure, FailureKind, Partition, RecordBytes, TaskId, Topic, catch_panic};

/// The context for an error handler: the failure, and the record with everything that a dead-letter queue needs.
///
/// # Examples
/// ```
/// use std::sync::mpsc;
/// use millstream_core::chain::Decision;
/// use millstream_task::ErrorHandler;
///
/// let (dead_letters, _written_by_another_thread) = mpsc::channel();
/// let handler = ErrorHandler::custom(move |context| {
///     let Some(record) = &context.record else { return Decision::Fail };
///     let bytes = (record.key.map(<[u8]>::to_vec), record.value.map(<[u8]>::to_vec));
///     let dead_letter = (context.failure.origin.clone(), bytes, context.failure.to_string());
///     if dead_letters.send(dead_letter).is_ok() { Decision::Continue } else { Decision::Fail }
/// });
/// # let _ = handler;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ErrorContext<'a> {
    /// The failure: its kind, the node, the topic, partition and offset of the record, and the [error](Failure::error) with its
    /// sources.
    pub failure: &'a Failure,
    /// The task; `None` if a record fails after its task has processed it.
    pub task: Option<TaskId>,
    /// The record of the source topic that was being processed. `None` in a punctuation, when a commit forwards dirty rows, and
    /// if a record fails after its task has processed it.
    pub record: Option<RecordBytes<'a>>,
    /// The record that could not be written, if the log has refused it, or if a partitioner panicked that ran after its topic was
    /// looked up.
    pub output: Option<OutputRecord<'a>>,
}

impl<'a> ErrorContext<'a> {
    /// A context with only this failure.
    #[must_use]
    pub const fn new(failure: &'a Failure) -> Self {
        Self { failure, task: None, record: None, output: None }
    }
}

/// An output record.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OutputRecord<'a> {
    /// The topic of the record.
    pub topic: &'a Topic,
    /// The partition of the record; `None` if it was not chosen yet.
    pub partition: Option<Partition>,
    /// The content of the record; `None` if the log refused it later and does not have its content any more, which does not
    /// happen with Kafka's and the in-process log.
    pub content: Option<RecordBytes<'a>>,
}

impl<'a> OutputRecord<'a> {
    /// A record for this topic.
    pub(crate) const fn new(topic: &'a Topic, partition: Option<Partition>, content: Option<RecordBytes<'a>>) -> Self {
        Self { topic, partition, content }
    }
}

/// A handler that decides whether a task stops or skips a record.
///
/// # Examples
/// ```
/// use millstream_core::chain::Decision;
/// use millstream_task::ErrorHandler;
///
/// let lenient = ErrorHandler::custom(|context| match context.failure.error() {
///     Some(error) if error.is::<std::num::ParseIntError>() => Decision::Continue,
///     _ => Decision::Fail,
/// });
/// # let _ = lenient;
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum ErrorHandler {
    /// Stop the task.
    #[default]
    Fail,
    /// Skip and count the record.
    Continue,
    /// As this function says. It is called on the stream thread, once for each failure; if it panics, the task stops, and
    /// the failure says so.
    Custom(Arc<dyn Fn(&ErrorContext<'_>) -> Decision + Send + Sync>),
}

impl ErrorHandler {
    /// A handler that calls `decide`.
    ///
    /// # Examples
    /// See [`ErrorHandler`].
    pub fn custom(decide: impl Fn(&ErrorContext<'_>) -> Decision + Send + Sync + 'static) -> Self {
        Self::Custom(Arc::new(decide))
    }

    /// What it decides, or what its panic said.
    fn ask(&self, context: &ErrorContext<'_>) -> Result<Decision, String> {
        match self {
            Self::Fail => Ok(Decision::Fail),
            Self::Continue => Ok(Decision::Continue),
            Self::Custom(decide) => catch_panic(|| decide(context)),
        }
    }
}

impl fmt::Debug for ErrorHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fail => "Fail",
            Self::Continue => "Continue",
            Self::Custom(_) => "Custom",
        })
    }
}

/// The handlers of an application, and the topics for records that go no further. By default each handler stops the task.
///
/// For refused changelog records, errors of stores and topologies that do not fit there is no handler: the task stops.
///
/// # Examples
/// Records that cannot be read are sent to the topic `orders-dead`, and records that are too late for their window to `orders-late`:
/// ```
/// use millstream_task::{ErrorHandler, Handlers};
///
/// let handlers = Handlers {
///     deserialization: ErrorHandler::Continue,
///     dead_letters: Some("orders-dead".into()),
///     dropped_records: Some("orders-late".into()),
///     ..Handlers::default()
/// };
/// # let _ = handlers;
/// ```
#[derive(Clone, Debug, Default)]
pub struct Handlers {
    /// For records whose key or value cannot be read.
    pub deserialization: ErrorHandler,
    /// For records on which user code returned an error or panicked.
    pub processing: ErrorHandler,
    /// For records that cannot be written: no encoding, no topic, refused by the log.
    pub production: ErrorHandler,
    /// The topic for records that a handler skips (`errors.dead.letter.queue.topic.name` in Kafka Streams); `None` for none. An
    /// application does not start unless it exists.
    ///
    /// A dead letter has the key, the value, the time and the headers of the record that was being processed (of one that the log has
    /// refused, its own), and after these the headers of Kafka Streams: `__streams.errors.exception` (the [label](FailureKind::label)
    /// of the kind), `.message`, `.stacktrace` (with the causes), `.topic`, `.partition` and `.offset`. It is sent when the handler has decided,
    /// and acknowledged before the offset is committed. A record that stops the task is not sent: it is processed again. In a punctuation
    /// and while a commit forwards what caches hold there is no record to send.
    pub dead_letters: Option<Topic>,
    /// The topic for records that operators drop, such as those that are too late for their window; `None` for none. An
    /// application does not start unless it exists. Kafka Streams only counts them.
    ///
    /// The record has the key, the value, the time and the headers of the record that was being processed, and after these
    /// `__millstream.dropped.reason` (as in the [metrics](SkipReason::label)), `.node`, `.topic`, `.partition` and `.offset`; it is sent once
    /// for each time that it is counted, so a record that is late for three windows of an operator is there three times. One that
    /// waited in a buffer or a cache, or for which a partitioner has chosen no partition, is only counted. Null keys before a repartition topic are not dropped in this sense.
    pub dropped_records: Option<Topic>,
}

impl Handlers {
    /// Checks the topics for records that go no further, for an application of this topology.
    ///
    /// # Errors
    /// When one has an invalid name, is an internal topic of Kafka or of the application (also of an earlier topology of it), or is read
    /// by the application: every record that it left out would be read and left out again, without end. Whether the topics exist is
    /// checked when the application starts.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::StreamsBuilder;
    /// use millstream_task::Handlers;
    ///
    /// let builder = StreamsBuilder::new();
    /// builder.stream::<String, String>("orders").to("out");
    /// let handlers = Handlers { dead_letters: Some("orders".into()), ..Handlers::default() };
    /// let error = handlers.check(&builder.build()?, "app").unwrap_err();
    /// assert!(error.to_string().starts_with("`Handlers::dead_letters` is the topic `orders`, which"));
    /// # Ok::<(), millstream_core::TopologyError>(())
    /// ```
    pub fn check(&self, topology: &Topology, application_id: &str) -> Result<(), HandlerTopicError> {
        for (field, topic) in self.topics() {
            if let Some(reason) = fault_of_topic(topic, topology, application_id) {
                return Err(HandlerTopicError { field, topic: topic.clone(), reason });
            }
        }
        Ok(())
    }

    /// The topics for records that go no further, with the names of their fields.
    pub fn topics(&self) -> impl Iterator<Item = (&'static str, &Topic)> {
        let fields = [("dead_letters", &self.dead_letters), ("dropped_records", &self.dropped_records)];
        fields.into_iter().filter_map(|(field, topic)| Some((field, topic.as_ref()?)))
    }

    /// What becomes of the record. A handler that panics stops the task.
    #[must_use]
    pub fn decide(&self, context: &ErrorContext<'_>) -> Decision {
        self.ask(context).unwrap_or(Decision::Fail)
    }

    /// What the handler of this kind of failure decides, or that it panicked.
    pub(crate) fn ask(&self, context: &ErrorContext<'_>) -> Result<Decision, HandlerPanic> {
        let (name, handler) = match context.failure.kind {
            FailureKind::Deserialization => ("deserialization", &self.deserialization),
            FailureKind::Processing | FailureKind::Panic => ("processing", &self.processing),
            FailureKind::Serialization | FailureKind::Production => ("production", &self.production),
            _ => return Ok(Decision::Fail),
        };
        handler.ask(context).map_err(|message| HandlerPanic { handler: name, message })
    }
}

/// A topic of [`Handlers`] that cannot be used: [`Handlers::check`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`Handlers::{field}` is the topic `{topic}`, {reason}")]
pub struct HandlerTopicError {
    field: &'static str,
    topic: Topic,
    reason: String,
}

fn fault_of_topic(topic: &Topic, topology: &Topology, application_id: &str) -> Option<String> {
    if let Some(fault) = TopicName::fault(topic.as_str()) {
        return Some(format!("which no topic can be called: {fault}"));
    }
    if let Some(owner) = topology.owner_of(application_id, topic) {
        let whose = match owner {
            TopicOwner::Kafka => "in which Kafka's brokers keep state of their own",
            TopicOwner::Application => "which is an internal topic of the application",
        };
        return Some(format!("{whose}; choose another"));
    }
    // Two patterns that match one topic are an error.
    let is_read = topology.with_topics(application_id, [topic]).map_or(true, |matched| {
        let sources =
            matched.subtopologies().iter().chain(matched.globals()).flat_map(|subtopology| &subtopology.sources);
        sources.into_iter().any(|source| source.topic.resolve(application_id) == *topic)
    });
    is_read.then(|| {
        "which the application reads, so that it would read what it leaves out without end; choose another".to_owned()
    })
}

/// A handler has panicked.
#[derive(Debug)]
pub(crate) struct HandlerPanic {
    handler: &'static str,
    message: String,
}

impl HandlerPanic {
    /// Stops the task; its failure says that a handler has panicked on it.
    pub(crate) fn stop(self, failure: &mut Failure) -> Decision {
        let Self { handler, message } = self;
        let panicked = format!("the {handler} handler panicked on this: {message}");
        failure.detail =
            Some(failure.detail.take().map_or_else(|| panicked.clone(), |detail| format!("{detail}; {panicked}")));
        Decision::Fail
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(kind: FailureKind) -> Failure {
        Failure::new(kind, "broken").in_node("node")
    }

    #[test]
    fn each_kind_has_its_handler() {
        let asked = |name: &'static str| {
            ErrorHandler::custom(move |context| {
                let expected = match context.failure.kind {
                    FailureKind::Deserialization => "deserialization",
                    FailureKind::Processing | FailureKind::Panic => "processing",
                    _ => "production",
                };
                assert_eq!(name, expected);
                Decision::Continue
            })
        };
        let handlers = Handlers {
            deserialization: asked("deserialization"),
            processing: asked("processing"),
            production: asked("production"),
            ..Handlers::default()
        };
        let decide = |kind| handlers.decide(&ErrorContext::new(&failure(kind)));
        for kind in [
            FailureKind::Deserialization,
            FailureKind::Processing,
            FailureKind::Panic,
            FailureKind::Serialization,
            FailureKind::Production,
        ] {
            assert_eq!(decide(kind), Decision::Continue);
            assert!(kind.is_decidable());
        }
        for kind in
            [FailureKind::Timestamp, FailureKind::Store, FailureKind::Topology, FailureKind::Log, FailureKind::Internal]
        {
            assert!(!kind.is_decidable());
            assert_eq!(decide(kind), Decision::Fail, "no handler may continue after {kind:?}");
        }
    }

    /// A panic of a handler was reported as one of the library.
    #[test]
    fn a_handler_that_panics_stops_the_task() {
        let handlers = Handlers { production: ErrorHandler::custom(|_| panic!("no idea")), ..Handlers::default() };
        assert_eq!(handlers.decide(&ErrorContext::new(&failure(FailureKind::Production))), Decision::Fail);
    }

    #[test]
    fn the_default_is_to_fail() {
        assert_eq!(Handlers::default().decide(&ErrorContext::new(&failure(FailureKind::Processing))), Decision::Fail);
    }
}
