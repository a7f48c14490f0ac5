//! What the leader decides: the tasks of each member, why they move, and what follows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use millstream_types::TaskId;

use crate::identity::{MemberId, ProcessId};

/// What the leader decides. The numbers of sub-topologies are those of the leader's topology.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    /// The tasks of each member of the group. A member without tasks is in it too.
    pub members: BTreeMap<MemberId, MemberTasks>,
    /// The tasks that no member gets in this rebalance, with the reason.
    pub unassigned: BTreeMap<TaskId, Unassigned>,
    /// Which active tasks move in this rebalance or after it, in the order of the tasks.
    pub moves: Vec<Move>,
    /// The process on which each task will be active when all moves are done. Tasks that no process can have are missing.
    pub planned: BTreeMap<TaskId, ProcessId>,
    /// How many standbys stateful tasks lack, because there are too few processes. Tasks that have all are missing.
    pub missing_standbys: BTreeMap<TaskId, u32>,
    /// Whether the group has to rebalance again.
    pub follow_up: FollowUp,
}

/// The tasks of a member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberTasks {
    /// The tasks that it processes.
    pub active: BTreeSet<TaskId>,
    /// The tasks whose state it keeps up to date.
    pub standby: BTreeSet<TaskId>,
    /// The tasks whose state it restores, to become active when it has caught up (KIP-441), also if they would be its standbys otherwise.
    pub warm_up: BTreeSet<TaskId>,
    /// Where tasks go that the member has, or has to revoke now. It sends them back with its next subscription, so that the
    /// next leader keeps the plan.
    pub promised: BTreeMap<TaskId, Promise>,
}

/// Where a task will go. The leader tells it to the member that has the task, and the next leader hears it from that member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Promise {
    /// The process that will have the task.
    pub process: ProcessId,
    /// Which of its members: the place among them in the order of their ids. `None` if that is decided later.
    pub thread: Option<u32>,
}

/// Why a task is with no member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unassigned {
    /// Its owner has to revoke it first; the next rebalance, which follows at once, gives it away (KIP-429).
    BeingRevoked,
    /// No member has a sub-topology with this digest.
    NoMemberHasIt,
    /// A member has a newer version of the subscription; nothing is given away before it has sent it again.
    VersionProbing,
}

/// The move of an active task from one process to another, or between threads of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The task.
    pub task: TaskId,
    /// The process that has it, or had it; `None` if none in the group has.
    pub from: Option<ProcessId>,
    /// The process that will have it.
    pub to: ProcessId,
    /// Why.
    pub reason: MoveReason,
    /// How far it is.
    pub stage: MoveStage,
}

/// Why a task moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum MoveReason {
    /// No member of the group had it.
    NotOwned,
    /// Another process has fewer tasks.
    Balance,
    /// Another thread of the same process has fewer tasks.
    ThreadBalance,
    /// Its owner has another topology.
    OtherTopology,
    /// The better copy of its state is elsewhere.
    BetterCopy,
    /// Two members claimed to own it.
    ClaimedTwice,
}

impl fmt::Display for MoveReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotOwned => "no member had it",
            Self::Balance => "for balance",
            Self::ThreadBalance => "for balance between threads",
            Self::OtherTopology => "its owner has another topology",
            Self::BetterCopy => "its state is there",
            Self::ClaimedTwice => "two members claimed it",
        })
    }
}

/// How far a move is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MoveStage {
    /// The new owner gets it in this rebalance.
    Given,
    /// The present owner revokes it; the next rebalance gives it to the new one.
    BeingRevoked,
    /// The new owner restores its state first, as a warm-up or a standby.
    WarmingUp,
    /// Its warm-up has to wait for others (`max_warmup_replicas`).
    Waiting,
}

impl fmt::Display for MoveStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Given => "given",
            Self::BeingRevoked => "being revoked",
            Self::WarmingUp => "warming up",
            Self::Waiting => "waits for a warm-up",
        })
    }
}

impl fmt::Display for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.task)?;
        if let Some(from) = self.from {
            write!(f, "from {from} ")?;
        }
        write!(f, "to {}, {}, {}", self.to, self.reason, self.stage)
    }
}

/// Whether the group has to rebalance again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FollowUp {
    /// No: everything is where it should be.
    #[default]
    None,
    /// At once: members that have revoked tasks rejoin, and others get them (KIP-429).
    AtOnce,
    /// After this time, to see whether warm-ups have caught up (a probing rebalance, KIP-441).
    Probing {
        /// `probing_rebalance_interval`.
        after: Duration,
    },
}

/// How many moves the text of an assignment names.
const MOVES_SHOWN: usize = 10;

/// A line for the event of a rebalance: how many tasks move, and the first of them.
impl fmt::Display for Assignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (active, moving) = (self.planned.len(), self.moves.len());
        write!(f, "{active} tasks on {} members, {moving} of them move", self.members.len())?;
        for (at, one) in self.moves.iter().take(MOVES_SHOWN).enumerate() {
            write!(f, "{} {one}", if at == 0 { ":" } else { ";" })?;
        }
        if moving > MOVES_SHOWN {
            write!(f, "; and {} more", moving - MOVES_SHOWN)?;
        }
        Ok(())
    }
}
