//! The environment of a task's chain.

use std::sync::Arc;

use millstream_changelog::Changelogs;
use millstream_core::chain::{Decision, Destination, Environment};
use millstream_log::{PointerCache, RecordView};
use millstream_state::{Changelog, StoreIndex};
use millstream_types::{Failure, Headers, Now, Origin, RecordBytes, SkipReason, Skipped, TaskId, Timestamp, Topic};

use crate::handlers::ErrorContext;
use crate::input_queue::InputQueue;
use crate::records_apart::{RecordApart, add_failure, add_reason, bytes_of, node_of};
use crate::{Handlers, Outbox, TaskSettings};
use millstream_observe::events::EventSink;
use millstream_observe::metrics::{NodeMetrics, TaskRecorder};

/// The part of the environment that the task owns: everything except the outbox.
pub(super) struct TaskResources {
    pub(super) id: TaskId,
    pub(super) application_id: Arc<str>,
    pub(super) changelogs: Changelogs,
    pub(super) handlers: Handlers,
    pub(super) events: EventSink,
    pub(super) recorder: TaskRecorder,
    /// The indices of sinks in the recorder.
    pub(super) nodes: PointerCache<Arc<str>>,
}

impl TaskResources {
    pub(super) fn new(
        id: TaskId,
        settings: &TaskSettings,
        changelogs: Changelogs,
        events: EventSink,
        recorder: TaskRecorder,
    ) -> Self {
        let (application_id, handlers) = (Arc::clone(&settings.application_id), settings.handlers.clone());
        Self { id, application_id, changelogs, handlers, events, recorder, nodes: PointerCache::new() }
    }

    /// The environment of a step at `now` with this outbox.
    pub(super) fn environment<'a>(&'a mut self, now: Now, outbox: &'a mut Outbox) -> TaskEnvironment<'a> {
        TaskEnvironment { resources: self, outbox, now, source: SourceRecord::None }
    }

    fn node(&mut self, name: &str) -> Option<&mut NodeMetrics> {
        if self.nodes.get(name).is_none() {
            let index = self.recorder.current().nodes.iter().position(|node| &*node.node == name)?;
            self.nodes.insert(name, name.into(), index);
        }
        self.nodes.get(name).map(|index| self.recorder.node(index))
    }

    pub(super) fn dropped(&mut self, skipped: &Skipped<'_>) {
        if let Some(node) = self.node(skipped.node) {
            node.count_dropped(skipped.reason);
        }
        self.events.record_skipped(skipped);
    }

    /// Sends a record that an operator has dropped to the topic for such records.
    #[cold]
    pub(super) fn send_dropped(
        &self,
        skipped: &Skipped<'_>,
        record: Option<RecordView<'_>>,
        outbox: Option<&mut Outbox>,
        now: Now,
    ) {
        let (Some(topic), Some(record), Some(outbox)) = (&self.handlers.dropped_records, record, outbox) else {
            return;
        };
        let headers = record.headers();
        let dropped = RecordApart { topic, node: skipped.node, record: bytes_of(record, &headers) };
        let add = |headers: &mut Headers| add_reason(headers, skipped);
        dropped.send(add, now.wall, |task, destination, record| outbox.send(task, destination, record));
    }

    /// Asks the handler about a failure of `record`. If it is skipped, counts the record, and sends it to the topic of dead letters.
    #[cold]
    pub(super) fn decide(
        &mut self,
        failure: &mut Failure,
        record: Option<RecordView<'_>>,
        outbox: Option<&mut Outbox>,
        now: Now,
    ) -> Decision {
        let headers = record.map(|record| record.headers()).unwrap_or_default();
        let record = record.map(|record| bytes_of(record, &headers));
        let asked = self.handlers.ask(&ErrorContext { task: Some(self.id), record, ..ErrorContext::new(failure) });
        let decision = asked.unwrap_or_else(|panic| panic.stop(failure));
        if decision == Decision::Continue {
            let reason = SkipReason::of_failure(failure.kind);
            let (node, origin) = (failure.node.as_deref().unwrap_or_default(), failure.origin.clone());
            let (detail, record_data) = (failure.detail.as_deref(), failure.record_data());
            self.dropped(&Skipped { reason, node, origin, detail, record_data });
            if let (Some(topic), Some(record), Some(outbox)) = (&self.handlers.dead_letters, record, outbox) {
                let letter = RecordApart { topic, node: &node_of(failure), record };
                let add = |headers: &mut Headers| add_failure(headers, failure);
                letter.send(add, now.wall, |task, destination, record| outbox.send(task, destination, record));
            }
        }
        decision
    }
}

