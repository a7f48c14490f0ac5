//! Consumer groups: members, owners of partitions, committed offsets.
//!
//! Each partition has an owner (the present member) and a target (the future one). A change of members or topics computes new
//! targets. A partition whose owner is not its target is revoked first, and assigned to the target only when its owner has
//! responded, left or was lost. A member has one rebalance step at a time, and the next follows its response. The ids of
//! members are not reused, so they also serve as generations: commits of lost members are refused.
//!
//! Where all members offer an assignor of one name, that one computes the targets. It leaves out what other members own, so
//! there is another rebalance when all have given away what they had to, as if they joined again.

mod assignor;
mod brought;
mod member;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use millstream_types::{MonotonicTime, Topic, TopicPartition};

pub(super) use member::{Change, Identity, MemberId, Offer};

use self::assignor::Spread;
use self::brought::{Members, Retry};
use self::member::Member;
use super::topics::Topics;
use crate::{CommittedOffset, GroupAssignor, LogError, LogEvent};

/// A group with its coordinator.
#[derive(Debug)]
pub(super) struct Group {
    topics: Arc<Topics>,
    members: Members,
    /// How many rebalances there have been.
    generation: i32,
    /// The assignor of the last rebalance, if the members have brought it along.
    brought: Option<Arc<dyn GroupAssignor>>,
    retry: Retry,
    owners: Spread,
    targets: Spread,
    /// The last member with each instance id.
    instances: BTreeMap<String, MemberId>,
    committed: BTreeMap<TopicPartition, CommittedOffset>,
    last_id: u64,
}

impl Group {
    pub(super) fn new(topics: Arc<Topics>) -> Self {
        Self {
            topics,
            members: Members::new(),
            generation: 0,
            brought: None,
            retry: Retry::Never,
            owners: Spread::new(),
            targets: Spread::new(),
            instances: BTreeMap::new(),
            committed: BTreeMap::new(),
            last_id: 0,
        }
    }

    /// Adds a member. With an instance id it replaces the previous member with that id.
    pub(super) fn join(&mut self, identity: Identity, topics: &[Topic]) -> MemberId {
        self.last_id += 1;
        let id = MemberId(self.last_id);
        let mut member = Member::new(identity, topics);
        let mut returns = false;
        if let Some(instance) = member.identity.instance_id.clone()
            && let Some(former) = self.instances.insert(instance, id)
        {
            returns = self.replace(former, &mut member);
            hand_over(&mut self.targets, former, id);
        }
        self.members.insert(id, member);
        if returns {
            self.reconcile();
        } else {
            self.rebalance();
        }
        id
    }

    /// Removes the static member in whose place another one comes. Returns whether that one is assigned the same without a rebalance,
    /// as at a broker; the group's own assignor assigns the same anyway.
    fn replace(&mut self, former: MemberId, new: &mut Member) -> bool {
        let Some(before) = self.members.get(&former) else { return false };
        let name_of = |member: &Member| member.identity.assignor.as_ref().map(|assignor| assignor.name().to_owned());
        let is_same = self.brought.is_some() && before.topics == new.topics && name_of(before) == name_of(new);
        if is_same {
            new.rebalanced(self.generation, before.user_data.clone());
        }
        self.forget(former);
        is_same
    }

    /// Has all members join again.
    pub(super) fn rejoin(&mut self, id: MemberId) {
        if self.members.contains_key(&id) {
            self.rebalance();
        }
    }

    /// Changes the subscription of a member.
    pub(super) fn resubscribe(&mut self, id: MemberId, topics: &[Topic]) {
        if let Some(member) = self.members.get_mut(&id) {
            member.topics = topics.iter().cloned().collect();
            self.rebalance();
        }
    }

    /// Removes a member. Its partitions are free at once.
    pub(super) fn leave(&mut self, id: MemberId) {
        if self.forget(id) {
            self.rebalance();
        }
    }

    /// Records a heartbeat of a member, and removes those whose sessions have timed out.
    pub(super) fn heartbeat(&mut self, id: MemberId, now: MonotonicTime) {
        if let Some(member) = self.members.get_mut(&id) {
            member.last_seen = member.last_seen.max(Some(now));
        }
        self.expire(now);
        if self.retry.is_due(now) {
            self.rebalance();
        }
    }

