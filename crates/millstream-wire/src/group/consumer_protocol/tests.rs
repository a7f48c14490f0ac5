//! Bytes worked out by hand from the layouts, what other clients write, and bytes that are damaged.

use proptest::prelude::*;

use super::*;

#[rustfmt::skip]
const SUBSCRIPTION: &[u8] = &[
    0, 3,                                          // version
    0, 0, 0, 2, 0, 1, b'a', 0, 2, b'b', b'c',      // topics a, bc
    0, 0, 0, 4, 0, 0, 0, 7,                        // user data
    0, 0, 0, 1, 0, 2, b'b', b'c',                  // owned: bc
    0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 5,            // its partitions 1 and 5
    0, 0, 0, 7,                                    // generation
    0, 2, b'r', b'1',                              // rack
];

/// Where the fields of versions 0, 1 and 2 end.
const ENDS: [usize; 3] = [21, 41, 45];

#[rustfmt::skip]
const ASSIGNMENT: &[u8] = &[
    0, 3,                                          // version
    0, 0, 0, 2,                                    // two topics
    0, 1, b'a', 0, 0, 0, 1, 0, 0, 0, 0,            // a: 0
    0, 2, b'b', b'c', 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 5, // bc: 1 and 5
    0xff, 0xff, 0xff, 0xff,                        // no user data
];

fn partitions(list: &[(&str, u32)]) -> Vec<TopicPartition> {
    list.iter().map(|(topic, partition)| TopicPartition::new(*topic, *partition)).collect()
}

fn subscription() -> Subscription {
    Subscription {
        topics: vec!["a".into(), "bc".into()],
        user_data: Some(vec![0, 0, 0, 7]),
        owned: partitions(&[("bc", 1), ("bc", 5)]),
        generation: Generation::new(7),
        rack: Some("r1".to_owned()),
    }
}

fn assignment() -> Assignment {
    Assignment { partitions: partitions(&[("a", 0), ("bc", 1), ("bc", 5)]), user_data: None }
}

#[test]
fn a_subscription_has_the_bytes_of_version_3_sorted() {
    assert_eq!(subscription().encode().unwrap(), SUBSCRIPTION);
    let mut unsorted = subscription();
    unsorted.topics.reverse();
    unsorted.topics.push("a".into());
    unsorted.owned.reverse();
    unsorted.owned.push(TopicPartition::new("bc", 1));
    assert_eq!(unsorted.encode().unwrap(), SUBSCRIPTION);
}

#[test]
fn null_and_absent_fields_are_written_as_java_does() {
    let bytes = Subscription { topics: vec!["a".into()], ..Subscription::default() }.encode().unwrap();
    let tail = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    assert_eq!(bytes, [&[0, 3, 0, 0, 0, 1, 0, 1, b'a'][..], &tail].concat());
}

#[test]
fn each_version_of_a_subscription_is_read() {
    let (full, none) = (subscription(), Subscription::default());
    let v2 = Subscription { rack: None, ..full.clone() };
    let v1 = Subscription { generation: None, ..v2.clone() };
    let v0 = Subscription { owned: none.owned, ..v1.clone() };
    let newer = [SUBSCRIPTION, &[1, 2, 3]].concat();
    let (mut all, ends) = (SUBSCRIPTION.to_vec(), |end: usize| &SUBSCRIPTION[2..end]);
    for (version, fields, expected) in [
        (0, ends(ENDS[0]), &v0),
        (1, ends(ENDS[1]), &v1),
        (2, ends(ENDS[2]), &v2),
        (3, ends(SUBSCRIPTION.len()), &full),
        (4, &newer[2..], &full),
        (i16::MAX, &newer[2..], &full),
        (0, ends(SUBSCRIPTION.len()), &v0),
        (1, ends(SUBSCRIPTION.len()), &v1),
    ] {
        all.clear();
        all.extend(version.to_be_bytes());
        all.extend(fields);
        assert_eq!(Subscription::decode(&all).as_ref(), Ok(expected), "version {version}");
    }
}

/// librdkafka writes empty bytes for no user data, and a null or empty rack.
#[test]
fn a_first_subscription_of_librdkafka_is_read() {
    let head = [0, 3, 0, 0, 0, 1, 0, 1, b'a', 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff];
    let expected = Subscription { topics: vec!["a".into()], user_data: Some(vec![]), ..Subscription::default() };
    for rack in [[0, 0], [0xff, 0xff]] {
        assert_eq!(Subscription::decode(&[&head[..], &rack].concat()).as_ref(), Ok(&expected), "rack {rack:?}");
    }
}

