//! Keeps a flood of skipped records from becoming a flood of lines: the first at once, then a count now and then.

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_types::{MonotonicTime, TaskId};

use super::skip::{SkipReason, Skipped, SkippedRecords};

/// The least time between two lines of one reason and node.
pub(crate) const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// What was told and what is still to be told, by reason and node. As many entries as the topology has nodes and reasons.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    nodes: BTreeMap<SkipReason, BTreeMap<Box<str>, Entry>>,
}

#[derive(Debug)]
struct Entry {
    told_at: MonotonicTime,
    /// Records since then; `count` zero means none.
    untold: SkippedRecords,
    task: Option<TaskId>,
}

impl Throttle {
    /// Takes a skipped record, and gives what is to be told now, if anything.
    pub(crate) fn skipped(
        &mut self,
        skipped: &Skipped<'_>,
        task: Option<TaskId>,
        now: MonotonicTime,
    ) -> Option<SkippedRecords> {
        let nodes = self.nodes.entry(skipped.reason).or_default();
        let Some(entry) = nodes.get_mut(skipped.node) else {
            let first = first_of(skipped);
            nodes.insert(skipped.node.into(), Entry { told_at: now, untold: emptied(&first), task });
            return Some(first);
        };
        entry.add(skipped, task);
        entry.due(now).then(|| entry.tell(now))
    }

    /// What has waited long enough, or with `all` everything untold.
    pub(crate) fn untold(&mut self, now: MonotonicTime, all: bool) -> Vec<(SkippedRecords, Option<TaskId>)> {
        let entries = self.nodes.values_mut().flat_map(BTreeMap::values_mut);
        let due = entries.filter(|entry| entry.untold.count > 0 && (all || entry.due(now)));
        due.map(|entry| (entry.tell(now), entry.task)).collect()
    }
}

impl Entry {
    fn due(&self, now: MonotonicTime) -> bool {
        now - self.told_at >= LINE_INTERVAL
    }

    fn add(&mut self, skipped: &Skipped<'_>, task: Option<TaskId>) {
        self.task = task;
        self.untold.count += 1;
        self.untold.place.clone_from(&skipped.place);
        match (&mut self.untold.detail, skipped.detail) {
            (Some(text), Some(detail)) => detail.clone_into(text),
            (text, detail) => *text = detail.map(str::to_owned),
        }
    }

    fn tell(&mut self, now: MonotonicTime) -> SkippedRecords {
        self.told_at = now;
        let rest = emptied(&self.untold);
        std::mem::replace(&mut self.untold, rest)
    }
}

fn first_of(skipped: &Skipped<'_>) -> SkippedRecords {
    SkippedRecords {
        reason: skipped.reason,
        node: skipped.node.into(),
        count: 1,
        place: skipped.place.clone(),
        detail: skipped.detail.map(str::to_owned),
    }
}

fn emptied(records: &SkippedRecords) -> SkippedRecords {
    SkippedRecords { count: 0, place: None, detail: None, ..records.clone() }
}
