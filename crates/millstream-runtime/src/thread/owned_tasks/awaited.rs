//! What the tasks of a thread wait for from the log.

use millstream_task::{Task, TaskState};

use super::OwnedTasks;
use crate::thread::task_timeouts::{Awaited, Standstill, Wait};

impl OwnedTasks {
    /// The tasks that cannot go on before the log has responded. One that has nothing to commit and waits for records is not among
    /// them, as in Kafka Streams.
    pub(in crate::thread) fn awaited(&self, standstill: Standstill) -> impl Iterator<Item = Wait> {
        self.tasks.iter().filter_map(move |task| {
            let (awaited, progress) = self.awaited_by(task, standstill)?;
            Some(Wait { task: task.id(), awaited, progress })
        })
    }

    fn awaited_by(&self, task: &Task, standstill: Standstill) -> Option<(Awaited, u64)> {
        if let Some(partition) = task.awaits_committed_offset() {
            return Some((Awaited::CommittedOffset(partition.clone()), 0));
        }
        match task.state() {
            TaskState::Created => Some((Awaited::Topics, 0)),
            TaskState::Restoring if standstill.is_paused => None,
            TaskState::Restoring => {
                let (changelog, progress) = self.restoring.awaited(task.id())?;
                Some((Awaited::Changelog(changelog.clone()), progress))
            }
            TaskState::Running | TaskState::Suspended if task.needs_commit() || task.is_committing() => {
                self.awaited_by_commit(standstill)
            }
            _ => None,
        }
    }

    fn awaited_by_commit(&self, standstill: Standstill) -> Option<(Awaited, u64)> {
        let outbox = &self.participants.outbox;
        if self.commits.awaits_group() {
            Some((Awaited::Commit, self.commits.responses()))
        } else if standstill.is_in_doubt {
            Some((Awaited::Membership, 0))
        } else if !outbox.is_empty() {
            Some((Awaited::Acknowledgements, outbox.acknowledged()))
        } else {
            None
        }
    }
}
