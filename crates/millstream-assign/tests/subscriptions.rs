//! From the bytes of subscriptions to those of assignments: versions, damage, numbers of sub-topologies, who is told what.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_assign::*;
use millstream_types::TaskId;

fn digests(bits: &[u64]) -> Vec<Digest> {
    bits.iter().map(|bits| Digest::new(*bits)).collect()
}

fn subscription(process: u128, bits: &[u64]) -> SubscriptionData {
    SubscriptionData::new(ProcessId::new(process), digests(bits))
}

/// What the leader answers, whose sub-topologies have the digests 10 and 11 and two tasks each, the first with state.
fn answers(sent: &[(&str, Vec<u8>)]) -> BTreeMap<MemberId, AssignmentData> {
    let group = GroupSubscriptions::decode(sent.iter().map(|(id, bytes)| (MemberId::from(*id), bytes.as_slice())));
    let leader = vec![Subtopology::stateful(0, Digest::new(10), 2), Subtopology::stateless(1, Digest::new(11), 2)];
    let state = group.group_state(leader, Settings::default());
    let assignment = StickyTaskAssignor.assign(&state).unwrap();
    let encoded = group.encode(&state, &assignment).unwrap();
    let read = |(id, bytes): (MemberId, Vec<u8>)| (id, AssignmentData::decode(&bytes).unwrap());
    encoded.members.into_iter().map(read).collect()
}

fn active(data: &AssignmentData) -> Vec<String> {
    data.tasks.active.iter().map(ToString::to_string).collect()
}

#[test]
fn a_newer_subscription_is_answered_with_the_version_to_use_and_nothing_moves() {
    let mut owner = subscription(1, &[10, 11]);
    owner.active = [TaskId::new(0, 0), TaskId::new(1, 1)].into();
    let newer = vec![LATEST_VERSION as u8 + 1, LATEST_VERSION as u8 + 1, 0xff];
    let answers = answers(&[("a", owner.encode()), ("b", newer), ("c", subscription(3, &[10, 11]).encode())]);
    assert_eq!(active(&answers[&"a".into()]), ["0_0", "1_1"]);
    let told = &answers[&"b".into()];
    assert_eq!((told.outcome, told.rejoin), (Outcome::UseVersion(LATEST_VERSION), Rejoin::AtOnce));
    assert!(active(told).is_empty() && active(&answers[&"c".into()]).is_empty());
}

#[test]
fn a_damaged_subscription_does_not_stop_the_others() {
    let answers = answers(&[("a", subscription(1, &[10, 11]).encode()), ("b", vec![1, 1, 7]), ("c", Vec::new())]);
    assert_eq!(active(&answers[&"a".into()]), ["0_0", "0_1", "1_0", "1_1"]);
    for id in ["b", "c"] {
        assert_eq!((answers[&id.into()].outcome, answers[&id.into()].rejoin), (Outcome::Failed, Rejoin::None));
    }
}

/// A member whose topology has another order and a sub-topology of its own.
#[test]
fn each_member_has_its_own_numbers() {
    let other = [12, 11, 10];
    let mut sent = subscription(1, &other);
    sent.active = [TaskId::new(0, 0), TaskId::new(2, 1)].into();
    sent.promised.insert(TaskId::new(2, 1), Promise { process: ProcessId::new(1), thread: Some(0) });
    let mut report = ProcessReport { application_server: Some("one:80".into()), ..ProcessReport::default() };
    report.on_disk = [(TaskId::new(2, 1), CopyState::Running), (TaskId::new(0, 0), CopyState::Running)].into();
    sent.report = Some(report);
    let answers = answers(&[("a", sent.encode()), ("b", subscription(2, &[10, 11, 13]).encode())]);
    let (a, b) = (&answers[&"a".into()], &answers[&"b".into()]);
    assert_eq!(a.numbering, Numbering::Leader(digests(&[10, 11])));
    assert_eq!(active(a), ["0_1", "1_0"], "by the leader's numbers");
    let own = a.clone().renumbered(&digests(&other));
    assert_eq!(active(&own), ["1_0", "2_1"], "by its own");
    assert_eq!(own.routing.active(TaskId::new(2, 1)), Some("one:80"));
    assert_eq!(own.numbering, Numbering::Own);
    // One with a further sub-topology has the same numbers, and sees that the leader does not have it.
    assert_eq!((&b.numbering, active(b)), (&a.numbering, vec!["0_0".into(), "1_1".into()]));
    assert_eq!(active(&b.clone().renumbered(&digests(&[10, 11, 13]))), ["0_0", "1_1"]);
}

