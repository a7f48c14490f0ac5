//! The cases for assignors that members bring along.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use millstream_types::{Topic, TopicPartition};

use super::harness::{Case, Harness};
use super::kit::Kit;
use super::membership::{Member, gather};
use crate::{AssignorAssignment, AssignorMember, GroupAssignor, GroupConfig, LogEvent};

pub(super) const CASES: &[Case] = &[
    ("an assignor without a name, or with that of every member, is refused", names),
    ("a group uses the assignor that all its members bring along, and passes its user data on", used),
    ("a member joins again with other user data, and nothing moves", rejoined),
    ("a group with a member without the assignor uses its own, until that one leaves", mixed),
    ("an assignor that fails is reported and tried again, and members keep what they own", failing),
    ("a static member that restarts gets its user data again without a rebalance", returned),
];

/// Assigns by turns. The user data of each assignment is that of all subscriptions.
struct Turns {
    name: &'static str,
    user_data: Mutex<&'static str>,
    fails: Arc<AtomicBool>,
}

impl GroupAssignor for Turns {
    fn name(&self) -> &str {
        self.name
    }

    fn subscription(&self) -> Vec<u8> {
        self.user_data.lock().expect("no panic").as_bytes().to_vec()
    }

    fn assign(
        &self,
        members: &[AssignorMember],
        partitions: &BTreeMap<Topic, u32>,
    ) -> Result<Vec<AssignorAssignment>, String> {
        if self.fails.load(Ordering::Relaxed) {
            return Err("it is told to fail".to_owned());
        }
        let mut members: Vec<_> = members.iter().collect();
        members.sort_by_key(|member| &member.user_data);
        let user_data = members.iter().map(|member| member.user_data.clone()).collect::<Vec<_>>().join(&b' ');
        let assignment = |(turn, member): (usize, &&AssignorMember)| AssignorAssignment {
            member_id: member.member_id.clone(),
            partitions: of_turn(turn, &members, partitions),
            user_data: user_data.clone(),
        };
        Ok(members.iter().enumerate().map(assignment).collect())
    }
}

/// The partitions of a member, without those that others own.
fn of_turn(turn: usize, members: &[&AssignorMember], partitions: &BTreeMap<Topic, u32>) -> Vec<TopicPartition> {
    let all = partitions.iter().flat_map(|(topic, count)| (0..*count).map(move |it| TopicPartition::new(topic, it)));
    let own = all.filter(|partition| partition.partition.index() % members.len() == turn);
    let others = |partition: &TopicPartition| {
        members.iter().enumerate().any(|(other, member)| other != turn && member.owned.contains(partition))
    };
    own.filter(|partition| !others(partition)).collect()
}

/// A group whose members share a topic.
struct Group<'a> {
    kit: Kit<'a>,
    id: String,
    topic: Topic,
    fails: Arc<AtomicBool>,
}

impl<'a> Group<'a> {
    /// `None` if the log cannot use assignors; then it must say so.
    fn new(harness: &'a dyn Harness, stem: &str, partitions: u32) -> Option<Self> {
        let kit = Kit::new(harness);
        let id = harness.unique_name(stem);
        if harness.capabilities().assignors {
            let topic = kit.topic(stem, partitions);
            return Some(Self { kit, id, topic, fails: Arc::default() });
        }
        let (_, config) = Self::config(&kit, &id, "turns", "a", &Arc::default());
        let refused = kit.log.consumer(&config, &kit.signal).err().expect("the log cannot use assignors");
        assert!(refused.to_string().contains("assignor `turns`"), "it is named: {refused}");
        None
    }

    fn config(
        kit: &Kit<'_>,
        id: &str,
        name: &'static str,
        user_data: &'static str,
        fails: &Arc<AtomicBool>,
    ) -> (Arc<Turns>, GroupConfig) {
        let assignor = Arc::new(Turns { name, user_data: Mutex::new(user_data), fails: Arc::clone(fails) });
        let config = GroupConfig::new(id, user_data, kit.harness.session_timeout());
        (Arc::clone(&assignor), GroupConfig { assignor: Some(assignor), ..config })
    }

    /// A member with the assignor, and the assignor.
    fn member(&self, user_data: &'static str) -> (Member, Arc<Turns>) {
        self.member_with(user_data, |config| config)
    }

    fn member_with(
        &self,
        user_data: &'static str,
        edit: impl FnOnce(GroupConfig) -> GroupConfig,
    ) -> (Member, Arc<Turns>) {
        let (assignor, config) = Self::config(&self.kit, &self.id, "turns", user_data, &self.fails);
        let mut member = Member::of(&self.kit, edit(config));
        member.subscribe(&self.topic);
        (member, assignor)
    }

    /// Waits until the last user data of all members is this.
    fn until_data(&self, expected: Option<&str>, members: &mut [&mut Member]) {
        let expected = expected.map(|expected| expected.as_bytes().to_vec());
        self.kit.until("the user data arrives", || {
            for member in &mut *members {
                member.poll(&self.kit);
                member.release();
            }
            members.iter().all(|member| member.user_data.last() == Some(&expected)).then_some(())
        });
    }
}

fn names(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    for (name, reason) in [("", "needs a name"), ("cooperative-sticky", "cannot be named `cooperative-sticky`")] {
        let (_, config) = Group::config(&kit, "group", name, "a", &Arc::default());
        let refused = kit.log.consumer(&config, &kit.signal).err().expect("a refusal");
        assert!(refused.to_string().contains(reason), "{refused}");
    }
}

