//! Groups: fixed scenarios, then random histories under which no partition ever has two owners.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use millstream_types::Partition;
use proptest::prelude::*;

use super::assignor::{Spread, Subscriptions, assign};
use super::*;
use crate::in_process::settings::Settings;
use crate::{AssignorAssignment, AssignorMember, GroupConfig, NewTopic, Signal};

fn topics(counts: &[(&str, u32)]) -> Arc<Topics> {
    let topics = Topics::new(Settings::default());
    for (name, partitions) in counts {
        let topic = NewTopic { name: Topic::from(*name), partitions: *partitions, config: BTreeMap::new() };
        topics.create(topic).expect("a new topic");
    }
    Arc::new(topics)
}

fn identity(client_id: &str, instance_id: Option<&str>) -> Identity {
    let config = GroupConfig {
        instance_id: instance_id.map(str::to_owned),
        ..GroupConfig::new("g", client_id, Duration::from_millis(100))
    };
    Identity::new(&config, &Signal::new())
}

fn at(millis: u64) -> MonotonicTime {
    MonotonicTime::after_start(Duration::from_millis(millis))
}

fn names(names: &[&str]) -> Vec<Topic> {
    names.iter().map(|name| Topic::from(*name)).collect()
}

/// `topic-partition` of each partition of an offer, with what happens to it.
fn offered(group: &mut Group, id: MemberId) -> Option<(Change, Vec<String>)> {
    let offer = group.take_offer(id)?;
    Some((offer.change, offer.partitions.iter().map(ToString::to_string).collect()))
}

fn assigned(partitions: &[&str]) -> Option<(Change, Vec<String>)> {
    Some((Change::Assigned, partitions.iter().map(|name| (*name).to_owned()).collect()))
}

fn revoked(partitions: &[&str]) -> Option<(Change, Vec<String>)> {
    Some((Change::Revoked, partitions.iter().map(|name| (*name).to_owned()).collect()))
}

#[test]
fn a_partition_is_assigned_only_when_its_owner_has_responded() {
    let mut group = Group::new(topics(&[("t", 2)]));
    let first = group.join(identity("a", None), &names(&["t"]));
    assert_eq!(offered(&mut group, first), assigned(&["t-0", "t-1"]));
    let second = group.join(identity("b", None), &names(&["t"]));
    assert_eq!(offered(&mut group, second), assigned(&[]), "it has joined, and has nothing yet");
    group.respond(second);
    assert_eq!(offered(&mut group, first), None, "one thing at a time: the first assignment is not finished");
    group.respond(first);
    assert_eq!(offered(&mut group, first), revoked(&["t-1"]));
    assert_eq!(offered(&mut group, second), None, "still held by the first");
    group.respond(first);
    assert_eq!(offered(&mut group, second), assigned(&["t-1"]));
}

#[test]
fn a_step_that_was_not_delivered_is_decided_again() {
    let mut group = Group::new(topics(&[("t", 2)]));
    let first = group.join(identity("a", None), &names(&["t"]));
    let second = group.join(identity("b", None), &names(&["t"]));
    assert_eq!(offered(&mut group, first), assigned(&["t-0"]));
    assert_eq!(offered(&mut group, second), assigned(&["t-1"]));
}

#[test]
fn the_partitions_of_members_that_leave_or_are_lost_are_free_at_once() {
    let mut group = Group::new(topics(&[("t", 3)]));
    let ids = ["a", "b", "c"].map(|client| group.join(identity(client, None), &names(&["t"])));
    for id in ids {
        group.heartbeat(id, at(0));
        offered(&mut group, id);
        group.respond(id);
    }
    group.leave(ids[1]);
    assert_eq!(offered(&mut group, ids[0]), assigned(&["t-2"]));
    group.respond(ids[0]);
    group.heartbeat(ids[0], at(100));
    assert_eq!(offered(&mut group, ids[0]), None, "exactly the session time is not too long");
    group.heartbeat(ids[0], at(101));
    assert_eq!(offered(&mut group, ids[0]), assigned(&["t-1"]));
    assert_eq!(group.check(ids[2], None), Err(LogError::NotAMember));
}