    /// Removes the members whose sessions have timed out at `now`.
    pub(super) fn expire(&mut self, now: MonotonicTime) {
        let lost: Vec<MemberId> =
            self.members.iter_mut().filter_map(|(id, member)| member.is_lost(now).then_some(*id)).collect();
        self.remove(&lost);
    }

    /// Removes the members with this client id, as if their sessions had timed out.
    pub(super) fn expire_client(&mut self, client_id: &str) {
        let is_meant = |member: &Member| member.identity.client_id == client_id;
        let lost: Vec<MemberId> =
            self.members.iter().filter(|(_, member)| is_meant(member)).map(|(id, _)| *id).collect();
        self.remove(&lost);
    }

    fn remove(&mut self, lost: &[MemberId]) {
        if !lost.is_empty() {
            for id in lost {
                self.forget(*id);
            }
            self.rebalance();
        }
    }

    fn forget(&mut self, id: MemberId) -> bool {
        let Some(member) = self.members.remove(&id) else { return false };
        member.identity.signal.raise();
        release(&mut self.owners, |owner| owner == id);
        true
    }

    /// Whether the member is still in the group.
    ///
    /// # Errors
    /// When it is lost, or fenced by another one with the same instance id.
    pub(super) fn check(&self, id: MemberId, instance_id: Option<&str>) -> Result<(), LogError> {
        if self.members.contains_key(&id) {
            return Ok(());
        }
        match instance_id {
            Some(instance) if self.instances.get(instance).is_some_and(|bearer| *bearer != id) => {
                Err(LogError::Fenced { identity: instance.to_owned() })
            }
            _ => Err(LogError::NotAMember),
        }
    }

    /// What the member is to be told before its next step, once.
    pub(super) fn take_news(&mut self, id: MemberId) -> Vec<LogEvent> {
        self.members.get_mut(&id).map(Member::take_news).unwrap_or_default()
    }

    /// The rebalance step to deliver to the member, once.
    pub(super) fn take_offer(&mut self, id: MemberId) -> Option<Offer> {
        self.members.get_mut(&id)?.take_offer()
    }

    /// Records that the member has completed the step that was delivered last.
    pub(super) fn respond(&mut self, id: MemberId) {
        let Some(offer) = self.members.get_mut(&id).and_then(Member::respond) else { return };
        if offer.change == Change::Revoked {
            for partition in &offer.partitions {
                *owner_of(&mut self.owners, partition) = None;
            }
            if self.brought.is_some() && !self.members.values().any(Member::gives_away) {
                self.rebalance();
                return;
            }
        }
        self.reconcile();
    }

    /// Removes the offsets of a topic that was deleted.
    pub(super) fn topic_deleted(&mut self, topic: &Topic) {
        self.committed.retain(|partition, _| partition.topic != *topic);
        self.topic_created(topic);
    }

    /// Handles the creation of a topic, of partitions of it, or its deletion.
    pub(super) fn topic_created(&mut self, topic: &Topic) {
        if self.members.values().any(|member| member.topics.contains(topic)) {
            self.rebalance();
        }
    }

    /// Computes new targets after a change of members or topics.
    fn rebalance(&mut self) {
        for member in self.members.values_mut() {
            let Some(offer) = member.withdraw() else { continue };
            for partition in offer.partitions.iter().filter(|_| offer.change == Change::Assigned) {
                *owner_of(&mut self.owners, partition) = None;
            }
        }
        self.generation += 1;
        self.retry = Retry::Never;
        self.brought = brought::common_assignor(&self.members);
        self.assign();
        for (topic, targets) in &self.targets {
            let owners = self.owners.entry(topic.clone()).or_default();
            owners.resize(owners.len().max(targets.len()), None);
        }
        self.reconcile();
    }

    /// Computes the targets, by the assignor that the members have brought along or by the group's own.
    fn assign(&mut self) {
        let counts = self.partition_counts();
        let Some(assignor) = &self.brought else {
            let subscriptions = self.members.iter().map(|(id, member)| (*id, member.topics.clone())).collect();
            self.targets = assignor::assign(&subscriptions, &counts, &self.targets);
            self.members.values_mut().for_each(|member| member.rebalanced(self.generation, None));
            return;
        };
        let (targets, mut user_data, fault) = brought::assign(&**assignor, &self.members, &self.owners, &counts);
        self.targets = targets;
        for (id, member) in &mut self.members {
            member.rebalanced(self.generation, user_data.remove(id));
        }
        if let (Some(fault), Some(leader)) = (fault, self.members.values_mut().next()) {
            leader.assignor_failed(fault);
            self.retry = Retry::AfterHeartbeat;
        }
    }

