//! The cases for committed offsets.

use millstream_types::{Offset, TopicPartition};

use super::harness::{Case, Harness};
use super::kit::{Kit, first};
use super::membership::{Member, gather};
use crate::{CommittedOffset, LogError, LogEvent};

pub(super) const CASES: &[Case] = &[
    ("offsets are kept with their metadata", kept),
    ("offsets of topics not subscribed to are kept", followers),
    ("groups keep their offsets apart", apart),
    ("partitions that are being revoked can still be committed", last_commit),
    ("a member that left cannot commit", after_leaving),
    ("a lost member cannot commit", after_loss),
];

fn offset(number: i64, metadata: &str) -> CommittedOffset {
    CommittedOffset { offset: Offset::new(number), metadata: metadata.to_owned() }
}

#[track_caller]
pub(super) fn commit(
    kit: &Kit<'_>,
    member: &mut Member,
    offsets: &[(TopicPartition, CommittedOffset)],
) -> Result<(), LogError> {
    let committed = member.consumer.commit(offsets);
    kit.until("a commit ends", || {
        member.poll(kit);
        let done = |event: &LogEvent| matches!(event, LogEvent::CommitDone { token, .. } if *token == committed);
        let index = member.events.iter().position(done)?;
        match member.events.remove(index) {
            LogEvent::CommitDone { result, .. } => Some(result),
            _ => None,
        }
    })
}

#[track_caller]
fn committed(kit: &Kit<'_>, member: &mut Member, partitions: &[TopicPartition]) -> Vec<Option<CommittedOffset>> {
    member.consumer.fetch_committed(partitions);
    let response = kit.until("committed offsets are returned", || {
        member.poll(kit);
        let index = member.events.iter().position(|event| matches!(event, LogEvent::Committed(_)))?;
        match member.events.remove(index) {
            LogEvent::Committed(response) => Some(response),
            _ => None,
        }
    });
    let find = |partition| response.iter().find(|(of, _)| of == partition).and_then(|(_, offset)| offset.clone());
    partitions.iter().map(find).collect()
}

/// The only member of a new group, with all partitions of a new topic.
fn alone(kit: &Kit<'_>, stem: &str, partitions: u32) -> (Member, Vec<TopicPartition>) {
    let topic = kit.topic(stem, partitions);
    let mut member = Member::new(kit, &kit.harness.unique_name(stem), "a");
    member.subscribe(&topic);
    gather(kit, "a member gets all", &mut [&mut member], |held| held == [partitions as usize]);
    (member, (0..partitions).map(|number| TopicPartition::new(&topic, number)).collect())
}

fn kept(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let (mut member, partitions) = alone(&kit, "kept", 3);
    assert_eq!(committed(&kit, &mut member, &partitions), [None, None, None]);
    let first = [(partitions[0].clone(), offset(5, "AgAAAYcF")), (partitions[2].clone(), offset(0, ""))];
    assert_eq!(commit(&kit, &mut member, &first), Ok(()));
    let expected = [Some(offset(5, "AgAAAYcF")), None, Some(offset(0, ""))];
    assert_eq!(committed(&kit, &mut member, &partitions), expected);
    assert_eq!(commit(&kit, &mut member, &[(partitions[0].clone(), offset(9, "é"))]), Ok(()));
    let expected = [Some(offset(9, "é")), None, Some(offset(0, ""))];
    assert_eq!(committed(&kit, &mut member, &partitions), expected, "the last commit of each partition counts");
}

fn followers(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let (mut member, _) = alone(&kit, "lead", 1);
    let follower = first(&kit.topic("follower", 1));
    assert_eq!(commit(&kit, &mut member, &[(follower.clone(), offset(3, "m"))]), Ok(()));
    assert_eq!(committed(&kit, &mut member, &[follower]), [Some(offset(3, "m"))]);
}

fn apart(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let (mut one, partitions) = alone(&kit, "apart", 1);
    let (mut other, _) = alone(&kit, "elsewhere", 1);
    assert_eq!(commit(&kit, &mut one, &[(partitions[0].clone(), offset(1, ""))]), Ok(()));
    assert_eq!(committed(&kit, &mut other, &partitions), [None]);
    assert_eq!(committed(&kit, &mut one, &partitions), [Some(offset(1, ""))]);
}

fn last_commit(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let topic = kit.topic("last-commit", 2);
    let group = harness.unique_name("last-commit");
    let (mut old, mut new) = (Member::new(&kit, &group, "old"), Member::new(&kit, &group, "new"));
    old.subscribe(&topic);
    gather(&kit, "a member gets all", &mut [&mut old], |held| held == [2]);
    new.subscribe(&topic);
    kit.until("half is taken away", || {
        old.poll(&kit);
        new.poll(&kit);
        (!old.revoked.is_empty()).then_some(())
    });
    let moved = old.revoked.clone();
    assert_eq!(commit(&kit, &mut old, &[(moved[0].clone(), offset(11, "last"))]), Ok(()));
    gather(&kit, "half is handed over", &mut [&mut old, &mut new], |held| held == [1, 1]);
    assert_eq!(committed(&kit, &mut new, &moved), [Some(offset(11, "last"))], "the new owner finds the last commit");
}

fn after_leaving(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let topic = kit.topic("left", 1);
    let group = harness.unique_name("left");
    let (mut leaves, mut next) = (Member::new(&kit, &group, "leaves"), Member::new(&kit, &group, "next"));
    leaves.subscribe(&topic);
    gather(&kit, "a member gets all", &mut [&mut leaves], |held| held == [1]);
    assert_eq!(commit(&kit, &mut leaves, &[(first(&topic), offset(2, "before"))]), Ok(()));
    leaves.consumer.commit(&[(first(&topic), offset(3, "before leaving"))]);
    leaves.consumer.leave();
    leaves.consumer.commit(&[(first(&topic), offset(4, "too late"))]);
    next.subscribe(&topic);
    gather(&kit, "the next gets all", &mut [&mut next], |held| held == [1]);
    let expected = [Some(offset(3, "before leaving"))];
    assert_eq!(
        committed(&kit, &mut next, &[first(&topic)]),
        expected,
        "a commit that began before leaving is completed"
    );
}

fn after_loss(harness: &dyn Harness) {
    if !harness.capabilities().silence_is_loss {
        return;
    }
    let kit = Kit::new(harness);
    let topic = kit.topic("after-loss", 2);
    let group = harness.unique_name("after-loss");
    let (mut alive, mut silent) = (Member::new(&kit, &group, "alive"), Member::new(&kit, &group, "silent"));
    alive.subscribe(&topic);
    silent.subscribe(&topic);
    gather(&kit, "two share", &mut [&mut alive, &mut silent], |held| held == [1, 1]);
    let partition = silent.held.first().cloned().expect("one partition");
    gather(&kit, "the other gets all", &mut [&mut alive], |held| held == [2]);
    assert_eq!(commit(&kit, &mut alive, &[(partition.clone(), offset(8, "alive"))]), Ok(()));
    let refused = commit(&kit, &mut silent, &[(partition.clone(), offset(4, "silent"))]);
    let is_refused = matches!(refused, Err(LogError::NotAMember | LogError::RebalanceInProgress));
    assert!(is_refused, "it is no longer in the group: {refused:?}");
    assert_eq!(committed(&kit, &mut alive, &[partition]), [Some(offset(8, "alive"))]);
}
