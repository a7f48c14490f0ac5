//! A consumer group: who is in it, who holds which partition, what is committed.
//!
//! Each partition has an owner (who holds it) and a target (who shall). A change of members or topics computes new
//! targets; a partition whose owner is not its target is first revoked and goes on only when its owner has responded,
//! left or was lost. A member takes one rebalance step at a time; its response lets the next one happen. A member's id is
//! never used again, so it stands for its generation: what a lost member still commits is refused.

mod assignor;
mod member;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use millstream_types::{MonotonicTime, Topic, TopicPartition};

pub(super) use member::{Change, Identity, MemberId, Offer};

use self::assignor::Spread;
use self::member::Member;
use super::topics::Topics;
use crate::{CommittedOffset, LogError};

/// A group and its coordinator.
#[derive(Debug)]
pub(super) struct Group {
    topics: Arc<Topics>,
    members: BTreeMap<MemberId, Member>,
    owners: Spread,
    targets: Spread,
    /// Who last bore a static identity.
    instances: BTreeMap<String, MemberId>,
    committed: BTreeMap<TopicPartition, CommittedOffset>,
    last_id: u64,
}

impl Group {
    pub(super) fn new(topics: Arc<Topics>) -> Self {
        Self {
            topics,
            members: BTreeMap::new(),
            owners: Spread::new(),
            targets: Spread::new(),
            instances: BTreeMap::new(),
            committed: BTreeMap::new(),
            last_id: 0,
        }
    }

    /// Lets a member in. With a static identity it takes the place of who bore that before.
    pub(super) fn join(&mut self, identity: Identity, topics: &[Topic]) -> MemberId {
        self.last_id += 1;
        let id = MemberId(self.last_id);
        if let Some(instance) = identity.instance_id.clone()
            && let Some(former) = self.instances.insert(instance, id)
        {
            self.forget(former);
            hand_over(&mut self.targets, former, id);
        }
        self.members.insert(id, Member::new(identity, topics));
        self.rebalance();
        id
    }

    /// Changes what a member wants to read.
    pub(super) fn resubscribe(&mut self, id: MemberId, topics: &[Topic]) {
        if let Some(member) = self.members.get_mut(&id) {
            member.topics = topics.iter().cloned().collect();
            self.rebalance();
        }
    }

    /// Removes a member; what it held is free at once.
    pub(super) fn leave(&mut self, id: MemberId) {
        if self.forget(id) {
            self.rebalance();
        }
    }

    /// Notes that a member is alive at `now`, and removes those unheard of for too long.
    pub(super) fn heartbeat(&mut self, id: MemberId, now: MonotonicTime) {
        if let Some(member) = self.members.get_mut(&id) {
            member.last_seen = member.last_seen.max(Some(now));
        }
        self.expire(now);
    }

    /// Removes the members that are unheard of for too long at `now`.
    pub(super) fn expire(&mut self, now: MonotonicTime) {
        let lost: Vec<MemberId> =
            self.members.iter_mut().filter_map(|(id, member)| member.is_lost(now).then_some(*id)).collect();
        self.remove(&lost);
    }

    /// Removes the members of this client name, as if their session had just timed out.
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
    /// When it is lost, or fenced by another one with the same static identity.
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

    /// The rebalance step to deliver to the member, once.
    pub(super) fn take_offer(&mut self, id: MemberId) -> Option<Offer> {
        self.members.get_mut(&id)?.take_offer()
    }

    /// The member has done the step that was delivered last.
    pub(super) fn respond(&mut self, id: MemberId) {
        let Some(offer) = self.members.get_mut(&id).and_then(Member::respond) else { return };
        if offer.change == Change::Revoked {
            for partition in &offer.partitions {
                *owner_of(&mut self.owners, partition) = None;
            }
        }
        self.reconcile();
    }

    /// A topic has come into being.
    pub(super) fn topic_created(&mut self, topic: &Topic) {
        if self.members.values().any(|member| member.topics.contains(topic)) {
            self.rebalance();
        }
    }

    /// Computes the targets again: members or topics have changed.
    fn rebalance(&mut self) {
        for member in self.members.values_mut() {
            let Some(offer) = member.withdraw() else { continue };
            for partition in offer.partitions.iter().filter(|_| offer.change == Change::Assigned) {
                *owner_of(&mut self.owners, partition) = None;
            }
        }
        let subscriptions = self.members.iter().map(|(id, member)| (*id, member.topics.clone())).collect();
        self.targets = assignor::assign(&subscriptions, &self.partition_counts(), &self.targets);
        for (topic, targets) in &self.targets {
            self.owners.entry(topic.clone()).or_insert_with(|| vec![None; targets.len()]);
        }
        self.reconcile();
    }

    fn partition_counts(&self) -> BTreeMap<Topic, usize> {
        let wanted: BTreeSet<&Topic> = self.members.values().flat_map(|member| &member.topics).collect();
        let known = wanted.into_iter().filter_map(|name| self.topics.get(name.as_str()));
        known.map(|topic| (topic.name.clone(), topic.partitions.len())).collect()
    }

    /// Decides the next step of each member that is not in one: first what it loses, then what is free for it.
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
            if !partitions.is_empty() || !member.is_greeted {
                for partition in &partitions {
                    *owner_of(&mut self.owners, partition) = Some(*id);
                }
                member.offer(Change::Assigned, partitions);
            }
        }
    }

    /// Per member what it holds beyond its target, and what is free of its target.
    fn differences(&self) -> (PartitionsByMember, PartitionsByMember) {
        let (mut losses, mut gains) = (PartitionsByMember::new(), PartitionsByMember::new());
        for (topic, owners) in &self.owners {
            let targets = self.targets.get(topic);
            for (number, owner) in (0..).zip(owners) {
                let target = targets.and_then(|targets| targets[number as usize]);
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

    /// Keeps offsets.
    ///
    /// # Errors
    /// When the member is not in the group, or another one holds one of the partitions; then none is kept.
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
        self.committed.extend(offsets.iter().cloned());
        Ok(())
    }

    /// What is committed for a partition.
    pub(super) fn committed(&self, partition: &TopicPartition) -> Option<CommittedOffset> {
        self.committed.get(partition).cloned()
    }

    /// Whether it has members or has committed anything.
    pub(super) fn is_in_use(&self) -> bool {
        !(self.members.is_empty() && self.committed.is_empty())
    }

    /// All that is committed.
    pub(super) fn all_committed(&self) -> BTreeMap<TopicPartition, CommittedOffset> {
        self.committed.clone()
    }
}

type PartitionsByMember = BTreeMap<MemberId, Vec<TopicPartition>>;

fn owner_of<'a>(owners: &'a mut Spread, partition: &TopicPartition) -> &'a mut Option<MemberId> {
    let of_topic = owners.get_mut(&partition.topic).expect("an offered partition is of a known topic");
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
