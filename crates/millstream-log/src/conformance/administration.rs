//! The cases for administration.

use std::collections::BTreeMap;

use millstream_types::{Offset, Topic, TopicPartition};

use super::committing::commit;
use super::harness::{Case, Harness};
use super::kit::{Kit, Sample, first};
use super::membership::{Member, gather};
use crate::{AdminRequest, AdminResponse, CommittedOffset, LogError, NewTopic, StartAt};

pub(super) const CASES: &[Case] = &[
    ("topics are created and counted", created),
    ("a topic that exists is an error with a separate kind", exists),
    ("an invalid topic is refused", refused),
    ("topics keep the settings that they were created with", settings),
    ("offset ranges are known", ranges),
    ("records are deleted up to an offset", deleted),
    ("topics are found by the beginning of their names", named),
    ("a topic gets more partitions, never fewer", more_partitions),
    ("groups and their committed offsets are found", groups),
];

fn created(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let (one, many) = (kit.topic("one", 1), kit.topic("many", 12));
    let absent = Topic::from(harness.unique_name("absent"));
    let request = AdminRequest::PartitionCounts(vec![many.clone(), absent.clone(), one.clone()]);
    let Ok(AdminResponse::PartitionCounts(counts)) = kit.request(request) else { panic!("the response has no counts") };
    assert_eq!(counts, [(many, Some(12)), (absent, None), (one, Some(1))]);
}

fn create(kit: &Kit<'_>, topics: Vec<NewTopic>) -> Vec<(Topic, Result<(), LogError>)> {
    match kit.request(AdminRequest::CreateTopics(topics)) {
        Ok(AdminResponse::CreateTopics(created)) => created,
        other => panic!("the response to the creation of topics is {other:?}"),
    }
}

fn exists(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let there = kit.topic("there", 2);
    let new = Topic::from(harness.unique_name("new"));
    let topic = |name: &Topic| NewTopic { name: name.clone(), partitions: 2, config: BTreeMap::new() };
    let created = create(&kit, vec![topic(&there), topic(&new)]);
    assert_eq!(created, [(there.clone(), Err(LogError::TopicExists { topic: there })), (new, Ok(()))]);
}

fn refused(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let topic = |name: &str, partitions, config| NewTopic { name: Topic::from(name), partitions, config };
    let nonsense = [("cleanup.policy".to_owned(), "nonsense".to_owned())].into();
    let names = ["none", "wrong"].map(|stem| harness.unique_name(stem));
    let request = vec![
        topic(&names[0], 0, BTreeMap::new()),
        topic(&names[1], 1, nonsense),
        topic("a name with spaces", 1, BTreeMap::new()),
    ];
    for (name, result) in create(&kit, request) {
        assert!(matches!(result, Err(LogError::Invalid { .. })), "`{name}`: {result:?}");
    }
}

fn settings(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let (name, absent) = (Topic::from(harness.unique_name("set")), Topic::from(harness.unique_name("absent")));
    let config: BTreeMap<_, _> = [("cleanup.policy", "compact"), ("retention.ms", "77000")]
        .map(|(name, value)| (name.into(), value.into()))
        .into();
    let topic = NewTopic { name: name.clone(), partitions: 1, config: config.clone() };
    assert_eq!(create(&kit, vec![topic]), [(name.clone(), Ok(()))]);
    let Ok(AdminResponse::TopicSettings(settings_by_topic)) =
        kit.request(AdminRequest::TopicSettings(vec![name.clone(), absent.clone()]))
    else {
        panic!("the response has no settings")
    };
    assert_eq!((&settings_by_topic[0].0, &settings_by_topic[1].0), (&name, &absent));
    let settings = settings_by_topic[0].1.clone().expect("settings");
    assert!(config.iter().all(|(name, value)| settings.get(name) == Some(value)), "{settings:?}");
    assert_eq!(settings_by_topic[1].1, Err(LogError::UnknownTopic { topic: absent }));
}

fn ranges(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let topic = kit.topic("ranges", 2);
    let (written, empty) = (first(&topic), TopicPartition::new(&topic, 1));
    let absent = first(&Topic::from(harness.unique_name("absent")));
    kit.write(&written, &Sample::numbered(7));
    let request = AdminRequest::OffsetRanges(vec![written.clone(), empty.clone(), absent.clone()]);
    let Ok(AdminResponse::OffsetRanges(ranges)) = kit.request(request) else { panic!("the response has no ranges") };
    assert_eq!(ranges[0], (written, Ok((Offset::ZERO, Offset::new(7)))));
    assert_eq!(ranges[1], (empty, Ok((Offset::ZERO, Offset::ZERO))));
    let is_unknown = matches!(ranges[2].1, Err(LogError::UnknownTopic { .. } | LogError::UnknownPartition { .. }));
    assert!(ranges[2].0 == absent && is_unknown, "{:?}", ranges[2]);
}

