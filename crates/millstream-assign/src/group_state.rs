//! What the leader of the group knows when it assigns.

use std::collections::{BTreeMap, BTreeSet};

use millstream_types::TaskId;

use crate::assignment::Promise;
use crate::copy_state::{CopyState, Lag};
use crate::identity::{Digest, MemberId, ProcessId};
use crate::process_report::ProcessReport;
use crate::settings::Settings;

/// What the leader of the group knows when it assigns. The numbers of sub-topologies in it are those of the leader's topology.
///
/// # Examples
/// ```
/// use millstream_assign::*;
///
/// let digest = Digest::new(7);
/// let process = ProcessId::new(1);
/// let group = GroupState {
///     subtopologies: vec![Subtopology::stateless(0, digest, 4)],
///     processes: vec![Process::new(process)],
///     members: vec![Member::new("thread-1", process, [digest])],
///     settings: Settings::default(),
/// };
/// let assignment = StickyTaskAssignor.assign(&group)?;
/// assert_eq!(assignment.members[&"thread-1".into()].active.len(), 4);
/// # Ok::<(), AssignError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupState {
    /// The sub-topologies whose tasks are assigned.
    pub subtopologies: Vec<Subtopology>,
    /// The processes of the members.
    pub processes: Vec<Process>,
    /// The members: stream threads.
    pub members: Vec<Member>,
    /// The settings, the leader's.
    pub settings: Settings,
}

/// A sub-topology and its tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subtopology {
    /// Its number in the leader's topology: [`TaskId::subtopology`] of its tasks.
    pub number: u32,
    /// What it does; only members that have the same one get its tasks.
    pub digest: Digest,
    /// How many tasks it has: the partitions of its source topics.
    pub partitions: u32,
    /// Whether its tasks have state with a changelog.
    pub storage: Storage,
}

/// Whether tasks have state that has to be where they run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Storage {
    /// None: a task can go anywhere at once, and needs no standby.
    Stateless,
    /// Stores with changelogs. The end offsets of the changelogs, summed for each partition, as far as they are known; tasks after the end of
    /// the list have none that are known.
    Stateful {
        /// Partition by partition.
        end_offset_sums: Vec<Option<u64>>,
    },
}

impl Subtopology {
    /// A sub-topology without stores.
    #[must_use]
    pub const fn stateless(number: u32, digest: Digest, partitions: u32) -> Self {
        Self { number, digest, partitions, storage: Storage::Stateless }
    }

    /// A sub-topology with stores, whose end offsets are not known.
    #[must_use]
    pub const fn stateful(number: u32, digest: Digest, partitions: u32) -> Self {
        Self { number, digest, partitions, storage: Storage::Stateful { end_offset_sums: Vec::new() } }
    }

    /// Whether its tasks have state.
    #[must_use]
    pub const fn is_stateful(&self) -> bool {
        matches!(self.storage, Storage::Stateful { .. })
    }

    /// The sum of the end offsets of a task's changelogs, if it is known.
    #[must_use]
    pub fn end_offset_sum(&self, partition: u32) -> Option<u64> {
        match &self.storage {
            Storage::Stateless => None,
            Storage::Stateful { end_offset_sums } => end_offset_sums.get(partition as usize).copied().flatten(),
        }
    }

    /// How far a copy of a task of it is behind.
    #[must_use]
    pub fn lag(&self, partition: u32, copy: CopyState) -> Lag {
        copy.lag(self.end_offset_sum(partition))
    }
}

/// A process, with one or more members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its random id.
    pub id: ProcessId,
    /// What it tells of itself.
    pub report: ProcessReport,
}

impl Process {
    /// A process that has told nothing of itself.
    #[must_use]
    pub fn new(id: ProcessId) -> Self {
        Self { id, report: ProcessReport::default() }
    }
}

/// A member of the group: a stream thread of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its id.
    pub id: MemberId,
    /// The process that it belongs to.
    pub process: ProcessId,
    /// The digests of the sub-topologies that it has.
    pub subtopologies: BTreeSet<Digest>,
    /// The active tasks that it has now. Claims of an older generation are none: leave them out.
    pub active: BTreeSet<TaskId>,
    /// The standbys and warm-ups that it has now.
    pub standby: BTreeSet<TaskId>,
    /// What earlier leaders have promised of the tasks that it has or had ([`MemberTasks::promised`](crate::MemberTasks::promised)), as it
    /// sends it back.
    pub promised: BTreeMap<TaskId, Promise>,
    /// Whether the leader can read what it has sent.
    pub format: SubscriptionFormat,
}

/// Whether the leader can read the subscription of a member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SubscriptionFormat {
    /// It can.
    #[default]
    Known,
    /// It is newer than what the leader knows, and nothing is known about the member. It will send it again in the leader's version;
    /// nothing moves till then (version probing).
    Newer,
}

impl Member {
    /// A member that has no tasks yet.
    #[must_use]
    pub fn new(id: impl Into<MemberId>, process: ProcessId, subtopologies: impl IntoIterator<Item = Digest>) -> Self {
        Self {
            id: id.into(),
            process,
            subtopologies: subtopologies.into_iter().collect(),
            active: BTreeSet::new(),
            standby: BTreeSet::new(),
            promised: BTreeMap::new(),
            format: SubscriptionFormat::Known,
        }
    }
}