/// The environment of a step.
pub(super) struct TaskEnvironment<'a> {
    pub(super) resources: &'a mut TaskResources,
    pub(super) outbox: &'a mut Outbox,
    now: Now,
    source: SourceRecord<'a>,
}

/// The bytes of the present record, for error handlers.
#[derive(Clone, Copy)]
pub(super) enum SourceRecord<'a> {
    /// There is no present record.
    None,
    /// The record that is being decoded.
    Next(RecordView<'a>),
    /// The head of this queue.
    Head(&'a InputQueue),
}

impl<'a> SourceRecord<'a> {
    /// The record, if it has this origin.
    fn at(self, origin: &Origin) -> Option<RecordView<'a>> {
        let record = match self {
            Self::None => None,
            Self::Next(record) => Some(record),
            Self::Head(queue) => (queue.partition().topic == origin.topic).then(|| queue.head_record())?,
        };
        record.filter(|record| record.offset() == origin.offset)
    }
}

impl<'a> TaskEnvironment<'a> {
    /// The same environment, while this record is being processed.
    #[inline]
    pub(super) fn processing(self, source: SourceRecord<'a>) -> Self {
        Self { source, ..self }
    }
}

impl Changelog for TaskEnvironment<'_> {
    fn append(&mut self, store: StoreIndex, key: &[u8], value: Option<&[u8]>, timestamp: Timestamp) {
        self.append_with_headers(store, key, value, timestamp, &Headers::new());
    }

    fn append_with_headers(
        &mut self,
        store: StoreIndex,
        key: &[u8],
        value: Option<&[u8]>,
        timestamp: Timestamp,
        headers: &Headers,
    ) {
        if let Some(changelog) = self.resources.changelogs.partition(store) {
            let timestamp = if timestamp == Timestamp::UNKNOWN { self.now.wall } else { timestamp };
            let record = RecordBytes { timestamp, key: Some(key), value, headers };
            self.outbox.log(self.resources.id, changelog, &record);
        }
    }
}

impl Environment for TaskEnvironment<'_> {
    fn now(&self) -> Now {
        self.now
    }

    fn send(&mut self, destination: Destination<'_>, record: RecordBytes<'_>) {
        let node = destination.node;
        if let Some(node) = self.resources.node(node) {
            node.count_out(1, record.size_bytes() as u64);
        }
        if !self.outbox.send(self.resources.id, destination, record) {
            self.skipped(Skipped {
                reason: SkipReason::NoPartition,
                node,
                origin: None,
                detail: None,
                record_data: None,
            });
        }
    }

    fn partition_count(&mut self, topic: &Topic) -> Option<u32> {
        self.outbox.partition_count(topic)
    }

    fn skipped(&mut self, skipped: Skipped<'_>) {
        if self.resources.handlers.dropped_records.is_some() {
            let record = skipped.origin.as_ref().and_then(|origin| self.source.at(origin));
            self.resources.send_dropped(&skipped, record, Some(self.outbox), self.now);
        }
        self.resources.dropped(&skipped);
    }

    #[cold]
    fn decide(&mut self, failure: &mut Failure) -> Decision {
        let record = failure.origin.as_ref().and_then(|origin| self.source.at(origin));
        self.resources.decide(failure, record, Some(self.outbox), self.now)
    }

    #[expect(clippy::disallowed_macros, reason = "printing is what the operator is for")]
    fn print(&mut self, line: &str) {
        println!("{line}");
    }
}
