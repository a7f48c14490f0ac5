//! The members and topics of an assignment, by number.

use std::collections::BTreeMap;

use millstream_types::{Topic, TopicPartition};

use super::subscription::MemberSubscription;
use crate::group::member::{Generation, MemberId};

/// The members in order of their ids, and the topics that exist in order of their names.
pub(super) struct Roster<'a> {
    members: Vec<&'a MemberSubscription>,
    topics: Vec<(&'a Topic, usize)>,
    by_name: BTreeMap<&'a Topic, usize>,
    /// The topics of each member, in order.
    subscribed: Vec<Vec<usize>>,
    /// The members of each topic, in order.
    subscribers: Vec<Vec<usize>>,
}

impl<'a> Roster<'a> {
    pub(super) fn new(members: &'a [MemberSubscription], partitions: &'a BTreeMap<Topic, u32>) -> Self {
        let mut members: Vec<_> = members.iter().collect();
        members.sort_by(|a, b| a.member.cmp(&b.member));
        members.dedup_by(|a, b| a.member == b.member);
        let topics: Vec<_> = partitions.iter().map(|(topic, count)| (topic, *count as usize)).collect();
        let by_name: BTreeMap<_, _> = topics.iter().enumerate().map(|(index, (topic, _))| (*topic, index)).collect();
        let subscribed: Vec<_> = members.iter().map(|member| known(&member.topics, &by_name)).collect();
        let mut subscribers = vec![Vec::new(); topics.len()];
        for (member, topics) in subscribed.iter().enumerate() {
            topics.iter().for_each(|topic| subscribers[*topic].push(member));
        }
        Self { members, topics, by_name, subscribed, subscribers }
    }

    pub(super) fn members(&self) -> impl Iterator<Item = &'a MemberId> {
        self.members.iter().map(|member| &member.member)
    }

    /// The generation of each member, and the topics and partitions that it owns.
    pub(super) fn claims(&self) -> impl Iterator<Item = (Option<Generation>, Vec<(usize, usize)>)> {
        self.members.iter().map(|member| {
            let owned = member.owned.iter();
            let exists = |owned: &TopicPartition| Some((*self.by_name.get(&owned.topic)?, owned.partition.index()));
            (member.generation, owned.filter_map(exists).collect())
        })
    }

    pub(super) fn topic(&self, topic: usize) -> &'a Topic {
        self.topics[topic].0
    }

    /// How many partitions a topic has.
    pub(super) fn partitions(&self, topic: usize) -> usize {
        self.topics[topic].1
    }

    pub(super) fn topics(&self) -> usize {
        self.topics.len()
    }

    pub(super) fn subscribes(&self, member: usize, topic: usize) -> bool {
        self.subscribed[member].binary_search(&topic).is_ok()
    }

    /// The members that subscribe to each topic, in order.
    pub(super) fn subscribers(&self) -> &[Vec<usize>] {
        &self.subscribers
    }

    /// The topics with subscribers; those with the fewest, for which there is the least choice, come first.
    pub(super) fn topics_by_subscribers(&self) -> Vec<usize> {
        let mut topics: Vec<_> = (0..self.topics.len()).filter(|topic| !self.subscribers[*topic].is_empty()).collect();
        topics.sort_by_key(|topic| self.subscribers[*topic].len());
        topics
    }
}

/// The numbers of the topics that exist, in order and each once.
fn known(topics: &[Topic], by_name: &BTreeMap<&Topic, usize>) -> Vec<usize> {
    let mut known: Vec<_> = topics.iter().filter_map(|topic| by_name.get(topic).copied()).collect();
    known.sort_unstable();
    known.dedup();
    known
}
