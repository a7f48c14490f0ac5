//! The cases for static members.

use millstream_types::TopicPartition;

use super::harness::{Case, Harness};
use super::kit::Kit;
use super::membership::{Member, gather};
use crate::{LogError, LogEvent};

pub(super) const CASES: &[Case] = &[
    ("a static member that restarts keeps its partitions without a rebalance", back),
    ("the partitions of a static member that leaves are assigned at once", leaves),
    ("the partitions of a static member that does not return are assigned after its session", gone),
    ("the successor of a static member that does not poll can join", succeeded),
    ("an instance id belongs to one member", fenced),
];

/// Two static members of a new group that share four partitions.
fn pair(kit: &Kit<'_>, stem: &str) -> (Pair, Member, Member) {
    let pair = Pair { group: kit.harness.unique_name(stem), topic: kit.topic(stem, 4) };
    let (mut one, mut two) = (pair.member(kit, "one"), pair.member(kit, "two"));
    gather(kit, "two share", &mut [&mut one, &mut two], |held| held == [2, 2]);
    (pair, one, two)
}

struct Pair {
    group: String,
    topic: millstream_types::Topic,
}

impl Pair {
    fn member(&self, kit: &Kit<'_>, instance: &str) -> Member {
        let mut member = Member::with_instance(kit, &self.group, instance, Some(instance));
        member.subscribe(&self.topic);
        member
    }
}

fn back(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let (pair, one, mut two) = pair(&kit, "static-back");
    let (of_one, of_two) = (one.held.clone(), two.held.clone());
    drop(one);
    let mut again = pair.member(&kit, "one");
    let undisturbed = |member: &mut Member| {
        member.poll(&kit);
        assert!(member.revoked.is_empty() && member.lost.is_empty(), "the other one has no rebalance");
        assert_eq!(member.held, of_two, "and no new partitions");
    };
    kit.until("it has rejoined", || {
        undisturbed(&mut two);
        again.poll(&kit);
        (again.held.len() == 2).then_some(())
    });
    assert_eq!(again.held, of_one, "it has what it had");
    kit.for_a_while(|| {
        undisturbed(&mut two);
        again.poll(&kit);
        assert!(again.revoked.is_empty());
    });
}

fn leaves(harness: &dyn Harness) {
    if !harness.capabilities().static_members_leave {
        return;
    }
    let kit = Kit::new(harness);
    let (_pair, mut one, mut two) = pair(&kit, "static-leaves");
    let begin = harness.now();
    one.consumer.leave();
    gather(&kit, "the other gets all", &mut [&mut two], |held| held == [4]);
    let took = harness.now() - begin;
    assert!(took < harness.session_timeout(), "without waiting for the end of its session: {took:?}");
}

fn gone(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let (_pair, one, mut two) = pair(&kit, "static-gone");
    drop(one);
    gather(&kit, "the other gets all", &mut [&mut two], |held| held == [4]);
}

fn succeeded(harness: &dyn Harness) {
    if !harness.capabilities().silence_is_loss {
        return;
    }
    let kit = Kit::new(harness);
    let (pair, _silent, mut two) = pair(&kit, "static-silent");
    let mut successor = pair.member(&kit, "one");
    gather(&kit, "the successor has joined", &mut [&mut two, &mut successor], |held| held == [2, 2]);
}

fn fenced(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let (pair, mut first, mut two) = pair(&kit, "static-fenced");
    let mut second = pair.member(&kit, "one");
    let is_fenced = |member: &Member| {
        let fenced =
            |event: &LogEvent| matches!(event, LogEvent::Fatal(LogError::Fenced { identity }) if identity == "one");
        member.events.iter().any(fenced)
    };
    let (is_first_fenced, is_second_fenced) =
        kit.until("one of two members with the same instance id is fenced", || {
            for member in [&mut first, &mut second, &mut two] {
                member.poll(&kit);
                member.release();
            }
            let fenced = (is_fenced(&first), is_fenced(&second));
            (fenced != (false, false)).then_some(fenced)
        });
    assert!(is_first_fenced != is_second_fenced, "one of them continues");
    let mut remaining = if is_first_fenced { second } else { first };
    gather(&kit, "the other continues", &mut [&mut remaining, &mut two], |held| held == [2, 2]);
    let all: Vec<&TopicPartition> = remaining.held.iter().chain(&two.held).collect();
    assert_eq!(all.len(), 4, "every partition has an owner");
}
