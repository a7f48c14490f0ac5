//! What a member sends to the leader when it joins.

use std::collections::{BTreeMap, BTreeSet};

use millstream_types::TaskId;

use crate::assignment::Promise;
use crate::identity::{Digest, ProcessId};
use crate::process_report::ProcessReport;

/// What a member sends to the leader when it joins: the user data of its subscription.
///
/// The numbers of sub-topologies in it are the sender's: indexes into [`subtopologies`](Self::subtopologies).
/// [`GroupSubscriptions`](crate::GroupSubscriptions) makes them the leader's.
///
/// # Examples
/// ```
/// use millstream_assign::{Digest, ProcessId, SubscriptionData};
///
/// let sent = SubscriptionData::new(ProcessId::new(1), vec![Digest::new(7)]);
/// assert_eq!(SubscriptionData::decode(&sent.encode())?, sent);
/// # Ok::<(), millstream_assign::DecodeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionData {
    /// The process of the member.
    pub process: ProcessId,
    /// The digests of the sub-topologies of its topology, in the order of their numbers.
    pub subtopologies: Vec<Digest>,
    /// The active tasks that it has.
    pub active: BTreeSet<TaskId>,
    /// The standbys and warm-ups that it has.
    pub standby: BTreeSet<TaskId>,
    /// What the last assignment promised, sent back.
    pub promised: BTreeMap<TaskId, Promise>,
    /// What the process tells of itself. One member of it may send it for all, which keeps the group small.
    pub report: Option<ProcessReport>,
}

impl SubscriptionData {
    /// The subscription of a member that has no tasks yet.
    #[must_use]
    pub fn new(process: ProcessId, subtopologies: Vec<Digest>) -> Self {
        Self {
            process,
            subtopologies,
            active: BTreeSet::new(),
            standby: BTreeSet::new(),
            promised: BTreeMap::new(),
            report: None,
        }
    }
}
