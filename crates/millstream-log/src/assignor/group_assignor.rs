//! An assignor that the members of a group bring along.

use std::collections::BTreeMap;
use std::fmt;

use millstream_types::{Topic, TopicPartition};

/// An assignor that members of a group offer when they join, before `cooperative-sticky`.
///
/// The group uses it as long as all members offer one with the same name; otherwise it uses `cooperative-sticky`. So members
/// with it and members without it can be in one group, as while a new version is rolled out or taken back. The member that leads
/// the group calls [`assign`](Self::assign), at each rebalance, and the log passes the result to the others. The group may change
/// from one assignor to the other at any rebalance: what members own is known to both.
///
/// All methods are called while a log is polled, on the thread that polls it; a log in memory also calls them on the threads of other
/// members, and while it holds a lock. So they must not block, and must not call the log.
///
/// # Examples
/// ```
/// use std::collections::BTreeMap;
///
/// use millstream_log::{AssignorAssignment, AssignorMember, GroupAssignor};
/// use millstream_types::{Topic, TopicPartition};
///
/// /// Assigns everything to the member that owns most. The user data says how many members there are.
/// struct ToOne;
///
/// impl GroupAssignor for ToOne {
///     fn name(&self) -> &'static str {
///         "to-one"
///     }
///
///     fn subscription(&self) -> Vec<u8> {
///         Vec::new()
///     }
///
///     fn assign(
///         &self,
///         members: &[AssignorMember],
///         partitions: &BTreeMap<Topic, u32>,
///     ) -> Result<Vec<AssignorAssignment>, String> {
///         let one = members.iter().max_by_key(|member| member.owned.len()).ok_or("there are no members")?;
///         let is_owned_by_another = |partition: &TopicPartition| {
///             members.iter().any(|member| member.member_id != one.member_id && member.owned.contains(partition))
///         };
///         let all = partitions.iter().flat_map(|(topic, count)| (0..*count).map(move |it| TopicPartition::new(topic, it)));
///         let free: Vec<TopicPartition> = all.filter(|partition| !is_owned_by_another(partition)).collect();
///         let assignment = |member: &AssignorMember| AssignorAssignment {
///             member_id: member.member_id.clone(),
///             partitions: if member.member_id == one.member_id { free.clone() } else { Vec::new() },
///             user_data: members.len().to_string().into_bytes(),
///         };
///         Ok(members.iter().map(assignment).collect())
///     }
/// }
///
/// let config = millstream_log::GroupConfig {
///     assignor: Some(std::sync::Arc::new(ToOne)),
///     ..millstream_log::GroupConfig::new("group", "client", std::time::Duration::from_secs(45))
/// };
/// assert!(format!("{config:?}").contains("to-one"));
/// ```
pub trait GroupAssignor: Send + Sync {
    /// The name under which it is offered to the coordinator. It is another one when members of two versions cannot read each other's
    /// user data.
    fn name(&self) -> &str;

    /// The user data of this member's subscription. It is called at each join: to have other data known, call
    /// [`Membership::rejoin`](crate::Membership::rejoin).
    fn subscription(&self) -> Vec<u8>;

    /// Assigns the partitions, where this member leads the group. `partitions` has the number of partitions of each topic that a
    /// member subscribes to and that exists.
    ///
    /// A partition that a member owns must not be assigned to another one yet. It is left out: its owner sees that it is missing,
    /// gives it away, and joins again, and that rebalance assigns it. Of several members that claim a partition, the one with the
    /// highest generation owns it. A member that the result leaves out gets nothing, and empty user data.
    ///
    /// # Errors
    /// When nothing can be assigned; the text says why, and what to do.
    /// [`LogEvent::AssignorFailed`](crate::LogEvent::AssignorFailed) reports it to this member. All members keep what they own, with
    /// empty user data, and there is another rebalance after a backoff. The same happens if the result assigns a partition twice
    /// or while another member owns it, one that does not exist, or to a member that does not exist or does not subscribe to it.
    fn assign(
        &self,
        members: &[AssignorMember],
        partitions: &BTreeMap<Topic, u32>,
    ) -> Result<Vec<AssignorAssignment>, String>;
}

impl fmt::Debug for dyn GroupAssignor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GroupAssignor({})", self.name())
    }
}

/// A member of a group, as its assignor sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssignorMember {
    /// The id that the coordinator gave it.
    pub member_id: String,
    /// Its instance id, if it is a static member.
    pub instance_id: Option<String>,
    /// What it subscribes to.
    pub topics: Vec<Topic>,
    /// What it owns, or claims to.
    pub owned: Vec<TopicPartition>,
    /// The generation in which it was assigned what it owns; `None` if it owns nothing by the group.
    pub generation: Option<i32>,
    /// Where it runs, if it says so.
    pub rack: Option<String>,
    /// Its [`GroupAssignor::subscription`].
    pub user_data: Vec<u8>,
}

/// What a member is assigned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssignorAssignment {
    /// The id of the member.
    pub member_id: String,
    /// All its partitions, with those that it owns and keeps. What it owns and is not in here it gives away.
    pub partitions: Vec<TopicPartition>,
    /// Bytes for the member, which gets them in [`LogEvent::AssignmentData`](crate::LogEvent::AssignmentData).
    pub user_data: Vec<u8>,
}
