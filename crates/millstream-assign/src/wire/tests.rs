//! Tests of the bytes: fixtures, damage, and other versions.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use millstream_types::TaskId;

use super::{DecodeError, LATEST_VERSION};
use crate::{
    AssignmentData, CopyState, Digest, MemberTasks, Numbering, Outcome, ProcessId, ProcessReport, Promise, Rejoin,
    RoutingDetail, RoutingTable, SubscriptionData,
};

fn tasks(tasks: &[(u32, u32)]) -> BTreeSet<TaskId> {
    tasks.iter().map(|(number, partition)| TaskId::new(*number, *partition)).collect()
}

fn promises() -> BTreeMap<TaskId, Promise> {
    let to = |bits, thread| Promise { process: ProcessId::new(bits), thread };
    BTreeMap::from([(TaskId::new(0, 1), to(1, None)), (TaskId::new(4, 0), to(u128::MAX, Some(3)))])
}

fn subscription() -> SubscriptionData {
    let states = [
        (TaskId::new(0, 1), CopyState::Running),
        (TaskId::new(0, 2), CopyState::Unknown),
        (TaskId::new(0, 300), CopyState::At { offset_sum: u64::MAX }),
        (TaskId::new(2, 0), CopyState::Behind { records: 1_000 }),
    ];
    let report = ProcessReport {
        application_server: Some("a:80".into()),
        rack: Some(String::new()),
        tags: BTreeMap::from([("zone".into(), "é".into())]),
        on_disk: BTreeMap::from(states),
    };
    SubscriptionData {
        process: ProcessId::new(0x0102),
        subtopologies: vec![Digest::new(7), Digest::new(u64::MAX)],
        active: tasks(&[(0, 1), (0, 2), (0, 3), (0, 7), (1, 0), (u32::MAX, u32::MAX)]),
        standby: tasks(&[(3, 5)]),
        promised: promises(),
        report: Some(report),
    }
}

fn assignment() -> AssignmentData {
    let mut routing = RoutingTable::default();
    for (task, server) in [((0, 0), "host-1:80"), ((0, 5), "host-2:80"), ((9, 1), "other:80")] {
        routing.insert_active(TaskId::new(task.0, task.1), server);
    }
    for (task, server) in [((0, 0), "host-2:80"), ((0, 0), "other:80"), ((1, 0), "host-1:80")] {
        routing.insert_standby(TaskId::new(task.0, task.1), server);
    }
    AssignmentData {
        outcome: Outcome::Assigned,
        rejoin: Rejoin::After(Duration::from_secs(600)),
        numbering: Numbering::Leader(vec![Digest::new(7)]),
        tasks: MemberTasks {
            active: tasks(&[(0, 0), (0, 1)]),
            standby: tasks(&[(2, 2)]),
            warm_up: tasks(&[(0, 9)]),
            promised: promises(),
        },
        routing: routing.into(),
        routing_detail: RoutingDetail::Active,
    }
}

/// The bytes of version 1, as `docs/formats/assignments.md` has them.
#[test]
fn fixtures_of_version_1_are_written_and_read() {
    let mut first = SubscriptionData::new(ProcessId::new(0x0102), vec![Digest::new(7)]);
    first.active = tasks(&[(0, 1), (0, 2), (0, 5)]);
    first.report = Some(ProcessReport {
        on_disk: BTreeMap::from([(TaskId::new(0, 1), CopyState::Behind { records: 100 })]),
        ..ProcessReport::default()
    });
    let mut expected = vec![1, 1];
    expected.extend([0; 14]);
    expected.extend([1, 2]);
    expected.extend([1, 0, 0, 0, 0, 0, 0, 0, 7]);
    expected.extend([1, 0, 2, 1, 1, 1, 0]);
    expected.extend([0, 0]);
    expected.extend([1, 0, 0, 0, 1, 0, 1, 1, 0, 0x93, 0x03]);
    assert_eq!(first.encode(), expected);
    assert_eq!(SubscriptionData::decode(&expected), Ok(first));

    let mut second = AssignmentData { rejoin: Rejoin::After(Duration::from_millis(5)), ..AssignmentData::default() };
    second.tasks.active = tasks(&[(2, 0)]);
    let mut table = RoutingTable::default();
    table.insert_active(TaskId::new(0, 0), "a:1");
    table.insert_active(TaskId::new(0, 1), "a:2");
    second.routing = table.into();
    let routing = [2, 0, 3, b'a', b':', b'1', 2, 1, b'2', 1, 1, 0, 2, 0b1001];
    let expected = [&[1, 1, 0, 2, 5, 0, 1, 2, 1, 0, 0, 0, 0, 0, 0][..], &routing].concat();
    assert_eq!(second.encode(), expected);
    assert_eq!(AssignmentData::decode(&expected), Ok(second));
}

