//! How long tasks have waited for the log without progress, and when that is too long.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use millstream_task::TaskError;
use millstream_types::{Failure, FailureKind, MonotonicTime, TaskId, TopicPartition};

/// The longest time between two checks.
const CHECK_INTERVAL_MAX: Duration = Duration::from_secs(1);

/// What a task waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Awaited {
    /// The number of partitions of the topics that it writes.
    Topics,
    /// The committed offset of this partition.
    CommittedOffset(TopicPartition),
    /// The end of this changelog, or records before it.
    Changelog(TopicPartition),
    /// The acknowledgement of records that it, or another task of the thread, has written.
    Acknowledgements,
    /// A commit of its offsets.
    Commit,
    /// That the group confirms the membership of the thread, without which nothing can be committed.
    Membership,
}

/// What keeps a thread from work that its tasks would do otherwise.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standstill {
    /// The application is paused: no store is restored.
    pub(super) is_paused: bool,
    /// It is not known whether the thread is still a member of its group: nothing is sent.
    pub(super) is_in_doubt: bool,
}

/// A task that waits for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) task: TaskId,
    pub(super) awaited: Awaited,
    /// Any number that changes whenever the task comes closer to what it waits for.
    pub(super) progress: u64,
}

/// Watches over the time that tasks wait for the log, as Kafka Streams does with `task.timeout.ms` (KIP-572).
///
/// Time counts only while the thread looks: neither a suspended process nor one whose user code is slow has given the log a chance
/// to respond.
pub(super) struct TaskTimeouts {
    /// `None`: tasks wait for as long as it takes.
    limit: Option<Duration>,
    last: Option<MonotonicTime>,
    waits: BTreeMap<TaskId, (Wait, Duration)>,
    /// The time since the check before, as far as it counts.
    passed: Duration,
}

impl TaskTimeouts {
    pub(super) fn new(limit: Option<Duration>) -> Self {
        Self { limit, last: None, waits: BTreeMap::new(), passed: Duration::ZERO }
    }

    /// Whether a [check](Self::check) is due. If it is, it has to follow.
    pub(super) fn is_check_due(&mut self, now: MonotonicTime) -> bool {
        let Some(limit) = self.limit else { return false };
        let interval = CHECK_INTERVAL_MAX.min(limit / 8);
        let passed = now - *self.last.get_or_insert(now);
        if passed < interval {
            return false;
        }
        self.last = Some(now);
        self.passed = passed.min(2 * interval);
        true
    }

    /// Takes note of the tasks that wait now. Returns the error of the first that has waited for too long; `reason` is why the log
    /// cannot be reached, if it cannot.
    pub(super) fn check(&mut self, waits: impl IntoIterator<Item = Wait>, reason: Option<&str>) -> Option<TaskError> {
        let limit = self.limit?;
        let mut before = std::mem::take(&mut self.waits);
        for wait in waits {
            let known = before.remove(&wait.task).filter(|(known, _)| *known == wait);
            let waited = known.map_or(Duration::ZERO, |(_, waited)| waited + self.passed);
            if waited >= limit {
                return Some(error(&wait, waited, limit, reason));
            }
            self.waits.insert(wait.task, (wait, waited));
        }
        None
    }
}

fn error(wait: &Wait, waited: Duration, limit: Duration, reason: Option<&str>) -> TaskError {
    let reason = reason.map(|reason| format!("; the log cannot be reached: {reason}")).unwrap_or_default();
    let detail = format!(
        "task {} has waited for {} for {:.1} s without progress, and the setting `task_timeout` allows {:.1} s{reason}",
        wait.task,
        wait.awaited,
        waited.as_secs_f64(),
        limit.as_secs_f64()
    );
    TaskError { task: wait.task, failure: Failure::new(FailureKind::Log, detail) }
}

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Topics => f.write_str("the partitions of the topics that it writes"),
            Self::CommittedOffset(partition) => write!(f, "the committed offset of {partition}"),
            Self::Changelog(changelog) => write!(f, "the end or records of the changelog {changelog}"),
            Self::Acknowledgements => f.write_str("the log to acknowledge records"),
            Self::Commit => f.write_str("a commit of its offsets"),
            Self::Membership => f.write_str("its group to confirm the membership of the thread"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASK: TaskId = TaskId::new(0, 1);

    fn at(seconds: u64) -> MonotonicTime {
        MonotonicTime::START + Duration::from_secs(seconds)
    }

    fn waits_for(awaited: Awaited, progress: u64) -> Option<Wait> {
        Some(Wait { task: TASK, awaited, progress })
    }

    /// The second of the first check at which the task has waited for too long, if it waits for what `wait` returns of each second.
    fn fails_at(limit: u64, seconds: impl IntoIterator<Item = u64>, wait: impl Fn(u64) -> Option<Wait>) -> Option<u64> {
        let mut timeouts = TaskTimeouts::new(Some(Duration::from_secs(limit)));
        let mut seconds = seconds.into_iter();
        seconds.find(|second| timeouts.is_check_due(at(*second)) && timeouts.check(wait(*second), None).is_some())
    }

    #[test]
    fn a_task_fails_after_the_limit_without_progress() {
        assert_eq!(fails_at(20, 1..100, |_| waits_for(Awaited::Commit, 7)), Some(22));
    }

    #[test]
    fn progress_and_another_wait_begin_anew() {
        assert_eq!(fails_at(20, 1..100, |second| waits_for(Awaited::Acknowledgements, second / 15)), None);
        let alternating = |second| if second % 15 < 8 { Awaited::Acknowledgements } else { Awaited::Commit };
        assert_eq!(fails_at(20, 1..100, |second| waits_for(alternating(second), 0)), None);
        assert_eq!(fails_at(20, 1..100, |second| waits_for(Awaited::Topics, 0).filter(|_| second != 15)), Some(36));
    }

    /// The clock counts the time in which the machine was suspended. The log had no chance to respond then.
    #[test]
    fn time_in_which_the_thread_did_not_look_does_not_count() {
        let suspended = (1..5).chain(1_000..1_100);
        assert_eq!(fails_at(20, suspended, |_| waits_for(Awaited::Commit, 0)), Some(1_016));
    }

    #[test]
    fn without_a_limit_nothing_fails() {
        let mut timeouts = TaskTimeouts::new(None);
        assert!((1..1_000).all(|second| !timeouts.is_check_due(at(second))));
    }

    #[test]
    fn the_error_names_the_task_the_wait_the_time_and_the_setting() {
        let limit = Duration::from_secs(300);
        let changelog = TopicPartition::new("app-counts-changelog", 1);
        let wait = Wait { task: TASK, awaited: Awaited::Changelog(changelog), progress: 0 };
        let error = error(&wait, Duration::from_millis(300_400), limit, Some("no broker"));
        assert_eq!((error.task, error.failure.kind), (TASK, FailureKind::Log));
        assert_eq!(
            error.failure.detail.as_deref(),
            Some(
                "task 0_1 has waited for the end or records of the changelog app-counts-changelog-1 for 300.4 s without \
                 progress, and the setting `task_timeout` allows 300.0 s; the log cannot be reached: no broker"
            )
        );
    }
}
