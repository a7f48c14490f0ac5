//! What holds for any group: balance, stickiness, the cooperative rule and convergence.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::subsequence;

use super::*;

/// The last one never exists.
const TOPICS: [&str; 5] = ["t", "u", "v", "w", "x"];

type Assigned = BTreeMap<MemberId, Vec<TopicPartition>>;

/// How many partitions the topics have.
fn counts(max: u32) -> impl Strategy<Value = BTreeMap<Topic, u32>> {
    let counts = proptest::collection::vec(0..=max, TOPICS.len() - 1);
    counts.prop_map(|counts| TOPICS.iter().map(|name| Topic::from(*name)).zip(counts).collect())
}

fn a_partition() -> impl Strategy<Value = TopicPartition> {
    (0..TOPICS.len(), 0..8_u32).prop_map(|(topic, number)| TopicPartition::new(TOPICS[topic], number))
}

/// Members that subscribe to anything and claim anything.
fn members(count_max: usize) -> impl Strategy<Value = Vec<MemberSubscription>> {
    let topics = subsequence(TOPICS.to_vec(), 0..=TOPICS.len());
    let owned = proptest::collection::vec(a_partition(), 0..8);
    proptest::collection::vec((topics, owned, -1..2), 1..=count_max).prop_map(|members| {
        let member = |(index, (topics, owned, generation)): (usize, (Vec<&str>, _, _))| MemberSubscription {
            member: format!("m{index}").as_str().into(),
            topics: topics.into_iter().map(Topic::from).collect(),
            owned,
            generation: Generation::new(generation),
        };
        members.into_iter().enumerate().map(member).collect()
    })
}

/// Members that all subscribe to all topics, each partition owned by one of them or by nobody.
fn equals() -> impl Strategy<Value = (Vec<MemberSubscription>, BTreeMap<Topic, u32>)> {
    (1_usize..7, counts(8)).prop_flat_map(|(count, partitions)| {
        let all = every(&partitions);
        proptest::collection::vec(0..=count, all.len()).prop_map(move |owners| {
            let member = |index: usize| MemberSubscription {
                member: format!("m{index}").as_str().into(),
                topics: TOPICS.iter().map(|name| Topic::from(*name)).collect(),
                owned: all.iter().zip(&owners).filter(|(_, o)| **o == index).map(|(p, _)| p.clone()).collect(),
                generation: Generation::new(1),
            };
            ((0..count).map(member).collect(), partitions.clone())
        })
    })
}

fn every(partitions: &BTreeMap<Topic, u32>) -> Vec<TopicPartition> {
    let all = partitions.iter().flat_map(|(topic, count)| (0..*count).map(move |p| TopicPartition::new(topic, p)));
    all.collect()
}

/// The members when they have revoked what they lost, and have rejoined.
fn rejoined(members: &[MemberSubscription], assigned: &Assigned) -> Vec<MemberSubscription> {
    let rejoin = |member: &MemberSubscription| MemberSubscription {
        owned: assigned[&member.member].clone(),
        generation: Generation::new(member.generation.map_or(-1, Generation::number).max(1) + 1),
        ..member.clone()
    };
    members.iter().map(rejoin).collect()
}

/// What is assigned once nothing is left out any more.
fn settled(members: &[MemberSubscription], partitions: &BTreeMap<Topic, u32>) -> Assigned {
    assign(&rejoined(members, &assign(members, partitions)), partitions)
}

/// How many partitions stay with a member that claims them.
fn kept(members: &[MemberSubscription], assigned: &Assigned) -> usize {
    let stays = |member: &MemberSubscription| {
        let owned: BTreeSet<_> = member.owned.iter().collect();
        assigned[&member.member].iter().filter(|partition| owned.contains(partition)).count()
    };
    members.iter().map(stays).sum()
}