#[test]
fn what_is_written_is_read() {
    assert_eq!(SubscriptionData::decode(&subscription().encode()), Ok(subscription()));
    assert_eq!(AssignmentData::decode(&assignment().encode()), Ok(assignment()));
    for outcome in [Outcome::UseVersion(3), Outcome::TopologyUnknown, Outcome::SourceTopicsMissing, Outcome::Failed] {
        for rejoin in [Rejoin::None, Rejoin::AtOnce] {
            let sent = AssignmentData { outcome, rejoin, ..AssignmentData::default() };
            assert_eq!(AssignmentData::decode(&sent.encode()), Ok(sent));
        }
    }
}

#[test]
fn every_truncation_is_an_error() {
    let (one, other) = (subscription().encode(), assignment().encode());
    for end in 0..one.len() {
        assert!(SubscriptionData::decode(&one[..end]).is_err(), "{end} bytes");
    }
    for end in 0..other.len() {
        assert!(AssignmentData::decode(&other[..end]).is_err(), "{end} bytes");
    }
    assert_eq!(SubscriptionData::decode(&[&one[..], &[0]].concat()), Err(DecodeError::Malformed("the end")));
    assert_eq!(AssignmentData::decode(&[&other[..], &[0]].concat()), Err(DecodeError::Malformed("the end")));
}

/// Whatever is read from damaged bytes can be written and read again.
#[test]
fn damaged_bytes_never_panic() {
    let mut state = 7_u64;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    let (mut read, mut refused) = (0, 0);
    for _ in 0..10_000 {
        let mut bytes = if next() % 2 == 0 { subscription().encode() } else { assignment().encode() };
        for _ in 0..=next() % 3 {
            let at = next() % bytes.len();
            match next() % 4 {
                0 => bytes[at] = next() as u8,
                1 => bytes[at] = [0, 0x7f, 0x80, 0xff][next() % 4],
                2 => bytes.insert(at, next() as u8),
                _ => _ = bytes.remove(at),
            }
        }
        let one = SubscriptionData::decode(&bytes);
        let other = AssignmentData::decode(&bytes);
        refused += usize::from(one.is_err()) + usize::from(other.is_err());
        if let Ok(one) = one {
            read += 1;
            assert_eq!(SubscriptionData::decode(&one.encode()), Ok(one));
        }
        if let Ok(other) = other {
            read += 1;
            let again = AssignmentData::decode(&other.encode());
            assert_eq!(again.map(|again| again.tasks), Ok(other.tasks));
        }
    }
    assert!(read > 500 && refused > 10_000, "{read} are read, {refused} refused");
}

#[test]
fn few_bytes_do_not_stand_for_many_things() {
    let head = [&[1, 1][..], &[0; 16], &[0]].concat();
    // A range of 2^28 partitions.
    let range = [&head[..], &[1, 0, 1, 0, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0]].concat();
    assert_eq!(SubscriptionData::decode(&range), Err(DecodeError::TooMany("the active tasks")));
    // 2^28 digests, tags and promises.
    let digests = [&head[..18], &[0xff, 0xff, 0xff, 0x7f, 0]].concat();
    assert_eq!(SubscriptionData::decode(&digests), Err(DecodeError::Truncated("the digests")));
    let many = [&head[..], &[0, 0, 0xff, 0xff, 0xff, 0x7f]].concat();
    assert_eq!(SubscriptionData::decode(&many), Err(DecodeError::Truncated("the promised tasks")));
    // Many servers of a hundred bytes each, of which three are written.
    let mut routing = [&[1, 1, 0, 0, 0, 0, 0, 0, 0, 0][..], &[0xff, 0xff, 0x0f, 0, 100]].concat();
    routing.extend([b'a'; 100]);
    (0..262_143).for_each(|_| routing.extend([99, 1, b'b']));
    assert!(AssignmentData::decode(&routing).is_err());
}

#[test]
fn newer_versions_are_read_as_far_as_possible_or_refused_by_number() {
    let version = |bytes: Vec<u8>, version: u32, since: u32| {
        [&[version as u8, since as u8][..], &bytes[2..], &[1, 2, 3]].concat()
    };
    let newer = LATEST_VERSION + 1;
    // A version that only adds something at the end.
    let added = version(subscription().encode(), newer, LATEST_VERSION);
    assert_eq!(SubscriptionData::decode(&added), Ok(subscription()));
    let added = version(assignment().encode(), newer, LATEST_VERSION);
    assert_eq!(AssignmentData::decode(&added), Ok(assignment()));
    // One that this one cannot read.
    let other = version(subscription().encode(), newer, newer);
    assert_eq!(SubscriptionData::decode(&other), Err(DecodeError::Newer { version: newer }));
    for (number, since) in [(0, 0), (1, 0), (1, 2)] {
        let none = version(subscription().encode(), number, since);
        assert_eq!(SubscriptionData::decode(&none), Err(DecodeError::Malformed("the version")));
    }
}