#[test]
fn a_member_of_another_topology_gets_nothing_and_is_told_why() {
    let answers = answers(&[("a", subscription(1, &[10, 11]).encode()), ("b", subscription(2, &[20]).encode())]);
    assert_eq!(answers[&"a".into()].tasks.active.len(), 4);
    assert_eq!(answers[&"b".into()].outcome, Outcome::TopologyUnknown);
    assert!(active(&answers[&"b".into()]).is_empty());
}

#[test]
fn one_member_of_each_process_gets_the_routing_table() {
    let with_server = |process: u128, server: &str| {
        let report = ProcessReport { application_server: Some(server.into()), ..ProcessReport::default() };
        SubscriptionData { report: Some(report), ..subscription(process, &[10, 11]) }.encode()
    };
    let answers = answers(&[
        ("a", with_server(1, "one:80")),
        ("b", subscription(1, &[10, 11]).encode()),
        ("c", with_server(2, "two:80")),
    ]);
    let tables: Vec<usize> = answers.values().map(|data| data.routing.iter_active().count()).collect();
    assert_eq!(tables, [4, 0, 4]);
    let table = &answers[&"a".into()].routing;
    for (task, server) in table.iter_active() {
        let holder = answers.iter().find(|(_, data)| data.tasks.active.contains(&task)).unwrap().0;
        assert_eq!(server, if holder.as_str() == "c" { "two:80" } else { "one:80" });
    }
    assert_eq!(table.active(TaskId::new(7, 0)), None);
}

#[test]
fn those_who_revoke_rejoin_at_once_and_one_member_probes() {
    let mut owner = subscription(1, &[10, 11]);
    owner.active = [TaskId::new(1, 0), TaskId::new(1, 1)].into();
    let idle = subscription(2, &[10, 11]);
    let at_once = answers(&[("a", owner.encode()), ("b", idle.encode())]);
    let rejoins: Vec<Rejoin> = at_once.values().map(|data| data.rejoin).collect();
    assert_eq!(rejoins, [Rejoin::AtOnce, Rejoin::None]);

    owner.active = [TaskId::new(0, 0), TaskId::new(0, 1)].into();
    let probing = answers(&[("a", owner.encode()), ("b", idle.encode())]);
    let rejoins: Vec<Rejoin> = probing.values().map(|data| data.rejoin).collect();
    assert_eq!(rejoins, [Rejoin::After(Duration::from_secs(600)), Rejoin::None]);
}

/// The threads of a process know different things of its disk.
#[test]
fn the_better_report_of_a_copy_counts() {
    let report = |state| ProcessReport { on_disk: [(TaskId::new(0, 0), state)].into(), ..ProcessReport::default() };
    for (one, other, expected) in [
        (CopyState::Unknown, CopyState::Running, CopyState::Running),
        (CopyState::Running, CopyState::Behind { records: 3 }, CopyState::Running),
        (CopyState::Unknown, CopyState::At { offset_sum: 3 }, CopyState::At { offset_sum: 3 }),
        (CopyState::At { offset_sum: 3 }, CopyState::At { offset_sum: 9 }, CopyState::At { offset_sum: 9 }),
        (CopyState::Behind { records: 3 }, CopyState::Behind { records: 9 }, CopyState::Behind { records: 3 }),
    ] {
        for (one, other) in [(one, other), (other, one)] {
            let mut merged = report(one);
            merged.merge(report(other));
            assert_eq!(merged, report(expected), "{one:?} and {other:?}");
        }
    }
}