#[test]
fn an_assignment_has_the_same_bytes_in_each_version() {
    let written = [&[0, 0], &ASSIGNMENT[2..]].concat();
    assert_eq!(assignment().encode().unwrap(), written);
    for version in 0..4 {
        let bytes = [&[0, version], &ASSIGNMENT[2..]].concat();
        assert_eq!(Assignment::decode(&bytes), Ok(assignment()));
    }
    let newer = [&[0, 9], &ASSIGNMENT[2..], &[1, 2, 3]].concat();
    assert_eq!(Assignment::decode(&newer), Ok(assignment()));
    assert_eq!(Assignment::decode(&[]), Ok(Assignment::default()));
}

#[test]
fn bytes_that_are_no_subscription_are_refused_with_a_reason() {
    for (bytes, expected) in [
        (&[][..], "the subscription ends within its version"),
        (&[0xff, 0xff], "the subscription has version -1, which does not exist"),
        (&[0, 0, 0, 0, 0, 1, 0, 9, b'a'], "the subscription ends within a topic"),
        (&[0, 0, 0, 0, 0, 1, 0xff, 0xff], "in the subscription, a topic has length -1"),
        (&[0, 0, 0, 0, 0, 1, 0, 1, 0xff], "in the subscription, a topic is not UTF-8"),
        (&[0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0], "the subscription ends within the topics"),
        (&[0, 0, 0xff, 0xff, 0xff, 0xfe, 0, 0], "in the subscription, the topics has length -2"),
        (&[0, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff], "the subscription ends within the user data"),
        (&[0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff], "the subscription ends within the partitions"),
    ] {
        assert_eq!(Subscription::decode(bytes).unwrap_err().to_string(), expected, "{bytes:?}");
    }
    let negative = [0, 0, 0, 0, 0, 1, 0, 1, b'a', 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
    let error = Assignment::decode(&negative).unwrap_err().to_string();
    assert_eq!(error, "in the assignment, topic a has a partition -1");
}

#[test]
fn bytes_that_end_early_are_refused() {
    for end in 1..SUBSCRIPTION.len() {
        let error = Subscription::decode(&SUBSCRIPTION[..end]).unwrap_err();
        assert!(matches!(error, ConsumerProtocolError::Ends { .. }), "{end} bytes: {error}");
    }
    for end in 1..ASSIGNMENT.len() {
        assert!(Assignment::decode(&ASSIGNMENT[..end]).is_err(), "{end} bytes");
    }
}

#[test]
fn what_does_not_fit_is_not_written() {
    let long = "x".repeat(1 << 15);
    let topic = Subscription { topics: vec![long.as_str().into()], ..Subscription::default() };
    let rack = Subscription { rack: Some(long), ..Subscription::default() };
    let number = Assignment { partitions: partitions(&[("a", u32::MAX)]), user_data: None };
    for (result, field) in
        [(topic.encode(), "a topic"), (rack.encode(), "the rack"), (number.encode(), "the number of a partition")]
    {
        assert!(
            matches!(result, Err(ConsumerProtocolError::TooLarge { field: found, .. }) if found == field),
            "{field}"
        );
    }
}

proptest! {
    #[test]
    fn what_was_written_is_read(
        topics in proptest::collection::btree_set("[a-e]{1,3}", 0..4),
        user_data in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..9)),
        owned in proptest::collection::btree_set(("[a-e]{1,3}", 0..9_u32), 0..9),
        generation in -1..9,
        rack in proptest::option::of("[a-e]{1,3}"),
    ) {
        let topics = topics.into_iter().map(Topic::from).collect();
        let owned: Vec<_> = owned.into_iter().map(|(topic, partition)| TopicPartition::new(topic, partition)).collect();
        let assignment = Assignment { partitions: owned.clone(), user_data: user_data.clone() };
        let subscription = Subscription { topics, user_data, owned, generation: Generation::new(generation), rack };
        prop_assert_eq!(Subscription::decode(&subscription.encode().unwrap()), Ok(subscription));
        prop_assert_eq!(Assignment::decode(&assignment.encode().unwrap()), Ok(assignment));
    }

    #[test]
    fn damaged_bytes_are_read_or_refused(at in 0..SUBSCRIPTION.len(), byte: u8, tail in proptest::collection::vec(any::<u8>(), 0..99)) {
        let mut bytes = SUBSCRIPTION.to_vec();
        bytes[at] = byte;
        let _ = Subscription::decode(&bytes);
        let _ = Subscription::decode(&tail);
        let _ = Assignment::decode(&tail);
        let _ = decode_partitions_and_generation(&tail);
    }
}