fn used(harness: &dyn Harness) {
    let Some(group) = Group::new(harness, "assignor", 5) else { return };
    let (mut a, _) = group.member("a");
    gather(&group.kit, "a member gets all", &mut [&mut a], |held| held == [5]);
    assert_eq!(a.user_data, [Some(b"a".to_vec())], "once");
    let (mut b, _) = group.member("b");
    gather(&group.kit, "two share", &mut [&mut a, &mut b], |held| held == [3, 2]);
    group.until_data(Some("a b"), &mut [&mut a, &mut b]);
    let by_turns = |turn: usize| (0..5).skip(turn).step_by(2).map(|it| TopicPartition::new(&group.topic, it)).collect();
    assert_eq!((a.held, b.held), (by_turns(0), by_turns(1)));
    assert!(a.lost.is_empty() && a.events.is_empty() && b.events.is_empty());
}

fn rejoined(harness: &dyn Harness) {
    let Some(group) = Group::new(harness, "rejoined", 4) else { return };
    let ((mut a, of_a), (mut b, of_b)) = (group.member("a"), group.member("b"));
    gather(&group.kit, "two share", &mut [&mut a, &mut b], |held| held == [2, 2]);
    group.until_data(Some("a b"), &mut [&mut a, &mut b]);
    for (expected, of_both) in [("a b2", ["a", "b2"]), ("a3 b3", ["a3", "b3"]), ("a4 b4", ["a4", "b4"])] {
        let held = (a.held.clone(), b.held.clone());
        (*of_a.user_data.lock().expect("no panic"), *of_b.user_data.lock().expect("no panic")) = of_both.into();
        let rejoins = if expected == "a3 b3" { &mut a } else { &mut b };
        rejoins.consumer.rejoin("the conformance suite");
        group.until_data(Some(expected), &mut [&mut a, &mut b]);
        group.kit.for_a_while(|| {
            a.poll(&group.kit);
            b.poll(&group.kit);
        });
        assert_eq!((&a.held, &b.held), (&held.0, &held.1), "both keep what they have");
    }
    assert!(a.lost.is_empty() && b.lost.is_empty() && a.revoked.is_empty() && b.revoked.is_empty());
}

fn mixed(harness: &dyn Harness) {
    let Some(group) = Group::new(harness, "mixed", 6) else { return };
    let (mut a, _) = group.member("a");
    let mut old = Member::new(&group.kit, &group.id, "old");
    old.subscribe(&group.topic);
    gather(&group.kit, "a new one and an old one share", &mut [&mut a, &mut old], |held| held == [3, 3]);
    group.until_data(None, &mut [&mut a]);
    let (mut b, _) = group.member("b");
    gather(&group.kit, "three share", &mut [&mut a, &mut old, &mut b], |held| held == [2, 2, 2]);
    group.until_data(None, &mut [&mut a, &mut b]);
    assert!(old.user_data.is_empty(), "it has no assignor");
    old.consumer.leave();
    gather(&group.kit, "the new ones share", &mut [&mut a, &mut b], |held| held == [3, 3]);
    group.until_data(Some("a b"), &mut [&mut a, &mut b]);
    let mut again = Member::new(&group.kit, &group.id, "again");
    again.subscribe(&group.topic);
    gather(&group.kit, "an old one is back", &mut [&mut a, &mut b, &mut again], |held| held == [2, 2, 2]);
    group.until_data(None, &mut [&mut a, &mut b]);
    assert!(a.lost.is_empty() && b.lost.is_empty(), "nothing was lost");
}

fn failing(harness: &dyn Harness) {
    let Some(group) = Group::new(harness, "failing", 2) else { return };
    let (mut a, _) = group.member("a");
    gather(&group.kit, "a member gets all", &mut [&mut a], |held| held == [2]);
    group.fails.store(true, Ordering::Relaxed);
    let (mut b, _) = group.member("b");
    group.until_data(Some(""), &mut [&mut a, &mut b]);
    group.kit.for_a_while(|| {
        a.poll(&group.kit);
        b.poll(&group.kit);
    });
    assert_eq!((a.held.len(), b.held.len()), (2, 0), "both keep what they have");
    let reports: Vec<_> = a.events.drain(..).chain(b.events.drain(..)).collect();
    assert!(!reports.is_empty(), "the leader reports it");
    for report in reports {
        let LogEvent::AssignorFailed(reason) = report else { panic!("{report:?}") };
        assert!(reason.contains("the assignor `turns`") && reason.ends_with("it is told to fail"), "{reason}");
    }
    group.fails.store(false, Ordering::Relaxed);
    gather(&group.kit, "it is tried again", &mut [&mut a, &mut b], |held| held == [1, 1]);
    group.until_data(Some("a b"), &mut [&mut a, &mut b]);
}

fn returned(harness: &dyn Harness) {
    let Some(group) = Group::new(harness, "assignor-static", 4) else { return };
    let with_instance = |config: GroupConfig| GroupConfig { instance_id: Some(config.client_id.clone()), ..config };
    let (mut one, _) = group.member_with("one", with_instance);
    let (mut two, _) = group.member_with("two", with_instance);
    gather(&group.kit, "two share", &mut [&mut one, &mut two], |held| held == [2, 2]);
    group.until_data(Some("one two"), &mut [&mut one, &mut two]);
    let (of_one, rebalances) = (one.held.clone(), two.user_data.len());
    drop(one);
    let (mut again, _) = group.member_with("one", with_instance);
    gather(&group.kit, "it has rejoined", &mut [&mut again], |held| held == [2]);
    assert_eq!((again.held, again.user_data), (of_one, vec![Some(b"one two".to_vec())]));
    group.kit.for_a_while(|| two.poll(&group.kit));
    assert_eq!(two.user_data.len(), rebalances, "the other one has no rebalance");
}
