//! Errors that brokers rarely respond with.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "against brokers in real time, on threads of their own"
)]

use std::collections::BTreeMap;

use std::time::Instant;

use millstream_log::NewTopic;
use millstream_protocol::Request;
use millstream_protocol::messages as of;
use millstream_types::{Offset, Topic, TopicPartition};

use super::*;
use crate::testing::{Fault, Pace, TestCluster, TestPartition};

const LIST_OFFSETS: i16 = of::ListOffsetsRequest::API_KEY;
const CREATE: i16 = of::CreateTopicsRequest::API_KEY;
const GROW: i16 = of::CreatePartitionsRequest::API_KEY;
const DELETE: i16 = of::DeleteRecordsRequest::API_KEY;
const CONFIGS: i16 = of::DescribeConfigsRequest::API_KEY;
const METADATA: i16 = of::MetadataRequest::API_KEY;

/// Three brokers, each of which leads a partition of `t` with three records, and a client.
struct Rig {
    brokers: TestCluster,
    admin: Admin,
    now: MonotonicTime,
    pace: Pace,
}

impl Rig {
    fn new() -> Self {
        let brokers = TestCluster::start(3).with([1, 2, 3].map(|leader| TestPartition::new(leader).with(&[3])));
        let admin = Admin::new(brokers.client_of(&[1, 2, 3]), None, &Signal::new());
        Self { brokers, admin, now: MonotonicTime::after_start(Duration::from_secs(1_000)), pace: Pace::new() }
    }

    /// The response, as text, and how many seconds it took.
    fn ask(&mut self, request: AdminRequest) -> (String, u64) {
        let (mut events, begin, begun) = (Vec::new(), Instant::now(), self.now);
        self.admin.poll(self.now, &mut events);
        let token = self.admin.request(request);
        loop {
            self.admin.poll(self.now, &mut events);
            for event in events.drain(..) {
                if let LogEvent::AdminDone { token: done, result } = event {
                    assert_eq!(done, token);
                    return (text(result), (self.now - begun).as_secs());
                }
            }
            assert!(begin.elapsed() < Duration::from_secs(30), "it takes too long");
            if self.pace.is_settled(&self.brokers, std::iter::once(&self.admin.cluster)) {
                self.now += Duration::from_millis(50);
            }
            self.admin.signal.wait(Duration::from_micros(200));
        }
    }

    #[track_caller]
    fn check(&mut self, request: AdminRequest, expected: &str, seconds: u64) {
        let (text, took) = self.ask(request);
        assert_eq!((text.as_str(), took), (expected, seconds));
    }
}

/// The results, separated by semicolons.
fn text(result: Result<AdminResponse, LogError>) -> String {
    fn all<K: std::fmt::Display, V>(results: Vec<(K, Result<V, LogError>)>, value: impl Fn(V) -> String) -> String {
        let one = |(key, result): (K, Result<V, LogError>)| match result {
            Ok(found) => format!("{key}: {}", value(found)),
            Err(error) => error.to_string(),
        };
        results.into_iter().map(one).collect::<Vec<_>>().join("; ")
    }
    match result {
        Err(error) => format!("all: {error}"),
        Ok(AdminResponse::PartitionCounts(counts)) => format!("{counts:?}"),
        Ok(AdminResponse::TopicSettings(it)) => all(it, |settings| format!("{settings:?}")),
        Ok(AdminResponse::CreateTopics(it) | AdminResponse::AddPartitions(it)) => all(it, |()| "ok".to_owned()),
        Ok(AdminResponse::OffsetRanges(it)) => all(it, |(start, end)| format!("{start} to {end}")),
        Ok(AdminResponse::DeleteRecords(it)) => all(it, |start| start.to_string()),
        Ok(AdminResponse::TopicsNamed(it)) => format!("{it:?}"),
        Ok(AdminResponse::Groups(it)) => it.join(" "),
        Ok(AdminResponse::CommittedOffsets(it)) => format!("{} offsets", it.len()),
    }
}

fn partitions(numbers: &[u32]) -> Vec<TopicPartition> {
    numbers.iter().map(|number| TopicPartition::new("t", *number)).collect()
}

fn ranges(numbers: &[u32]) -> AdminRequest {
    AdminRequest::OffsetRanges(partitions(numbers))
}

