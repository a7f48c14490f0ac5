//! Records that are sent to topics of their own: those that a handler skips, and those that operators drop.

use std::fmt::Write as _;
use std::sync::Arc;

use millstream_core::chain::{Destination, Route};
use millstream_log::RecordView;
use millstream_types::{Failure, Headers, Origin, RecordBytes, Skipped, TaskId, Timestamp, Topic};

/// The owner of records that are sent whatever becomes of their task.
const OF_NO_TASK: TaskId = TaskId::new(u32::MAX, u32::MAX);

/// A record on its way to a topic of its own.
pub(crate) struct RecordApart<'a> {
    pub(crate) topic: &'a Topic,
    /// The node that has failed or dropped it.
    pub(crate) node: &'a str,
    pub(crate) record: RecordBytes<'a>,
}

impl RecordApart<'_> {
    /// Passes it to `send` with the headers that it had, and then those that `add` adds. A record without a valid time gets the time
    /// `now`.
    pub(crate) fn send(
        self,
        add: impl FnOnce(&mut Headers),
        now: Timestamp,
        send: impl FnOnce(TaskId, Destination<'_>, RecordBytes<'_>) -> bool,
    ) {
        let mut headers = self.record.headers.clone();
        add(&mut headers);
        let timestamp = if self.record.timestamp.is_valid() { self.record.timestamp } else { now };
        let destination = Destination { node: self.node, topic: self.topic, route: Route::ByKey };
        // It is false if there is no partition, which cannot be: it is chosen by the key.
        _ = send(OF_NO_TASK, destination, RecordBytes { timestamp, headers: &headers, ..self.record });
    }
}

/// The bytes of a record that was read, with its headers.
pub(crate) fn bytes_of<'a>(record: RecordView<'a>, headers: &'a Headers) -> RecordBytes<'a> {
    RecordBytes { timestamp: record.timestamp(), key: record.key(), value: record.value(), headers }
}

/// Adds the headers of a dead letter, which have the names of Kafka Streams.
pub(crate) fn add_failure(headers: &mut Headers, failure: &Failure) {
    headers.add("__streams.errors.exception", failure.kind.label());
    headers.add("__streams.errors.message", failure.detail.clone().unwrap_or_default());
    headers.add("__streams.errors.stacktrace", trace_of(failure));
    add_origin(headers, "__streams.errors", failure.origin.as_ref());
}

/// The node, and the causes of a failure, a line each.
fn trace_of(failure: &Failure) -> String {
    let mut trace = failure.to_string();
    for cause in &failure.causes {
        // Writing to a string does not fail.
        _ = write!(trace, "\ncaused by: {cause}");
    }
    trace
}

/// Adds the headers of a record that was dropped.
pub(crate) fn add_reason(headers: &mut Headers, skipped: &Skipped<'_>) {
    headers.add("__millstream.dropped.reason", skipped.reason.label());
    headers.add("__millstream.dropped.node", skipped.node);
    add_origin(headers, "__millstream.dropped", skipped.origin.as_ref());
}

fn add_origin(headers: &mut Headers, prefix: &str, origin: Option<&Origin>) {
    let Some(Origin { topic, partition, offset }) = origin else { return };
    headers.add(format!("{prefix}.topic"), topic.as_str());
    headers.add(format!("{prefix}.partition"), partition.to_string());
    headers.add(format!("{prefix}.offset"), offset.to_string());
}

/// The name of a node for the outbox.
pub(crate) fn node_of(failure: &Failure) -> Arc<str> {
    failure.node.clone().unwrap_or_else(|| "dead letters".into())
}
