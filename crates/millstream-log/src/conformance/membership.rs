//! The cases for membership: joining, rebalances, leaving, loss.

use std::collections::BTreeSet;

use millstream_types::{Topic, TopicPartition};

use super::harness::{Case, Harness};
use super::kit::{Kit, Sample, first};
use crate::{GroupConfig, GroupConsumer, LogEvent, StartAt};

pub(super) const CASES: &[Case] = &[
    ("the only member gets every partition", alone),
    ("a join moves half, after the first member has responded", handover),
    ("the partitions of a member that leaves are assigned at once", leaves),
    ("a member that does not poll is lost, gets an event, and rejoins", lost),
    ("members of several topics share each of them", several_topics),
    ("a subscription can change", resubscribed),
    ("a member reads what it is assigned", reading),
];

/// A group member, and its assignment according to its events.
pub(super) struct Member {
    pub(super) consumer: Box<dyn GroupConsumer>,
    pub(super) held: BTreeSet<TopicPartition>,
    /// The partitions that are being revoked. It responds only when the case calls [`release`](Self::release).
    pub(super) revoked: Vec<TopicPartition>,
    pub(super) lost: Vec<TopicPartition>,
    /// The user data of its assignments, which come before these; `None` for those by `cooperative-sticky`.
    pub(super) user_data: Vec<Option<Vec<u8>>>,
    has_assignor: bool,
    /// The other events of its polls.
    pub(super) events: Vec<LogEvent>,
}

impl Member {
    pub(super) fn new(kit: &Kit<'_>, group_id: &str, client_id: &str) -> Self {
        Self::with_instance(kit, group_id, client_id, None)
    }

    pub(super) fn with_instance(kit: &Kit<'_>, group_id: &str, client_id: &str, instance: Option<&str>) -> Self {
        Self::of(
            kit,
            GroupConfig {
                instance_id: instance.map(str::to_owned),
                ..GroupConfig::new(group_id, client_id, kit.harness.session_timeout())
            },
        )
    }

    pub(super) fn of(kit: &Kit<'_>, config: GroupConfig) -> Self {
        let consumer = kit.log.consumer(&config, &kit.signal).expect("a consumer");
        let (held, revoked, lost, user_data, events) = Default::default();
        let has_assignor = config.assignor.is_some();
        Self { consumer, held, revoked, lost, user_data, has_assignor, events }
    }

    /// Polls. Responds to assignments and losses, and keeps revocations.
    pub(super) fn poll(&mut self, kit: &Kit<'_>) {
        for event in kit.poll(&mut *self.consumer) {
            if matches!(event, LogEvent::Assigned(_) | LogEvent::Revoked(_)) {
                assert_eq!(self.user_data.is_empty(), !self.has_assignor, "user data first, if it has an assignor");
            }
            match event {
                LogEvent::AssignmentData { user_data } => self.user_data.push(user_data),
                LogEvent::Assigned(partitions) => {
                    assert!(self.revoked.is_empty(), "nothing is assigned while a revocation waits for its response");
                    self.held.extend(partitions);
                    self.consumer.finish_rebalance();
                }
                LogEvent::Revoked(partitions) => {
                    assert!(self.revoked.is_empty(), "one thing at a time");
                    assert!(partitions.iter().all(|partition| self.held.contains(partition)), "only what it has");
                    self.revoked = partitions;
                }
                LogEvent::Lost(partitions) => {
                    self.held.retain(|partition| !partitions.contains(partition));
                    self.lost.extend(partitions);
                    self.consumer.finish_rebalance();
                }
                // A log may report it at any time.
                LogEvent::SessionTimeout(_) | LogEvent::CoordinatorSilent(_) | LogEvent::CoordinatorResponds => {}
                other => self.events.push(other),
            }
        }
    }

    /// Responds to a revocation.
    pub(super) fn release(&mut self) {
        if !self.revoked.is_empty() {
            let revoked = std::mem::take(&mut self.revoked);
            self.held.retain(|partition| !revoked.contains(partition));
            self.consumer.finish_rebalance();
        }
    }

    pub(super) fn subscribe(&mut self, topic: &Topic) {
        self.consumer.subscribe(std::slice::from_ref(topic));
    }

    fn held_of(&self, topic: &Topic) -> usize {
        self.held.iter().filter(|partition| partition.topic == *topic).count()
    }
}

/// Polls all members, which respond to revocations at once, until the numbers of their partitions are as expected. Checks
/// that no partition has two owners.
#[track_caller]
pub(super) fn gather(kit: &Kit<'_>, what: &str, members: &mut [&mut Member], is_reached: impl Fn(&[usize]) -> bool) {
    kit.until(what, || {
        for member in &mut *members {
            member.poll(kit);
            member.release();
        }
        assert_disjoint(members);
        let sizes: Vec<usize> = members.iter().map(|member| member.held.len()).collect();
        is_reached(&sizes).then_some(())
    });
}

#[track_caller]
fn assert_disjoint(members: &[&mut Member]) {
    let mut seen = BTreeSet::new();
    for partition in members.iter().flat_map(|member| &member.held) {
        assert!(seen.insert(partition), "{partition} has two owners");
    }
}

