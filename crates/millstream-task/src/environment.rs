//! What a task's chain sees of the world while it runs.

use std::sync::Arc;

use millstream_changelog::Changelogs;
use millstream_core::chain::{Decision, Environment, Failure, OutgoingRecord, SkipReason, Skipped};
use millstream_state::{Changelog, StoreIndex};
use millstream_types::{Now, Timestamp, Topic};

use crate::error::{place_of, reason_of, reason_of_failure};
use crate::pointer_cache::PointerCache;
use crate::{Handlers, Outbox};
use millstream_observe::events::{self, EventSink};
use millstream_observe::metrics::{NodeMetrics, TaskRecorder};

/// A task's side of its environment: all that the chain may reach but the outbox.
pub(super) struct Surroundings {
    pub(super) changelogs: Changelogs,
    pub(super) handlers: Handlers,
    pub(super) events: EventSink,
    pub(super) recorder: TaskRecorder,
    /// Where the numbers of each sink stand in the recorder.
    pub(super) nodes: PointerCache<Arc<str>>,
}

impl Surroundings {
    /// The environment of a step at `now` that writes to `outbox`.
    pub(super) fn environment<'a>(&'a mut self, now: Now, outbox: &'a mut Outbox) -> TaskEnvironment<'a> {
        TaskEnvironment { surroundings: self, outbox, now }
    }

    fn node(&mut self, name: &str) -> Option<&mut NodeMetrics> {
        if self.nodes.get(name).is_none() {
            let index = self.recorder.current().nodes.iter().position(|node| &*node.node == name)?;
            self.nodes.insert(name, name.into(), index);
        }
        self.nodes.get(name).map(|index| self.recorder.node(index))
    }

    pub(super) fn dropped(&mut self, skipped: &events::Skipped<'_>) {
        if let Some(node) = self.node(skipped.node) {
            node.count_dropped(skipped.reason);
        }
        self.events.record_skipped(skipped);
    }
}

/// The environment of one step.
pub(super) struct TaskEnvironment<'a> {
    pub(super) surroundings: &'a mut Surroundings,
    pub(super) outbox: &'a mut Outbox,
    now: Now,
}

impl Changelog for TaskEnvironment<'_> {
    fn append(&mut self, store: StoreIndex, key: &[u8], value: Option<&[u8]>, timestamp: Timestamp) {
        if let Some(changelog) = self.surroundings.changelogs.partition(store) {
            self.outbox.log(changelog, timestamp, key, value);
        }
    }
}

impl Environment for TaskEnvironment<'_> {
    fn now(&self) -> Now {
        self.now
    }

    fn send(&mut self, record: OutgoingRecord<'_>) {
        let bytes = record.key.map_or(0, <[u8]>::len) + record.value.map_or(0, <[u8]>::len);
        if let Some(node) = self.surroundings.node(record.node) {
            node.count_out(1, bytes as u64);
        }
        let node = record.node;
        if !self.outbox.send(record) {
            self.skipped(Skipped { node, reason: SkipReason::NoPartition, origin: None });
        }
    }

    fn partition_count(&mut self, topic: &Topic) -> Option<u32> {
        self.outbox.partition_count(topic)
    }

    fn skipped(&mut self, skipped: Skipped<'_>) {
        let place = skipped.origin.as_ref().map(place_of);
        let reason = reason_of(skipped.reason);
        self.surroundings.dropped(&events::Skipped { reason, node: skipped.node, place, detail: None });
    }

    fn decide(&mut self, failure: &Failure) -> Decision {
        let decision = self.surroundings.handlers.decide(failure);
        if decision == Decision::Continue {
            let (reason, place) = (reason_of_failure(failure.kind), failure.origin.as_ref().map(place_of));
            let detail = Some(&*failure.message);
            self.surroundings.dropped(&events::Skipped { reason, node: &failure.node, place, detail });
        }
        decision
    }

    #[expect(clippy::disallowed_macros, reason = "printing is what the operator is for")]
    fn print(&mut self, line: &str) {
        println!("{line}");
    }
}