#[test]
fn a_successor_with_the_same_instance_id_gets_the_partitions() {
    let mut group = Group::new(topics(&[("t", 5)]));
    let first = group.join(identity("a", Some("one")), &names(&["t"]));
    let other = group.join(identity("b", Some("two")), &names(&["t"]));
    assert_eq!(offered(&mut group, other), assigned(&["t-3", "t-4"]));
    group.respond(other);
    let restarted = group.join(identity("c", Some("one")), &names(&["t"]));
    assert_eq!(offered(&mut group, restarted), assigned(&["t-0", "t-1", "t-2"]));
    assert_eq!(offered(&mut group, other), None);
    assert_eq!(group.check(first, Some("one")), Err(LogError::Fenced { identity: "one".to_owned() }));
}

#[test]
fn a_topic_that_is_created_later_is_assigned_to_its_subscribers() {
    let topics = topics(&[("t", 1)]);
    let mut group = Group::new(Arc::clone(&topics));
    let id = group.join(identity("a", None), &names(&["t", "later"]));
    assert_eq!(offered(&mut group, id), assigned(&["t-0"]));
    group.respond(id);
    let later = NewTopic { name: Topic::from("later"), partitions: 1, config: BTreeMap::new() };
    group.topic_created(&topics.create(later).expect("a new topic").name);
    assert_eq!(offered(&mut group, id), assigned(&["later-0"]));
    group.respond(id);
    group.resubscribe(id, &names(&["later"]));
    assert_eq!(offered(&mut group, id), revoked(&["t-0"]));
}

#[test]
fn a_member_can_commit_partitions_that_no_other_member_owns() {
    let mut group = Group::new(topics(&[("t", 2), ("follower", 2)]));
    let first = group.join(identity("a", None), &names(&["t"]));
    let second = group.join(identity("b", None), &names(&["t"]));
    let offset = |topic: &str, number| {
        let offset = CommittedOffset { offset: millstream_types::Offset::new(7), metadata: "m".to_owned() };
        [(TopicPartition::new(topic, number), offset)]
    };
    assert_eq!(group.commit(first, None, &offset("t", 0)), Ok(()));
    assert_eq!(group.commit(first, None, &offset("t", 1)), Err(LogError::RebalanceInProgress), "the second has it");
    assert_eq!(group.commit(first, None, &offset("follower", 1)), Ok(()), "no member subscribes to it");
    group.leave(second);
    assert_eq!(group.commit(second, None, &offset("t", 1)), Err(LogError::NotAMember));
    assert_eq!(group.committed(&TopicPartition::new("t", 1)), None);
    assert_eq!(group.all_committed().len(), 2);
}

#[test]
fn the_same_number_of_several_topics_goes_to_one_member() {
    let subscriptions: Subscriptions =
        (1..=3).map(|id| (MemberId(id), names(&["a", "b"]).into_iter().collect())).collect();
    let counts = [(Topic::from("a"), 6), (Topic::from("b"), 6)].into();
    let spread = assign(&subscriptions, &counts, &Spread::new());
    assert_eq!(spread[&Topic::from("a")], spread[&Topic::from("b")]);
}

#[test]
fn topics_of_one_partition_are_spread_over_the_members() {
    let all: Vec<Topic> = (0..9).map(|number| Topic::from(format!("t{number}"))).collect();
    let subscriptions: Subscriptions = (1..=3).map(|id| (MemberId(id), all.iter().cloned().collect())).collect();
    let counts = all.iter().map(|topic| (topic.clone(), 1)).collect();
    let spread = assign(&subscriptions, &counts, &Spread::new());
    assert_eq!(loads(&spread), [(MemberId(1), 3), (MemberId(2), 3), (MemberId(3), 3)].into());
}

fn loads(spread: &Spread) -> BTreeMap<MemberId, usize> {
    let mut loads = BTreeMap::new();
    spread.values().flatten().flatten().for_each(|id| *loads.entry(*id).or_default() += 1);
    loads
}