fn create(name: &str, partitions: u32) -> NewTopic {
    NewTopic { name: name.into(), partitions, config: BTreeMap::new() }
}

#[test]
fn offsets_of_one_partition_may_have_an_error() {
    let cases = [
        (ranges(&[0, 7]), "t-0: 0 to 3; partition t-7 does not exist", 0),
        (
            AdminRequest::OffsetRanges(vec![TopicPartition::new("x", 0)]),
            "topic `x` does not exist; create it, or correct the name in the topology, or in `Handlers`",
            0,
        ),
        (ranges(&[1, 0, 1]), "t-1: 0 to 3; t-0: 0 to 3; t-1: 0 to 3", 0),
        (ranges(&[]), "", 0),
    ];
    for (request, expected, seconds) in cases {
        Rig::new().check(request, expected, seconds);
    }
}

#[test]
fn retriable_errors_are_repeated_for_five_seconds_and_others_are_not() {
    let cases = [
        (6, usize::MAX, "the log did not respond: t-1: NOT_LEADER_OR_FOLLOWER (6)", 5),
        (6, 8, "t-1: 0 to 3", 0),
        (78, usize::MAX, "the log did not respond: t-1: OFFSET_NOT_AVAILABLE (78)", 5),
        (29, usize::MAX, "not authorised: t-1: TOPIC_AUTHORIZATION_FAILED (29)", 0),
        (3, usize::MAX, "partition t-1 does not exist", 0),
    ];
    for (error, times, expected, seconds) in cases {
        let mut rig = Rig::new();
        rig.brokers.edit(|script| script.calls.fail_item(LIST_OFFSETS, "t", 1, error, times));
        rig.check(ranges(&[0, 1]), &format!("t-0: 0 to 3; {expected}"), seconds);
    }
}

#[test]
fn what_a_response_leaves_out_is_an_error() {
    let left_out = |name: &str| format!("the log did not respond: the broker has left {name} out of its response");
    let topics = || vec![Topic::from("t")];
    let cases = [
        (
            LIST_OFFSETS,
            1,
            ranges(&[0, 1]),
            "t-0: 0 to 3; the log did not respond: t-1: the broker returned no offset".to_owned(),
            5,
        ),
        (
            DELETE,
            0,
            AdminRequest::DeleteRecords(vec![(TopicPartition::new("t", 0), Offset::new(2))]),
            left_out("t-0"),
            5,
        ),
        (CONFIGS, -1, AdminRequest::TopicSettings(topics()), left_out("t"), 5),
        (GROW, -1, AdminRequest::AddPartitions(vec![("t".into(), 5)]), left_out("t"), 5),
        (CREATE, -1, AdminRequest::CreateTopics(vec![create("t", 1)]), left_out("t"), 0),
        (METADATA, -1, AdminRequest::PartitionCounts(topics()), format!("all: {}", left_out("t")), 5),
    ];
    for (api, number, request, expected, seconds) in cases {
        let mut rig = Rig::new();
        rig.brokers.edit(|script| script.calls.leave_out(api, "t", number));
        rig.check(request, &expected, seconds);
    }
}

#[test]
fn errors_of_topics_name_the_topic_and_say_what_the_broker_says() {
    let says = "the broker says so";
    let cases = [
        (CREATE, 44, format!("topic `n`: POLICY_VIOLATION (44): {says}")),
        (CREATE, 38, format!("topic `n`: INVALID_REPLICATION_FACTOR (38): {says}")),
        (CREATE, 29, format!("not authorised: topic `n`: TOPIC_AUTHORIZATION_FAILED (29): {says}")),
        (CREATE, 36, "topic `n` already exists".to_owned()),
        (CREATE, 7, format!("the log did not respond: topic `n`: REQUEST_TIMED_OUT (7): {says}")),
        (CREATE, 0, "n: ok".to_owned()),
    ];
    for (api, error, expected) in cases {
        let mut rig = Rig::new();
        rig.brokers.edit(|script| script.calls.fail_item(api, "n", -1, error, usize::MAX));
        rig.check(AdminRequest::CreateTopics(vec![create("n", 2), create("m", 1)]), &format!("{expected}; m: ok"), 0);
    }
}

