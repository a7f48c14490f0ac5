//! Which partitions each member is to have, once their numbers are known.

use std::collections::BTreeMap;

use millstream_types::TopicPartition;

use super::claims::Claims;
use super::roster::Roster;
use crate::group::member::MemberId;

/// Gives each member `held` partitions of each topic: first those that it owns, then others. Leaves out the others that
/// another member may still own. The partitions of a member are sorted.
pub(super) fn hand_out(
    roster: &Roster<'_>,
    claims: &Claims,
    held: Vec<BTreeMap<usize, usize>>,
) -> BTreeMap<MemberId, Vec<TopicPartition>> {
    let mut assigned = vec![Vec::new(); held.len()];
    for (topic, wanted) in by_topic(roster.topics(), held).into_iter().enumerate() {
        let mut given = of_topic(claims, topic, roster.partitions(topic), wanted);
        given.sort_unstable();
        for (partition, member) in given {
            assigned[member].push(TopicPartition::new(roster.topic(topic), partition as u32));
        }
    }
    roster.members().cloned().zip(assigned).collect()
}

/// The counts of each topic by member.
fn by_topic(topics: usize, held: Vec<BTreeMap<usize, usize>>) -> Vec<BTreeMap<usize, usize>> {
    let mut wanted = vec![BTreeMap::new(); topics];
    for (member, held) in held.into_iter().enumerate() {
        held.into_iter().for_each(|(topic, count)| _ = wanted[topic].insert(member, count));
    }
    wanted
}

/// The partitions of a topic that are assigned now, and to which member.
fn of_topic(
    claims: &Claims,
    topic: usize,
    partitions: usize,
    mut wanted: BTreeMap<usize, usize>,
) -> Vec<(usize, usize)> {
    let (mut given, mut others) = (Vec::new(), Vec::new());
    for partition in 0..partitions {
        match claims.owner(topic, partition).filter(|owner| take_one(&mut wanted, *owner)) {
            Some(owner) => given.push((partition, owner)),
            None => others.push(partition),
        }
    }
    let moved = others.into_iter().zip(in_turn(wanted));
    given.extend(moved.filter(|(partition, member)| !claims.is_claimed_by_another(topic, *partition, *member)));
    given
}

/// Takes one off what a member wants, if it wants any.
fn take_one(wanted: &mut BTreeMap<usize, usize>, member: usize) -> bool {
    let Some(count) = wanted.get_mut(&member) else { return false };
    *count -= 1;
    if *count == 0 {
        wanted.remove(&member);
    }
    true
}

/// Each member as often as it wants, in turn.
fn in_turn(mut wanted: BTreeMap<usize, usize>) -> Vec<usize> {
    let mut turns = Vec::new();
    while !wanted.is_empty() {
        turns.extend(wanted.keys());
        wanted.retain(|_, count| {
            *count -= 1;
            *count > 0
        });
    }
    turns
}