const TOPICS: [(&str, u32); 3] = [("a", 7), ("b", 4), ("c", 1)];

fn subscription(mask: u8) -> BTreeSet<Topic> {
    let chosen = TOPICS.iter().enumerate().filter(|(index, _)| mask & (1 << index) != 0);
    chosen.map(|(_, (name, _))| Topic::from(*name)).collect()
}

fn assert_balanced(subscriptions: &Subscriptions, spread: &Spread) {
    for (name, count) in TOPICS {
        let topic = Topic::from(name);
        let mut own: BTreeMap<MemberId, usize> =
            subscriptions.iter().filter_map(|(id, topics)| topics.contains(&topic).then_some((*id, 0))).collect();
        if own.is_empty() {
            assert!(!spread.contains_key(&topic));
            continue;
        }
        let owners = &spread[&topic];
        assert_eq!(owners.len(), count as usize);
        for owner in owners {
            *own.get_mut(&owner.expect("no partition without owner")).expect("a subscriber") += 1;
        }
        let (least, most) = (own.values().min(), own.values().max());
        assert!(most.zip(least).is_some_and(|(most, least)| most - least <= 1), "{topic}: {own:?}");
    }
}

proptest! {
    #[test]
    fn assignment_is_balanced_and_moves_as_few_partitions_as_possible(steps in prop::collection::vec((any::<bool>(), 0..8_usize), 1..40)) {
        let counts: BTreeMap<Topic, usize> =
            TOPICS.iter().map(|(name, count)| (Topic::from(*name), *count as usize)).collect();
        let (mut subscriptions, mut spread) = (Subscriptions::new(), Spread::new());
        for (number, (joins, choice)) in (1..).zip(steps) {
            let before: Vec<MemberId> = subscriptions.keys().copied().collect();
            if joins || before.is_empty() {
                subscriptions.insert(MemberId(number), subscription(7));
            } else {
                subscriptions.remove(&before[choice % before.len()]);
            }
            let next = assign(&subscriptions, &counts, &spread);
            assert_balanced(&subscriptions, &next);
            for (topic, owners) in &spread {
                for (was, is) in owners.iter().zip(next.get(topic).into_iter().flatten()) {
                    let stays = |id: &Option<MemberId>| id.is_some_and(|id| before.contains(&id) && subscriptions.contains_key(&id));
                    prop_assert!(was == is || !(stays(was) && stays(is)), "{topic} moved between two that were and stay");
                }
            }
            spread = next;
        }
    }

    #[test]
    fn assignment_is_balanced_under_any_subscriptions(masks in prop::collection::vec(0..8_u8, 1..9), former in prop::collection::vec(0..9_u64, 12)) {
        let counts: BTreeMap<Topic, usize> =
            TOPICS.iter().map(|(name, count)| (Topic::from(*name), *count as usize)).collect();
        let subscriptions: Subscriptions =
            (1..).zip(masks).map(|(id, mask)| (MemberId(id), subscription(mask))).collect();
        let mut former = former.into_iter().map(|id| (id > 0).then_some(MemberId(id)));
        let previous: Spread = counts.iter().map(|(topic, count)| (topic.clone(), former.by_ref().take(*count).collect())).collect();
        let spread = assign(&subscriptions, &counts, &previous);
        assert_balanced(&subscriptions, &spread);
        prop_assert_eq!(&spread, &assign(&subscriptions, &counts, &previous));
    }
}

/// Assigns each topic by turns to its subscribers, but for what others own.
struct Turns;