/// Whether a partition could go, over any members, from one to another that has at least two fewer.
fn could_be_better(members: &[MemberSubscription], assigned: &Assigned) -> bool {
    let passes = |from: &MemberSubscription, to: &MemberSubscription| {
        assigned[&from.member].iter().any(|partition| to.topics.contains(&partition.topic))
    };
    let mut reaches: Vec<Vec<bool>> = members.iter().map(|a| members.iter().map(|b| passes(a, b)).collect()).collect();
    for over in 0..members.len() {
        for from in 0..members.len() {
            for to in 0..members.len() {
                reaches[from][to] |= reaches[from][over] && reaches[over][to];
            }
        }
    }
    let loads: Vec<_> = members.iter().map(|member| assigned[&member.member].len()).collect();
    (0..loads.len()).any(|from| (0..loads.len()).any(|to| reaches[from][to] && loads[from] >= loads[to] + 2))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn nobody_is_given_what_another_may_still_own(members in members(6), partitions in counts(7)) {
        let assigned = assign(&members, &partitions);
        let mut seen = BTreeSet::new();
        for member in &members {
            for partition in &assigned[&member.member] {
                let others = members.iter().filter(|other| other.member != member.member);
                let is_added = !member.owned.contains(partition);
                prop_assert!(!is_added || others.clone().all(|other| !other.owned.contains(partition)), "{partition}");
                prop_assert!(member.topics.contains(&partition.topic), "{partition} is not subscribed to");
                prop_assert!(partition.partition.number() < partitions[&partition.topic], "{partition} does not exist");
                prop_assert!(seen.insert(partition.clone()), "{partition} is assigned twice");
            }
        }
    }

    #[test]
    fn the_second_round_assigns_the_rest_and_moves_nothing(members in members(6), partitions in counts(7)) {
        let first = assign(&members, &partitions);
        let members = rejoined(&members, &first);
        let second = assign(&members, &partitions);
        for (member, partitions) in &first {
            prop_assert!(partitions.iter().all(|partition| second[member].contains(partition)), "{member} loses some");
        }
        let wanted = |partition: &TopicPartition| members.iter().any(|member| member.topics.contains(&partition.topic));
        let mut assigned: Vec<_> = second.values().flatten().cloned().collect();
        assigned.sort_unstable();
        prop_assert_eq!(assigned, every(&partitions).into_iter().filter(wanted).collect::<Vec<_>>());
        prop_assert_eq!(&assign(&rejoined(&members, &second), &partitions), &second, "it is stable");
    }

    #[test]
    fn the_balance_is_the_best(members in members(7), partitions in counts(7)) {
        prop_assert!(!could_be_better(&members, &settled(&members, &partitions)));
    }

    #[test]
    fn members_with_equal_subscriptions_differ_by_one_at_most((members, partitions) in equals()) {
        let loads: Vec<_> = settled(&members, &partitions).values().map(Vec::len).collect();
        prop_assert!(loads.iter().max().unwrap() - loads.iter().min().unwrap() <= 1, "{loads:?}");
    }

    /// Each member may keep the quotient, and as many members one more as the remainder.
    #[test]
    fn members_with_equal_subscriptions_keep_as_much_as_balance_allows((members, partitions) in equals()) {
        let total = every(&partitions).len();
        let (quotient, remainder) = (total / members.len(), total % members.len());
        let fitting: usize = members.iter().map(|member| member.owned.len().min(quotient)).sum();
        let over = members.iter().filter(|member| member.owned.len() > quotient).count();
        prop_assert_eq!(kept(&members, &assign(&members, &partitions)), fitting + over.min(remainder));
    }

    #[test]
    fn a_member_that_joins_takes_only_its_share(members in members(6), partitions in counts(7)) {
        let mut members = rejoined(&members, &settled(&members, &partitions));
        let topics = TOPICS.iter().map(|name| Topic::from(*name)).collect();
        members.push(MemberSubscription { member: "new".into(), topics, owned: Vec::new(), generation: None });
        let owned: usize = members.iter().map(|member| member.owned.len()).sum();
        let (lost, share) = (owned - kept(&members, &assign(&members, &partitions)), &settled(&members, &partitions)["new"]);
        prop_assert!(lost <= share.len(), "{lost} move for {}", share.len());
    }

    #[test]
    fn the_order_of_members_and_claims_does_not_matter(members in members(6), partitions in counts(7)) {
        let mut reversed = members.clone();
        reversed.reverse();
        reversed.iter_mut().for_each(|member| {
            member.owned.reverse();
            member.topics.reverse();
        });
        prop_assert_eq!(assign(&members, &partitions), assign(&reversed, &partitions));
    }
}