fn alone(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let (topic, group) = (kit.topic("alone", 4), harness.unique_name("alone"));
    let mut member = Member::new(&kit, &group, "a");
    member.subscribe(&topic);
    gather(&kit, "a member gets all", &mut [&mut member], |held| held == [4]);
    assert_eq!(member.held, (0..4).map(|number| TopicPartition::new(&topic, number)).collect());
    kit.for_a_while(|| member.poll(&kit));
    assert!(member.revoked.is_empty() && member.events.is_empty(), "and keeps it without a rebalance");
}

fn handover(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let (topic, group) = (kit.topic("handover", 4), harness.unique_name("handover"));
    let (mut old, mut new) = (Member::new(&kit, &group, "old"), Member::new(&kit, &group, "new"));
    old.subscribe(&topic);
    gather(&kit, "a member gets all", &mut [&mut old], |held| held == [4]);
    new.subscribe(&topic);
    kit.until("half is taken away", || {
        old.poll(&kit);
        new.poll(&kit);
        (!old.revoked.is_empty()).then_some(())
    });
    assert_eq!(old.revoked.len(), 2, "a join moves as few partitions as possible: {:?}", old.revoked);
    kit.for_a_while(|| {
        old.poll(&kit);
        new.poll(&kit);
        assert!(new.held.is_empty(), "the old one has not responded yet");
    });
    let moved: BTreeSet<_> = old.revoked.iter().cloned().collect();
    gather(&kit, "half is handed over", &mut [&mut old, &mut new], |held| held == [2, 2]);
    assert_eq!(new.held, moved);
}

fn leaves(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let (topic, group) = (kit.topic("leaves", 3), harness.unique_name("leaves"));
    let (mut stays, mut leaves) = (Member::new(&kit, &group, "stays"), Member::new(&kit, &group, "leaves"));
    stays.subscribe(&topic);
    leaves.subscribe(&topic);
    gather(&kit, "two share", &mut [&mut stays, &mut leaves], |held| held.contains(&1) && held.contains(&2));
    let kept = stays.held.clone();
    leaves.consumer.leave();
    let left_at = harness.now();
    gather(&kit, "the other gets all", &mut [&mut stays], |held| held == [3]);
    assert!(kept.is_subset(&stays.held) && stays.lost.is_empty());
    assert!(harness.now() < left_at + harness.session_timeout(), "without waiting for a session to time out");
}

fn lost(harness: &dyn Harness) {
    if !harness.capabilities().silence_is_loss {
        return;
    }
    let kit = Kit::new(harness);
    let (topic, group) = (kit.topic("lost", 2), harness.unique_name("lost"));
    let (mut alive, mut silent) = (Member::new(&kit, &group, "alive"), Member::new(&kit, &group, "silent"));
    alive.subscribe(&topic);
    silent.subscribe(&topic);
    gather(&kit, "two share", &mut [&mut alive, &mut silent], |held| held == [1, 1]);
    let missed = silent.held.clone();
    gather(&kit, "the other gets all", &mut [&mut alive], |held| held == [2]);
    kit.until("the lost one gets the event", || {
        silent.poll(&kit);
        (!silent.lost.is_empty()).then_some(())
    });
    assert_eq!(silent.lost, missed.into_iter().collect::<Vec<_>>());
    gather(&kit, "it is back", &mut [&mut alive, &mut silent], |held| held == [1, 1]);
}

fn several_topics(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let (shared, own) = (kit.topic("shared", 6), kit.topic("own", 2));
    let group = harness.unique_name("several");
    let (mut both, mut one) = (Member::new(&kit, &group, "both"), Member::new(&kit, &group, "one"));
    both.consumer.subscribe(&[shared.clone(), own.clone()]);
    one.subscribe(&shared);
    gather(&kit, "all is shared out", &mut [&mut both, &mut one], |held| held.iter().sum::<usize>() == 8);
    assert_eq!(both.held_of(&own), 2, "only one subscribes to it");
    assert_eq!(one.held_of(&own), 0);
    assert_eq!(both.held_of(&shared) + one.held_of(&shared), 6);
}

fn resubscribed(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let (before, after) = (kit.topic("before", 2), kit.topic("after", 3));
    let mut member = Member::new(&kit, &harness.unique_name("resubscribed"), "a");
    member.subscribe(&before);
    gather(&kit, "a member gets all", &mut [&mut member], |held| held == [2]);
    member.subscribe(&after);
    gather(&kit, "it has the others instead", &mut [&mut member], |held| held == [3]);
    assert_eq!(member.held_of(&before), 0);
}

fn reading(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let topic = kit.topic("reading", 1);
    let follower = kit.topic("follower", 1);
    let sent = Sample::numbered(10);
    kit.write(&first(&topic), &sent);
    kit.write(&first(&follower), &sent);
    let mut member = Member::new(&kit, &harness.unique_name("reading"), "a");
    member.subscribe(&topic);
    gather(&kit, "a member gets all", &mut [&mut member], |held| held == [1]);
    assert!(member.events.is_empty(), "nothing is read before `assign`: {:?}", member.events);
    member.consumer.assign(&[(first(&topic), StartAt::Earliest)]);
    member.consumer.assign(&[(first(&follower), StartAt::Earliest)]);
    let mut seen = [0, 0];
    kit.until("both topics are read", || {
        member.poll(&kit);
        for event in member.events.drain(..) {
            let LogEvent::Chunk(chunk) = event else { continue };
            seen[usize::from(chunk.partition.topic == follower)] += chunk.len();
        }
        (seen == [10, 10]).then_some(())
    });
}