#[test]
fn numbers_of_partitions_that_cannot_be_are_refused_without_a_broker() {
    let mut rig = Rig::new();
    let text = "topic `n` cannot have 0 partitions: the number must be from 1 to 100000";
    rig.check(AdminRequest::CreateTopics(vec![create("n", 0)]), text, 0);
    rig.check(AdminRequest::AddPartitions(vec![("n".into(), 0)]), &format!("all: {text}"), 0);
    assert!(rig.brokers.edit(|script| script.calls.calls_of(CREATE).is_empty()));
}

#[test]
fn topics_are_created_at_the_controller_and_grow_there() {
    let mut rig = Rig::new();
    rig.brokers.edit(|script| script.calls.controller = 3);
    rig.check(AdminRequest::CreateTopics(vec![create("n", 2)]), "n: ok", 0);
    rig.check(AdminRequest::AddPartitions(vec![("n".into(), 4), ("t".into(), 3)]), "n: ok; t: ok", 0);
    rig.check(AdminRequest::PartitionCounts(vec!["n".into(), "x".into()]), "[(\"n\", Some(4)), (\"x\", None)]", 0);
    let asked = rig.brokers.edit(|script| script.calls.calls_of(CREATE));
    assert_eq!(asked.iter().map(|call| call.broker).collect::<Vec<_>>(), [3]);
}

#[test]
fn records_are_deleted_up_to_an_offset_in_range() {
    let mut rig = Rig::new();
    let before = |offset| AdminRequest::DeleteRecords(vec![(TopicPartition::new("t", 1), Offset::new(offset))]);
    rig.check(before(2), "t-1: 2", 0);
    rig.check(before(9), "offset 9 of t-1 is out of range: it has 2 to 3", 0);
}

#[test]
fn a_silent_leader_is_an_error_of_its_own_partitions() {
    let mut rig = Rig::new();
    rig.brokers.fault(2, LIST_OFFSETS, Fault::Held);
    let port = rig.brokers.edit(|script| script.ports[&2]);
    let (text, _) = rig.ask(ranges(&[0, 1, 2]));
    let silent =
        format!("the log did not respond: broker 2 at 127.0.0.1:{port} is silent: it has not responded for 10 s");
    assert_eq!(text, format!("t-0: 0 to 3; {silent}; t-2: 0 to 3"));
}

#[test]
fn all_brokers_are_asked_for_groups() {
    let mut rig = Rig::new();
    rig.brokers.edit(|script| {
        script.calls.group("one").coordinator = 2;
        script.calls.group("two").coordinator = 3;
        script.calls.fail(of::ListGroupsRequest::API_KEY, 15, 1);
    });
    rig.check(AdminRequest::Groups, "one two", 0);
    rig.brokers.edit(|script| script.calls.fail(of::ListGroupsRequest::API_KEY, 31, usize::MAX));
    rig.check(AdminRequest::Groups, "all: not authorised: CLUSTER_AUTHORIZATION_FAILED (31)", 0);
}

#[test]
fn committed_offsets_of_a_group_are_found_with_old_and_new_versions() {
    for newest in [7, 8, 9] {
        let mut rig = Rig::new();
        rig.brokers.edit(|script| {
            script.calls.versions.insert(of::OffsetFetchRequest::API_KEY, Some((1, newest)));
            let offsets = &mut script.calls.group("g").offsets;
            offsets.extend([("t".to_owned(), 0), ("u".to_owned(), 3)].map(|it| (it, (5, String::new()))));
        });
        rig.check(AdminRequest::CommittedOffsets("g".to_owned()), "2 offsets", 0);
        rig.check(AdminRequest::CommittedOffsets("h".to_owned()), "0 offsets", 0);
        let cases = [
            (30, 1, "all: not authorised: group `g`: GROUP_AUTHORIZATION_FAILED (30)", 0),
            (24, 1, "all: group `g`: INVALID_GROUP_ID (24)", 0),
            (14, 5, "2 offsets", 0),
            (15, 5, "2 offsets", 0),
            (16, 5, "2 offsets", 0),
            (
                88,
                usize::MAX,
                "all: the log did not respond: a transaction has not ended: UNSTABLE_OFFSET_COMMIT (88)",
                5,
            ),
        ];
        for (error, times, expected, seconds) in cases {
            rig.brokers.edit(|script| script.calls.fail(of::OffsetFetchRequest::API_KEY, error, times));
            rig.check(AdminRequest::CommittedOffsets("g".to_owned()), expected, seconds);
            rig.brokers.heal();
        }
    }
}
