//! The assignor: balanced per topic, sticky and deterministic.

use std::collections::{BTreeMap, BTreeSet};

use millstream_types::Topic;

use super::member::MemberId;

/// The owner of each partition, by topic and partition number.
pub(super) type Spread = BTreeMap<Topic, Vec<Option<MemberId>>>;

/// The topics that each member subscribes to.
pub(super) type Subscriptions = BTreeMap<MemberId, BTreeSet<Topic>>;

/// Assigns the partitions of each topic to the members that subscribe to it.
///
/// * The numbers of partitions of a topic differ by one at most between its members.
/// * A member keeps its partitions of `previous` as far as that allows: a join moves only the partitions of the new member,
///   a leave only those of the old one.
/// * A free partition is assigned to the member with the same partition number of another topic, otherwise to the one with the
///   fewest partitions in total.
pub(super) fn assign(subscriptions: &Subscriptions, counts: &BTreeMap<Topic, usize>, previous: &Spread) -> Spread {
    let mut loads: BTreeMap<MemberId, usize> = subscriptions.keys().map(|id| (*id, 0)).collect();
    let mut hosts: Vec<BTreeSet<MemberId>> = Vec::new();
    let mut spread = Spread::new();
    for (topic, count) in counts {
        let members: Vec<MemberId> =
            subscriptions.iter().filter(|(_, topics)| topics.contains(topic)).map(|(id, _)| *id).collect();
        if members.is_empty() {
            continue;
        }
        let had = previous.get(topic).map_or(&[][..], Vec::as_slice);
        let mut share = Share::new(members, *count, &loads);
        share.keep(had);
        share.fill(&hosts);
        hosts.resize_with(hosts.len().max(*count), BTreeSet::new);
        for (host, owner) in hosts.iter_mut().zip(share.owners.iter().flatten()) {
            host.insert(*owner);
            *loads.entry(*owner).or_default() += 1;
        }
        spread.insert(topic.clone(), share.owners);
    }
    spread
}

/// The assignment of one topic.
struct Share {
    owners: Vec<Option<MemberId>>,
    /// The number of partitions of each member: of all topics so far, and of this one.
    held: BTreeMap<MemberId, (usize, usize)>,
    /// The number of partitions that each member gets at least.
    floor: usize,
    /// The number of members that get one more.
    extras: usize,
}

impl Share {
    fn new(members: Vec<MemberId>, count: usize, loads: &BTreeMap<MemberId, usize>) -> Self {
        let (floor, extras) = (count / members.len(), count % members.len());
        let held = members.into_iter().map(|id| (id, (loads.get(&id).copied().unwrap_or(0), 0))).collect();
        Self { owners: vec![None; count], held, floor, extras }
    }

    /// Members keep their partitions, the lowest numbers first. Members with the fewest partitions in total keep one more
    /// first.
    fn keep(&mut self, had: &[Option<MemberId>]) {
        let mut claims: BTreeMap<MemberId, Vec<usize>> = BTreeMap::new();
        for (partition, owner) in had.iter().enumerate().take(self.owners.len()) {
            if let Some(owner) = owner.filter(|owner| self.held.contains_key(owner)) {
                claims.entry(owner).or_default().push(partition);
            }
        }
        let mut claims: Vec<_> = claims.into_iter().collect();
        claims.sort_by_key(|(id, _)| (self.held[id].0, *id));
        for (id, partitions) in claims {
            for partition in partitions {
                if self.has_room(id) {
                    self.give(partition, id);
                }
            }
        }
    }

    fn fill(&mut self, hosts: &[BTreeSet<MemberId>]) {
        for (partition, hosts) in hosts.iter().enumerate().take(self.owners.len()) {
            let host = hosts.iter().copied().find(|id| self.is_under_floor(*id));
            if let Some(host) = host.filter(|_| self.owners[partition].is_none()) {
                self.give(partition, host);
            }
        }
        for partition in 0..self.owners.len() {
            if self.owners[partition].is_none() {
                let hosts = hosts.get(partition);
                let next = self.neediest(|id| hosts.is_some_and(|hosts| hosts.contains(&id)));
                self.give(partition, next);
            }
        }
    }

    /// The member that gets the next partition: those below the floor first, then those with the fewest in total, then one that
    /// has the same partition number.
    fn neediest(&self, is_host: impl Fn(MemberId) -> bool) -> MemberId {
        let candidates = self.held.iter().filter(|(id, _)| self.has_room(**id));
        let neediest = candidates
            .min_by_key(|(id, (load, own))| (*own >= self.floor, *load, !is_host(**id), **id))
            .map(|(id, _)| *id);
        neediest.expect("floors and extras add up to the number of partitions")
    }

    fn is_under_floor(&self, id: MemberId) -> bool {
        self.held.get(&id).is_some_and(|(_, own)| *own < self.floor)
    }

    fn has_room(&self, id: MemberId) -> bool {
        self.is_under_floor(id) || self.extras > 0 && self.held.get(&id).is_some_and(|(_, own)| *own == self.floor)
    }

    fn give(&mut self, partition: usize, id: MemberId) {
        let floor = self.floor;
        let (load, own) = self.held.entry(id).or_default();
        if *own == floor {
            self.extras -= 1;
        }
        (*load, *own) = (*load + 1, *own + 1);
        self.owners[partition] = Some(id);
    }
}