impl GroupAssignor for Turns {
    fn name(&self) -> &'static str {
        "turns"
    }

    fn subscription(&self) -> Vec<u8> {
        b"turns".to_vec()
    }

    fn assign(
        &self,
        members: &[AssignorMember],
        partitions: &BTreeMap<Topic, u32>,
    ) -> Result<Vec<AssignorAssignment>, String> {
        let new = |member: &AssignorMember| AssignorAssignment {
            member_id: member.member_id.clone(),
            user_data: vec![members.len() as u8],
            ..Default::default()
        };
        let mut assigned: Vec<_> = members.iter().map(new).collect();
        for (topic, count) in partitions {
            let subscribers: Vec<usize> = (0..members.len()).filter(|it| members[*it].topics.contains(topic)).collect();
            for (number, owner) in (0..*count).zip(subscribers.iter().cycle()) {
                let partition = TopicPartition::new(topic, number);
                let mut others = members.iter().enumerate().filter(|(other, _)| other != owner);
                if !others.any(|(_, other)| other.owned.contains(&partition)) {
                    assigned[*owner].partitions.push(partition);
                }
            }
        }
        Ok(assigned)
    }
}

/// Which members of a group bring an assignor along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bringing {
    Nobody,
    Everybody,
    /// Two of three.
    Most,
}

/// A step of a history; the number selects the member.
#[derive(Clone, Debug)]
enum Step {
    Join(u8),
    Leave(usize),
    Lose(usize),
    Rejoin(usize),
    Take(usize),
    Respond(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (1..8_u8).prop_map(Step::Join),
        1 => any::<usize>().prop_map(Step::Leave),
        1 => any::<usize>().prop_map(Step::Lose),
        1 => any::<usize>().prop_map(Step::Rejoin),
        6 => any::<usize>().prop_map(Step::Take),
        6 => any::<usize>().prop_map(Step::Respond),
    ]
}

/// A group, and the partitions that its members know of.
struct Model {
    group: Group,
    bringing: Bringing,
    /// The members that bring an assignor along, and the user data that they got last.
    user_data: BTreeMap<MemberId, Option<Option<Vec<u8>>>>,
    now: u64,
    held: BTreeMap<MemberId, BTreeSet<TopicPartition>>,
    subscribed: Subscriptions,
    offered: BTreeMap<MemberId, Offer>,
}

impl Model {
    fn new(bringing: Bringing) -> Self {
        Self {
            group: Group::new(topics(&TOPICS)),
            bringing,
            user_data: BTreeMap::new(),
            now: 0,
            held: BTreeMap::new(),
            subscribed: Subscriptions::new(),
            offered: BTreeMap::new(),
        }
    }

    fn join(&mut self, topics: &[Topic]) -> MemberId {
        let brings = match self.bringing {
            Bringing::Nobody => false,
            Bringing::Everybody => true,
            Bringing::Most => !self.group.last_id.is_multiple_of(3),
        };
        let assignor: Option<Arc<dyn GroupAssignor>> = if brings { Some(Arc::new(Turns)) } else { None };
        let id = self.group.join(Identity { assignor, ..identity("client", None) }, topics);
        if brings {
            self.user_data.insert(id, None);
        }
        id
    }

    fn pick(&self, choice: usize) -> Option<MemberId> {
        self.held.keys().nth(choice.checked_rem(self.held.len())?).copied()
    }

    fn run(&mut self, step: &Step) {
        match *step {
            Step::Join(mask) => {
                let wanted: Vec<Topic> = subscription(mask).into_iter().collect();
                let id = self.join(&wanted);
                self.held.insert(id, BTreeSet::new());
                self.subscribed.insert(id, wanted.into_iter().collect());
                self.group.heartbeat(id, at(self.now));
            }
            Step::Leave(choice) => {
                let Some(id) = self.pick(choice) else { return };
                self.group.leave(id);
                self.forget(id);
            }
            Step::Lose(choice) => self.lose(choice),
            Step::Rejoin(choice) => {
                let Some(id) = self.pick(choice) else { return };
                self.group.rejoin(id);
            }
            Step::Take(choice) => {
                let Some(id) = self.pick(choice) else { return };
                self.take(id);
            }
            Step::Respond(choice) => {
                let Some(id) = self.pick(choice) else { return };
                self.respond(id);
            }
        }
    }