fn deleted(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let partition = first(&kit.topic("deleted", 1));
    let sent = Sample::numbered(100);
    kit.write(&partition, &sent);
    let delete = |offset| {
        let request = AdminRequest::DeleteRecords(vec![(partition.clone(), Offset::new(offset))]);
        let Ok(AdminResponse::DeleteRecords(mut cuts)) = kit.request(request) else {
            panic!("the response has no cut")
        };
        cuts.remove(0).1
    };
    assert_eq!(delete(40), Ok(Offset::new(40)));
    assert_eq!(kit.read(&partition, StartAt::Earliest, 60), sent[40..]);
    let behind_end = delete(101);
    assert!(matches!(behind_end, Err(LogError::OffsetOutOfRange { .. })), "{behind_end:?}");
    assert_eq!(delete(100), Ok(Offset::new(100)));
    kit.write(&partition, &[Sample::new("after")]);
    assert_eq!(kit.read(&partition, StartAt::Earliest, 1), [Sample::new("after")]);
    assert_eq!(kit.read(&partition, StartAt::Offset(Offset::new(100)), 1), [Sample::new("after")]);
}

fn named(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let stem = harness.unique_name("family");
    let [second, first] = ["b", "a"].map(|suffix| kit.topic(&format!("{stem}-{suffix}"), 3));
    kit.topic("stranger", 1);
    let found = |prefix: &str| match kit.request(AdminRequest::TopicsNamed(prefix.to_owned())) {
        Ok(AdminResponse::TopicsNamed(mut topics)) => {
            topics.sort();
            topics
        }
        other => panic!("the response with topics by name is {other:?}"),
    };
    assert_eq!(found(&stem), [(first, 3), (second.clone(), 3)]);
    assert_eq!(found(second.as_str()), [(second, 3)]);
    assert_eq!(found(&harness.unique_name("nobody")), []);
}

fn more_partitions(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let topic = kit.topic("grows", 2);
    kit.write(&first(&topic), &[Sample::new("before")]);
    let grow = |count| match kit.request(AdminRequest::AddPartitions(vec![(topic.clone(), count)])) {
        Ok(AdminResponse::AddPartitions(mut grown)) => grown.remove(0).1,
        other => panic!("the response to a growing topic is {other:?}"),
    };
    let count = || match kit.request(AdminRequest::PartitionCounts(vec![topic.clone()])) {
        Ok(AdminResponse::PartitionCounts(mut counts)) => counts.remove(0).1,
        other => panic!("the response with partition counts is {other:?}"),
    };
    let until = |expected| while count() != Some(expected) {};
    assert_eq!(grow(4), Ok(()));
    until(4);
    assert_eq!(grow(3), Ok(()), "it has as many already");
    assert_eq!(grow(4), Ok(()), "it has as many already");
    assert_eq!(count(), Some(4));
    assert_eq!(kit.read(&first(&topic), StartAt::Earliest, 1), [Sample::new("before")]);
}

fn groups(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let topic = kit.topic("grouped", 2);
    let (group, nobody) = (harness.unique_name("group"), harness.unique_name("nobody"));
    let mut member = Member::new(&kit, &group, "a");
    member.subscribe(&topic);
    gather(&kit, "a member gets all", &mut [&mut member], |held| held == [2]);
    let Ok(AdminResponse::Groups(names)) = kit.request(AdminRequest::Groups) else {
        panic!("the response has no groups")
    };
    assert!(names.contains(&group) && !names.contains(&nobody), "{names:?}");

    let committed = |group: &str| match kit.request(AdminRequest::CommittedOffsets(group.to_owned())) {
        Ok(AdminResponse::CommittedOffsets(offsets)) => offsets,
        other => panic!("the response with committed offsets is {other:?}"),
    };
    assert_eq!(committed(&group), []);
    let offset = (first(&topic), CommittedOffset { offset: Offset::new(7), metadata: "text".to_owned() });
    assert_eq!(commit(&kit, &mut member, std::slice::from_ref(&offset)), Ok(()));
    assert_eq!(committed(&group), [offset]);
    assert_eq!(committed(&nobody), []);
}
