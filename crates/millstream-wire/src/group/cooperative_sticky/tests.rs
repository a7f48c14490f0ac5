//! Cases as tables. A member is written `id: topics | owned @ generation`, an outcome `id: partitions`.

use super::*;
use crate::group::consumer_protocol::{PROTOCOL_TYPE, Subscription};

/// The partition that is written `topic-number`.
fn partition(text: &str) -> TopicPartition {
    let (topic, number) = text.split_once('-').unwrap();
    TopicPartition::new(topic, number.parse().unwrap())
}

fn member(text: &str) -> MemberSubscription {
    let (id, rest) = text.split_once(": ").unwrap();
    let (rest, generation) = rest.split_once(" @ ").unwrap_or((rest, "-1"));
    let (topics, owned) = rest.split_once(" | ").unwrap_or((rest, ""));
    MemberSubscription {
        member: id.into(),
        topics: topics.split_whitespace().map(Topic::from).collect(),
        owned: owned.split_whitespace().map(partition).collect(),
        generation: Generation::new(generation.parse().unwrap()),
    }
}

fn outcome(members: &[&str], partitions: &[(&str, u32)]) -> Vec<String> {
    let members: Vec<_> = members.iter().map(|text| member(text)).collect();
    let partitions = partitions.iter().map(|(topic, count)| (Topic::from(*topic), *count)).collect();
    let assigned = assign(&members, &partitions);
    let line = |(id, partitions): (&MemberId, &Vec<TopicPartition>)| {
        let partitions: Vec<_> = partitions.iter().map(ToString::to_string).collect();
        format!("{}: {}", id.as_str(), partitions.join(" "))
    };
    assigned.iter().map(line).collect()
}

#[test]
fn partitions_are_balanced_and_stay_where_they_are() {
    for (what, members, partitions, expected) in [
        ("nobody", &[][..], &[("t", 2)][..], &[][..]),
        ("one member", &["a: t"], &[("t", 2)], &["a: t-0 t-1"]),
        ("each topic is spread", &["a: t u", "b: u t"], &[("t", 3), ("u", 3)], &["a: t-0 t-2 u-0", "b: t-1 u-1 u-2"]),
        ("more members than partitions", &["a: t", "b: t", "c: t"], &[("t", 2)], &["a: t-0", "b: t-1", "c: "]),
        ("topics that do not exist", &["a: t x", "b: x"], &[("t", 1), ("y", 1)], &["a: t-0", "b: "]),
        ("a topic without partitions", &["a: t"], &[("t", 0)], &["a: "]),
        ("no topics", &["a: ", "b: t"], &[("t", 1)], &["a: ", "b: t-0"]),
        ("nothing moves", &["a: t | t-1 t-3 @ 1", "b: t | t-0 t-2 @ 1"], &[("t", 4)], &["a: t-1 t-3", "b: t-0 t-2"]),
        ("one more is balanced", &["a: t | t-0 @ 1", "b: t | t-2 t-1 @ 1"], &[("t", 3)], &["a: t-0", "b: t-1 t-2"]),
        ("a member left", &["a: t | t-0 @ 1", "b: t | t-2 @ 1"], &[("t", 4)], &["a: t-0 t-1", "b: t-2 t-3"]),
        ("a topic grew", &["a: t | t-0 @ 1", "b: t | t-1 @ 1"], &[("t", 4)], &["a: t-0 t-2", "b: t-1 t-3"]),
        ("a topic shrank", &["a: t | t-0 t-7 @ 1", "b: t | u-0 @ 1"], &[("t", 2)], &["a: t-0", "b: t-1"]),
        ("a member twice", &["a: t", "a: t"], &[("t", 2)], &["a: t-0 t-1"]),
        ("owned and subscribed twice", &["a: t t | t-0 t-0 @ 1", "b: t"], &[("t", 2)], &["a: t-0", "b: t-1"]),
    ] {
        assert_eq!(outcome(members, partitions), expected, "{what}");
    }
}

#[test]
fn differing_subscriptions_are_balanced_as_far_as_they_allow() {
    for (what, members, partitions, expected) in [
        ("only one can", &["a: t", "b: t u"][..], &[("t", 1), ("u", 3)][..], &["a: t-0", "b: u-0 u-1 u-2"][..]),
        ("the choosy first", &["a: t u", "b: t"], &[("t", 2), ("u", 2)], &["a: u-0 u-1", "b: t-0 t-1"]),
        // c takes u-0 from b, so that b can take t-0 from a: neither step by itself improves the balance.
        (
            "over a member between",
            &["a: t | t-0 t-1 @ 1", "b: t u | u-0 @ 1", "c: u"],
            &[("t", 2), ("u", 1)],
            &["a: t-0", "b: ", "c: "],
        ),
        ("a topic is given up", &["a: u | t-0 u-0 @ 1", "b: t u"], &[("t", 1), ("u", 1)], &["a: u-0", "b: "]),
    ] {
        assert_eq!(outcome(members, partitions), expected, "{what}");
    }
}

