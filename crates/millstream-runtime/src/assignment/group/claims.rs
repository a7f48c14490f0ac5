//! Which members own what before a rebalance.

use std::collections::{BTreeMap, BTreeSet};

use millstream_assign::{Digest, GroupState};
use millstream_log::AssignorMember;
use millstream_types::{TaskId, TopicPartition};

use super::instance::Instance;

/// Which members own a partition. Of several that claim one, those with the highest generation do (KIP-792).
pub(super) struct Claims<'a>(BTreeMap<&'a TopicPartition, Vec<&'a AssignorMember>>);

impl<'a> Claims<'a> {
    pub(super) fn of(members: &'a [AssignorMember]) -> Self {
        let mut claims: BTreeMap<&TopicPartition, Vec<&AssignorMember>> = BTreeMap::new();
        for member in members {
            for partition in member.owned.iter().collect::<BTreeSet<_>>() {
                let owners = claims.entry(partition).or_default();
                let known = owners.first().map(|owner| owner.generation);
                if known.is_some_and(|generation| generation < member.generation) {
                    owners.clear();
                }
                if known.is_none_or(|generation| generation <= member.generation) {
                    owners.push(member);
                }
            }
        }
        Self(claims)
    }

    /// The active tasks of each member: those whose partitions it owns. A partition that two members claim with equal right is in both.
    pub(super) fn active_tasks(&self, instance: &Instance) -> BTreeMap<&'a str, BTreeSet<TaskId>> {
        let mut active: BTreeMap<&str, BTreeSet<TaskId>> = BTreeMap::new();
        for (partition, owners) in &self.0 {
            let Some(task) = instance.task_of(partition) else { continue };
            for owner in owners {
                active.entry(owner.member_id.as_str()).or_default().insert(task);
            }
        }
        active
    }

    /// What a member owns alone, and still subscribes to.
    pub(super) fn owned_alone(&self, member: &AssignorMember) -> Vec<TopicPartition> {
        let alone = |partition: &&TopicPartition| {
            let owners = self.0.get(partition).map(Vec::as_slice).unwrap_or_default();
            let is_alone = owners.len() == 1 && owners[0].member_id == member.member_id;
            is_alone && member.topics.contains(&partition.topic)
        };
        member.owned.iter().filter(alone).cloned().collect()
    }

    /// The sub-topologies of the members that have tasks of another topology: those own a partition that belongs to no sub-topology which they
    /// and the leader have. What they process by it is not known.
    pub(super) fn of_other_topologies(&self, group: &GroupState, instance: &Instance) -> Vec<BTreeSet<Digest>> {
        let known: BTreeMap<&str, &BTreeSet<Digest>> =
            group.members.iter().map(|member| (member.id.as_str(), &member.subtopologies)).collect();
        let none = BTreeSet::new();
        let mut others: BTreeMap<&str, BTreeSet<Digest>> = BTreeMap::new();
        for (partition, owners) in &self.0 {
            let digest = instance.task_of(partition).and_then(|task| instance.digest_of(task));
            for owner in owners {
                let has = known.get(owner.member_id.as_str()).copied().unwrap_or(&none);
                if digest.is_none_or(|digest| !has.contains(&digest)) {
                    others.insert(&owner.member_id, has.clone());
                }
            }
        }
        others.into_values().collect()
    }
}
