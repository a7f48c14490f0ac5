//! Limits the rate of events about skipped records: the first is emitted at once, then a count every ten seconds.

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_types::{MonotonicTime, SkipReason, Skipped, TaskId};

use super::skip::SkippedRecords;

/// The minimum time between two events of one reason and node.
pub(crate) const EVENT_INTERVAL: Duration = Duration::from_secs(10);

/// Skipped records by reason and node. Their number is bounded by the topology.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    nodes: BTreeMap<SkipReason, BTreeMap<Box<str>, Entry>>,
}

/// Which of the held back records are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pending {
    /// Those that are due.
    Due,
    /// All, since the application closes.
    All,
}

#[derive(Debug)]
struct Entry {
    emitted_at: MonotonicTime,
    /// Records since the last event; a `count` of zero means none.
    pending: SkippedRecords,
    task: Option<TaskId>,
}

impl Throttle {
    /// Counts a skipped record. Returns the event to emit now, if there is one.
    pub(crate) fn skipped(
        &mut self,
        skipped: &Skipped<'_>,
        task: Option<TaskId>,
        now: MonotonicTime,
    ) -> Option<SkippedRecords> {
        let nodes = self.nodes.entry(skipped.reason).or_default();
        let Some(entry) = nodes.get_mut(skipped.node) else {
            let first = first_of(skipped);
            nodes.insert(skipped.node.into(), Entry { emitted_at: now, pending: emptied(&first), task });
            return Some(first);
        };
        entry.add(skipped, task);
        entry.due(now).then(|| entry.take(now))
    }

    /// Takes the held back records that are due, or all of them.
    pub(crate) fn pending(&mut self, now: MonotonicTime, which: Pending) -> Vec<(SkippedRecords, Option<TaskId>)> {
        let entries = self.nodes.values_mut().flat_map(BTreeMap::values_mut);
        let due = entries.filter(|entry| entry.pending.count > 0 && (which == Pending::All || entry.due(now)));
        due.map(|entry| (entry.take(now), entry.task)).collect()
    }
}

impl Entry {
    fn due(&self, now: MonotonicTime) -> bool {
        now - self.emitted_at >= EVENT_INTERVAL
    }

    fn add(&mut self, skipped: &Skipped<'_>, task: Option<TaskId>) {
        self.task = task;
        self.pending.count += 1;
        self.pending.origin.clone_from(&skipped.origin);
        copy_text(&mut self.pending.detail, skipped.detail);
        copy_text(&mut self.pending.record_data, skipped.record_data);
    }

    fn take(&mut self, now: MonotonicTime) -> SkippedRecords {
        self.emitted_at = now;
        let rest = emptied(&self.pending);
        std::mem::replace(&mut self.pending, rest)
    }
}

/// Copies into the existing text, to avoid an allocation for each record.
fn copy_text(text: &mut Option<String>, new: Option<&str>) {
    match (text, new) {
        (Some(text), Some(new)) => new.clone_into(text),
        (text, new) => *text = new.map(str::to_owned),
    }
}

fn first_of(skipped: &Skipped<'_>) -> SkippedRecords {
    SkippedRecords {
        reason: skipped.reason,
        node: skipped.node.into(),
        count: 1,
        origin: skipped.origin.clone(),
        detail: skipped.detail.map(str::to_owned),
        record_data: skipped.record_data.map(str::to_owned),
    }
}

fn emptied(records: &SkippedRecords) -> SkippedRecords {
    SkippedRecords { count: 0, origin: None, detail: None, record_data: None, ..records.clone() }
}