    /// All members except one poll until the session of that one has timed out.
    fn lose(&mut self, choice: usize) {
        let Some(lost) = self.pick(choice).filter(|_| self.held.len() > 1) else { return };
        for _ in 0..4 {
            self.now += 50;
            let alive: Vec<MemberId> = self.held.keys().copied().filter(|id| *id != lost).collect();
            alive.iter().for_each(|id| self.group.heartbeat(*id, at(self.now)));
        }
        assert_eq!(self.group.check(lost, None), Err(LogError::NotAMember));
        self.forget(lost);
    }

    fn forget(&mut self, id: MemberId) {
        self.held.remove(&id);
        self.subscribed.remove(&id);
        self.offered.remove(&id);
        self.user_data.remove(&id);
    }

    fn take(&mut self, id: MemberId) {
        if self.offered.contains_key(&id) {
            return;
        }
        for news in self.group.take_news(id) {
            let LogEvent::AssignmentData { user_data } = news else { panic!("{news:?}") };
            *self.user_data.get_mut(&id).expect("one without an assignor is told nothing") = Some(user_data);
        }
        let Some(offer) = self.group.take_offer(id) else { return };
        let held = self.held.get_mut(&id).expect("a member");
        if offer.change == Change::Assigned {
            held.extend(offer.partitions.iter().cloned());
        } else {
            assert!(offer.partitions.iter().all(|partition| held.contains(partition)), "only what it holds is revoked");
        }
        assert!(self.offered.insert(id, offer).is_none(), "offered twice without a response");
    }

    fn respond(&mut self, id: MemberId) {
        let Some(offer) = self.offered.remove(&id) else { return };
        if offer.change == Change::Revoked {
            self.held.get_mut(&id).expect("a member").retain(|partition| !offer.partitions.contains(partition));
        }
        self.group.respond(id);
    }

    fn assert_one_owner_each(&self) {
        let mut owned = BTreeSet::new();
        for partition in self.held.values().flatten() {
            assert!(owned.insert(partition), "{partition} has two owners");
        }
    }

    /// After the last rebalance all that bring an assignor along have its user data, or know that it is not used.
    fn assert_user_data(&self) {
        let all_bring = self.user_data.len() == self.held.len();
        let expected = all_bring.then(|| vec![self.held.len() as u8]);
        for (id, user_data) in &self.user_data {
            assert_eq!(user_data.as_ref(), Some(&expected), "{id:?}");
        }
    }

    /// All members respond until there are no further steps.
    fn settle(&mut self) {
        for _ in 0..10 {
            for id in self.held.keys().copied().collect::<Vec<_>>() {
                self.respond(id);
                self.take(id);
                self.respond(id);
            }
            self.assert_one_owner_each();
        }
    }

    fn spread(&self) -> Spread {
        let owner = |topic: &Topic, number| {
            let partition = TopicPartition { topic: topic.clone(), partition: Partition::new(number) };
            self.held.iter().find_map(|(id, held)| held.contains(&partition).then_some(*id))
        };
        let is_wanted = |topic: &Topic| self.subscribed.values().any(|topics| topics.contains(topic));
        let all = TOPICS.iter().map(|(name, count)| (Topic::from(*name), *count));
        all.filter(|(topic, _)| is_wanted(topic))
            .map(|(topic, count)| (topic.clone(), (0..count).map(|number| owner(&topic, number)).collect()))
            .collect()
    }
}

fn check(bringing: Bringing, steps: &[Step]) {
    let mut model = Model::new(bringing);
    for step in steps {
        model.run(step);
        model.assert_one_owner_each();
    }
    model.settle();
    model.assert_user_data();
    assert_balanced(&model.subscribed, &model.spread());
}

proptest! {
    #[test]
    fn no_partition_has_two_owners_and_all_get_one(steps in prop::collection::vec(step(), 1..120)) {
        check(Bringing::Nobody, &steps);
    }

    #[test]
    fn nor_do_they_where_members_bring_an_assignor_along(steps in prop::collection::vec(step(), 1..120)) {
        check(Bringing::Everybody, &steps);
        check(Bringing::Most, &steps);
    }
}
