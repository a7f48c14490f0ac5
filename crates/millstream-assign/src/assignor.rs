//! The trait of assignors, and their errors.

use crate::assignment::Assignment;
use crate::group_state::GroupState;
use crate::identity::{MemberId, ProcessId};

/// Decides which member of a group gets which tasks (KIP-924).
///
/// An implementation guarantees that the same state of the group leads to the same assignment; that a task is active with one member at most,
/// counting those that own it and have to revoke it first; and that no process has two copies of a task.
pub trait TaskAssignor: Send + Sync {
    /// Assigns the tasks of the group.
    ///
    /// # Errors
    /// If the state of the group contradicts itself.
    fn assign(&self, group: &GroupState) -> Result<Assignment, AssignError>;
}

/// The most tasks that a group may have. A group of the classic protocol has no room for more: see [`GroupBytes`](crate::GroupBytes).
pub const TASKS_MAX: u64 = 100_000;

/// Why nothing can be assigned. It is a mistake of who has put the [`GroupState`] together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AssignError {
    /// Two members have the same id.
    #[error("the member `{0}` is in the group twice")]
    MemberTwice(MemberId),
    /// Two processes have the same id.
    #[error("the process {0} is in the group twice")]
    ProcessTwice(ProcessId),
    /// The process of a member is missing.
    #[error("the process {process} of the member `{member}` is not in the group")]
    UnknownProcess {
        /// The member.
        member: MemberId,
        /// Its process.
        process: ProcessId,
    },
    /// Two sub-topologies have the same number.
    #[error("the sub-topology {0} is there twice")]
    SubtopologyTwice(u32),
    /// There are more tasks than one leader should assign.
    #[error("the group has {tasks} tasks, and at most {TASKS_MAX} can be assigned")]
    TooManyTasks {
        /// How many there are.
        tasks: u64,
    },
}