#[test]
fn what_another_may_still_own_is_left_out() {
    for (what, members, partitions, expected) in [
        ("a new member waits", &["a: t | t-0 t-1 @ 1", "b: t"][..], &[("t", 2)][..], &["a: t-0", "b: "][..]),
        ("and gets what is free", &["a: t | t-0 t-1 @ 1", "b: t"], &[("t", 4)], &["a: t-0 t-1", "b: t-2 t-3"]),
        ("the newer claim wins", &["a: t | t-0 @ 4", "b: t | t-0 @ 5"], &[("t", 2)], &["a: t-1", "b: t-0"]),
        ("any beats none", &["a: t | t-0 @ 0", "b: t | t-0"], &[("t", 2)], &["a: t-0", "b: t-1"]),
        ("of equals nobody", &["a: t | t-0 @ 5", "b: t | t-0 @ 5"], &[("t", 2)], &["a: ", "b: t-1"]),
        ("not even the last", &["a: t | t-0 t-1 @ 5", "b: t | t-1 @ 5"], &[("t", 2)], &["a: t-0", "b: "]),
        ("an old claim waits", &["a: t | t-0 t-1 @ 6", "b: t | t-1 @ 5"], &[("t", 2)], &["a: t-0", "b: "]),
        ("nor without one", &["a: t | t-0", "b: t | t-0"], &[("t", 2)], &["a: ", "b: t-1"]),
        (
            "a newer one above equals",
            &["a: t | t-0 @ 5", "b: t | t-0 @ 5", "c: t | t-0 @ 6"],
            &[("t", 3)],
            &["a: t-1", "b: t-2", "c: t-0"],
        ),
        ("an old claim alone is kept", &["a: t | t-1 @ 2", "b: t | @ 5"], &[("t", 2)], &["a: t-1", "b: t-0"]),
        ("an unsubscribed owner", &["a: u | t-0 @ 5", "b: t"], &[("t", 1)], &["a: ", "b: "]),
    ] {
        assert_eq!(outcome(members, partitions), expected, "{what}");
    }
}

#[test]
fn members_offer_the_assignor_under_the_name_that_others_use() {
    assert_eq!((NAME, PROTOCOL_TYPE), ("cooperative-sticky", "consumer"));
}

#[test]
fn the_generation_is_found_in_the_user_data_of_older_versions() {
    // librdkafka's: topic t with partition 3, then generation 9.
    let librdkafka = [0, 0, 0, 1, 0, 1, b't', 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 9];
    let (four, none) = (Generation::new(4), None);
    for (generation, bytes, expected) in [
        (four, Some(&user_data(Generation::new(8))[..]), four),
        (none, Some(&user_data(Generation::new(8))), Generation::new(8)),
        (none, Some(&user_data(None)), None),
        (none, Some(&librdkafka), Generation::new(9)),
        (none, Some(&librdkafka[..18]), None),
        (none, Some(&[]), None),
        (none, None, None),
    ] {
        let subscription = Subscription { generation, user_data: bytes.map(<[u8]>::to_vec), ..Subscription::default() };
        let member = MemberSubscription::new("a".into(), subscription);
        assert_eq!(member.generation, expected, "{generation:?} {bytes:?}");
    }
    assert_eq!(user_data(Generation::new(258)), [0, 0, 1, 2]);
    assert_eq!(user_data(None), [0xff; 4]);
}

/// Twenty topics of a hundred partitions. Members subscribe to all, or to those that their number selects; all is new, or
/// the first member owns everything.
#[test]
fn a_large_group_is_balanced() {
    let topics: Vec<_> = (0..20).map(|index| Topic::from(format!("topic-{index:02}"))).collect();
    let partitions: BTreeMap<_, _> = topics.iter().map(|topic| (topic.clone(), 100)).collect();
    let all: Vec<_> = topics.iter().flat_map(|topic| (0..100).map(move |p| TopicPartition::new(topic, p))).collect();
    for (step, owned, expected) in [(1, &[][..], 10), (1, &all, 10), (7, &[], 10), (7, &all, 10)] {
        let member = |index: usize| MemberSubscription {
            member: format!("member-{index:03}").as_str().into(),
            topics: topics.iter().cycle().skip(index).step_by(step).take(20 / step).cloned().collect(),
            owned: if index == 0 { owned.to_vec() } else { Vec::new() },
            generation: Generation::new(1),
        };
        let members: Vec<_> = (0..200).map(member).collect();
        let roster = Roster::new(&members, &partitions);
        let held = balance(&roster, &Claims::new(&roster));
        let loads: Vec<usize> = held.iter().map(|topics| topics.values().sum()).collect();
        assert!(loads.iter().all(|load| *load == expected), "{step}: {loads:?}");
        let assigned = assign(&members, &partitions);
        assert_eq!(assigned.values().flatten().count(), if owned.is_empty() { all.len() } else { expected }, "{step}");
    }
}
