//! Who says that it owns a partition, and whom the assignor believes.

use std::collections::BTreeMap;

use super::roster::Roster;
use crate::group::member::Generation;

/// The claims to all partitions of all topics.
pub(super) struct Claims {
    topics: Vec<Vec<Claim>>,
}

/// The claims to one partition.
#[derive(Clone, Copy, Default)]
struct Claim {
    /// The member that was the last to claim it.
    claimant: Option<usize>,
    /// Whether several members claim it.
    is_shared: bool,
    /// The newest generation of a claim.
    generation: Option<Generation>,
    /// The only member that claims it in that generation.
    owner: Option<usize>,
}

impl Claims {
    pub(super) fn new(roster: &Roster<'_>) -> Self {
        let mut topics: Vec<_> =
            (0..roster.topics()).map(|topic| vec![Claim::default(); roster.partitions(topic)]).collect();
        for (member, (generation, owned)) in roster.claims().enumerate() {
            for (topic, partition) in owned {
                if let Some(claim) = topics[topic].get_mut(partition) {
                    claim.add(member, generation);
                }
            }
        }
        Self { topics }
    }

    /// How many partitions of each topic each member may keep: those that it owns and still subscribes to.
    pub(super) fn kept(&self, roster: &Roster<'_>) -> Vec<BTreeMap<usize, usize>> {
        let mut kept = vec![BTreeMap::new(); roster.members().count()];
        for (topic, claims) in self.topics.iter().enumerate() {
            for owner in claims.iter().filter_map(|claim| claim.owner).filter(|owner| roster.subscribes(*owner, topic))
            {
                *kept[owner].entry(topic).or_insert(0) += 1;
            }
        }
        kept
    }

    /// The member that owns a partition, if one does and no other claims it with equal right.
    pub(super) fn owner(&self, topic: usize, partition: usize) -> Option<usize> {
        self.topics[topic][partition].owner
    }

    /// Whether a member other than this one claims a partition, with right or not.
    pub(super) fn is_claimed_by_another(&self, topic: usize, partition: usize, member: usize) -> bool {
        let claim = &self.topics[topic][partition];
        claim.is_shared || claim.claimant.is_some_and(|claimant| claimant != member)
    }
}

impl Claim {
    /// The newest generation wins. Two claims of one generation make both void: the partition is not safe with either.
    fn add(&mut self, member: usize, generation: Option<Generation>) {
        if self.claimant == Some(member) {
            return;
        }
        let is_first = self.claimant.is_none();
        self.is_shared |= !is_first;
        self.claimant = Some(member);
        if is_first || generation > self.generation {
            (self.generation, self.owner) = (generation, Some(member));
        } else if generation == self.generation {
            self.owner = None;
        }
    }
}
