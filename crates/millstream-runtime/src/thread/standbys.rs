//! The standbys of a thread: which ones it is to have, those that are open, and the work at each commit interval.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use millstream_task::StandbyTask;
use millstream_types::{MonotonicTime, TaskId, TopicPartition};

use super::open::Opening;

/// The standbys of a thread. Warm-up replicas are standbys like others: only their assignment differs.
pub(super) struct Standbys {
    /// Those that it is to have.
    wanted: BTreeSet<TaskId>,
    pub(super) tasks: BTreeMap<TaskId, StandbyTask>,
    pub(super) opening: Opening,
    interval: Duration,
    /// When the next interval begins.
    due: MonotonicTime,
    /// Those whose engines get in this interval what was applied.
    to_write: VecDeque<TaskId>,
}

impl Standbys {
    /// None yet. Their engines get what was applied every `interval`.
    pub(super) fn new(interval: Duration, now: MonotonicTime) -> Self {
        Self {
            wanted: BTreeSet::new(),
            tasks: BTreeMap::new(),
            opening: Opening::default(),
            interval,
            due: now + interval,
            to_write: VecDeque::new(),
        }
    }

    /// Sets which standbys there are to be.
    pub(super) fn want(&mut self, wanted: BTreeSet<TaskId>) {
        let unwanted: Vec<TaskId> = self.opening.ids().filter(|id| !wanted.contains(id)).collect();
        self.opening.forget(&unwanted);
        self.wanted = wanted;
    }

    /// Opens no further standby, and keeps none of what is closed.
    pub(super) fn stop(&mut self) {
        self.wanted.clear();
        self.opening.close();
    }

    pub(super) fn is_wanted(&self, id: TaskId) -> bool {
        self.wanted.contains(&id)
    }

    /// Those that are open and not wanted any more.
    pub(super) fn unwanted(&self) -> Vec<TaskId> {
        self.tasks.keys().filter(|id| !self.wanted.contains(id)).copied().collect()
    }

    /// Those that are to be opened now, except for tasks that are active here.
    pub(super) fn due_to_open(&mut self, is_active: impl Fn(TaskId) -> bool, now: MonotonicTime) -> Vec<TaskId> {
        let Self { wanted, tasks, opening, .. } = self;
        let active: Vec<TaskId> = opening.ids().filter(|id| is_active(*id)).collect();
        opening.forget(&active);
        for id in wanted.iter().filter(|id| !tasks.contains_key(id) && !is_active(**id)) {
            if !opening.contains(*id) {
                opening.reopen(*id, None);
            }
        }
        opening.due(now)
    }

    /// Whether an interval begins. Then all standbys are to be [written](Self::next_to_write), one after the other.
    pub(super) fn begins_interval(&mut self, now: MonotonicTime) -> bool {
        let begins = now >= self.due && !self.tasks.is_empty();
        if begins {
            self.due = now + self.interval;
            self.to_write = self.tasks.keys().copied().collect();
        }
        begins
    }

    /// The next one whose engines get what was applied: one in a turn.
    pub(super) fn next_to_write(&mut self) -> Option<TaskId> {
        self.to_write.pop_front()
    }

    /// The partitions whose committed offsets limit them.
    pub(super) fn sources(&self) -> Vec<TopicPartition> {
        self.tasks.values().flat_map(StandbyTask::sources).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: TaskId = TaskId::new(0, 0);
    const SECOND: TaskId = TaskId::new(0, 1);

    #[test]
    fn a_task_that_is_active_here_is_not_opened_as_a_standby_until_it_is_closed() {
        let now = MonotonicTime::START;
        let mut standbys = Standbys::new(Duration::from_millis(100), now);
        standbys.want(BTreeSet::from([FIRST, SECOND]));
        assert_eq!(standbys.due_to_open(|id| id == FIRST, now), [SECOND]);
        assert_eq!(standbys.due_to_open(|_| false, now), [FIRST, SECOND]);
        assert_eq!(standbys.due_to_open(|id| id == SECOND, now), [FIRST], "it was assigned while it waited");
        standbys.want(BTreeSet::from([SECOND]));
        assert_eq!(standbys.due_to_open(|_| false, now), [SECOND]);
        standbys.stop();
        assert_eq!(standbys.due_to_open(|_| false, now), []);
    }

    #[test]
    fn without_standbys_there_is_nothing_to_do_at_an_interval() {
        let mut standbys = Standbys::new(Duration::from_millis(100), MonotonicTime::START);
        assert!(!standbys.begins_interval(MonotonicTime::MAX));
        assert_eq!(standbys.next_to_write(), None);
    }
}