    fn partition_counts(&self) -> BTreeMap<Topic, usize> {
        let wanted: BTreeSet<&Topic> = self.members.values().flat_map(|member| &member.topics).collect();
        let known = wanted.into_iter().filter_map(|name| self.topics.get(name.as_str()));
        known.map(|topic| (topic.name.clone(), topic.partitions.len())).collect()
    }

    /// Decides the next step of each member without one: revocations first, then assignments.
    fn reconcile(&mut self) {
        let (mut losses, mut gains) = self.differences();
        for (id, member) in &mut self.members {
            if member.is_busy() {
                continue;
            }
            if let Some(partitions) = losses.remove(id) {
                member.offer(Change::Revoked, partitions);
                continue;
            }
            let partitions = gains.remove(id).unwrap_or_default();
            if !partitions.is_empty() || !member.has_joined {
                for partition in &partitions {
                    *owner_of(&mut self.owners, partition) = Some(*id);
                }
                member.offer(Change::Assigned, partitions);
            }
        }
    }

    /// The partitions that each member has beyond its target, and those of its target that are free.
    fn differences(&self) -> (PartitionsByMember, PartitionsByMember) {
        let (mut losses, mut gains) = (PartitionsByMember::new(), PartitionsByMember::new());
        for (topic, owners) in &self.owners {
            let targets = self.targets.get(topic);
            for (number, owner) in (0..).zip(owners) {
                let target = targets.and_then(|targets| *targets.get(number as usize)?);
                let (side, id) = match (*owner, target) {
                    (Some(owner), target) if target != Some(owner) => (&mut losses, owner),
                    (None, Some(target)) => (&mut gains, target),
                    _ => continue,
                };
                side.entry(id).or_default().push(TopicPartition::new(topic, number));
            }
        }
        (losses, gains)
    }

    /// Commits offsets.
    ///
    /// # Errors
    /// When the member is not in the group, another one owns one of the partitions, or one does not exist. Then nothing is committed.
    pub(super) fn commit(
        &mut self,
        id: MemberId,
        instance_id: Option<&str>,
        offsets: &[(TopicPartition, CommittedOffset)],
    ) -> Result<(), LogError> {
        self.check(id, instance_id)?;
        let is_held_by_another = |partition: &TopicPartition| {
            let owner =
                self.owners.get(&partition.topic).and_then(|owners| *owners.get(partition.partition.index())?);
            owner.is_some_and(|owner| owner != id)
        };
        if offsets.iter().any(|(partition, _)| is_held_by_another(partition)) {
            return Err(LogError::RebalanceInProgress);
        }
        offsets.iter().try_for_each(|(partition, _)| self.topics.partition(partition).map(drop))?;
        self.committed.extend(offsets.iter().cloned());
        Ok(())
    }

    /// The committed offset of a partition.
    pub(super) fn committed(&self, partition: &TopicPartition) -> Option<CommittedOffset> {
        self.committed.get(partition).cloned()
    }

    /// Whether it has members or committed offsets.
    pub(super) fn is_in_use(&self) -> bool {
        !(self.members.is_empty() && self.committed.is_empty())
    }

    /// All committed offsets.
    pub(super) fn all_committed(&self) -> BTreeMap<TopicPartition, CommittedOffset> {
        self.committed.clone()
    }
}

type PartitionsByMember = BTreeMap<MemberId, Vec<TopicPartition>>;

fn owner_of<'a>(owners: &'a mut Spread, partition: &TopicPartition) -> &'a mut Option<MemberId> {
    let of_topic = owners.get_mut(&partition.topic).expect("the topic of an offered partition is known");
    &mut of_topic[partition.partition.index()]
}

fn release(owners: &mut Spread, is_gone: impl Fn(MemberId) -> bool) {
    for owner in owners.values_mut().flatten() {
        *owner = owner.filter(|owner| !is_gone(*owner));
    }
}

fn hand_over(targets: &mut Spread, from: MemberId, to: MemberId) {
    for target in targets.values_mut().flatten() {
        if *target == Some(from) {
            *target = Some(to);
        }
    }
}
