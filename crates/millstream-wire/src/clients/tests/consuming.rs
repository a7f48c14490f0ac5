//! Consumers: committed offsets, and how they leave.

use super::*;

const COMMIT: i16 = of::OffsetCommitRequest::API_KEY;
const LEAVE: i16 = of::LeaveGroupRequest::API_KEY;
const OFFSETS: i16 = of::OffsetFetchRequest::API_KEY;

fn consumer(instance: Option<&str>) -> Rig<Consumer> {
    let settings = MemberSettings {
        group_id: "g".to_owned(),
        instance_id: instance.map(str::to_owned),
        session_timeout: Duration::from_secs(45),
        rebalance_timeout: Duration::from_secs(300),
        heartbeat_interval: Duration::from_secs(3),
        metadata_age_max: None,
        assignor: None,
        rack: None,
        streams: None,
    };
    Rig::new(|brokers, signal| Consumer::new(settings, fetch_settings(brokers), None, signal))
}

/// A consumer that owns all partitions.
fn joined(instance: Option<&str>) -> Rig<Consumer> {
    let mut rig = consumer(instance);
    rig.client.subscribe(&[Topic::from("t")]);
    rig.until("it has joined", |rig| rig.events.iter().any(|event| matches!(event, LogEvent::Assigned(_))));
    rig.client.finish_rebalance();
    rig
}

impl Rig<Consumer> {
    fn count(&self, api: i16) -> usize {
        self.brokers.edit(|script| script.calls.calls_of(api).len())
    }

    fn members(&self) -> usize {
        self.brokers.edit(|script| script.calls.group("g").members.len())
    }

    fn commit(&mut self, offset: i64) -> u64 {
        let committed = CommittedOffset { offset: Offset::new(offset), metadata: String::new() };
        self.client.commit(&[(partition(0), committed)])
    }

    fn committed(&self) -> Option<i64> {
        self.brokers.edit(|script| script.calls.group("g").offsets.get(&("t".to_owned(), 0)).map(|(offset, _)| *offset))
    }
}

#[test]
fn dropping_a_dynamic_consumer_leaves_the_group_and_a_static_one_stays() {
    for (instance, leaves) in [(None, 1), (Some("a"), 0)] {
        let rig = joined(instance);
        let Rig { brokers, client, .. } = rig;
        drop(client);
        brokers.edit(|script| {
            assert_eq!(script.calls.calls_of(LEAVE).len(), leaves, "{instance:?}");
            assert_eq!(script.calls.group("g").members.len(), 1 - leaves, "{instance:?}");
        });
    }
}

/// Once the group waited for its session, since the consumer did not know the id that it had got.
#[test]
fn a_consumer_that_is_dropped_while_it_joins_leaves_the_group() {
    let mut rig = consumer(None);
    rig.brokers.edit(|script| script.calls.group("g").pending.insert("a phantom".to_owned()));
    rig.client.subscribe(&[Topic::from("t")]);
    rig.until("it joins", |rig| {
        rig.brokers.edit(|script| script.calls.waiting_for(of::JoinGroupRequest::API_KEY) == 1)
    });
    let Rig { brokers, client, .. } = rig;
    drop(client);
    brokers.edit(|script| {
        assert_eq!((script.calls.calls_of(LEAVE).len(), script.calls.group("g").members.len()), (1, 0));
    });
}

#[test]
fn leaving_waits_for_a_commit_that_was_begun() {
    let mut rig = joined(None);
    rig.brokers.fault(1, COMMIT, Fault::Held);
    rig.commit(2);
    rig.until("it is sent", |rig| rig.count(COMMIT) == 1);
    rig.commit(3);
    rig.client.leave();
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!((rig.count(LEAVE), rig.members()), (0, 1));
    rig.brokers.heal();
    rig.until("it has left", |rig| rig.members() == 0);
    assert_eq!((rig.committed(), rig.count(COMMIT)), (Some(3), 2));
    let token = rig.commit(4);
    rig.until("a commit is answered", |rig| {
        let is_refused = |event: &LogEvent| matches!(event, LogEvent::CommitDone { token: of, result: Err(LogError::NotAMember) } if *of == token);
        rig.events.iter().any(is_refused)
    });
    assert_eq!(rig.committed(), Some(3));
}

#[test]
fn committed_offsets_are_looked_up_until_a_broker_knows_them() {
    let expected = |rig: &Rig<Consumer>| {
        let committed = rig
            .events
            .iter()
            .find_map(|event| if let LogEvent::Committed(it) = event { Some(it.clone()) } else { None });
        committed.map(|it| it.into_iter().map(|(_, offset)| offset.map(|it| it.offset.number())).collect::<Vec<_>>())
    };
    for error in [0, 14, 15, 16, 22, 27, 88, 113] {
        let mut rig = joined(None);
        rig.brokers.edit(|script| {
            script.calls.group("g").offsets.insert(("t".to_owned(), 0), (2, String::new()));
            script.calls.fail(OFFSETS, error, 3);
        });
        rig.client.fetch_committed(&[partition(0), partition(1)]);
        rig.until("they are found", |rig| expected(rig).is_some());
        assert_eq!(expected(&rig), Some(vec![Some(2), None]), "error {error}");
        assert_eq!(rig.count(OFFSETS), if error == 0 { 1 } else { 4 });
    }
}

#[test]
fn other_errors_of_committed_offsets_are_fatal() {
    let cases = [
        (25, "this member is no longer in its group"),
        (24, "group `g`: INVALID_GROUP_ID (24)"),
        (26, "group `g`: INVALID_SESSION_TIMEOUT (26)"),
        (30, "not authorised: group `g`: GROUP_AUTHORIZATION_FAILED (30)"),
    ];
    for (error, text) in cases {
        let mut rig = joined(None);
        rig.brokers.edit(|script| script.calls.fail(OFFSETS, error, usize::MAX));
        rig.client.fetch_committed(&[partition(0)]);
        let is_it = |event: &LogEvent| matches!(event, LogEvent::Fatal(error) if error.to_string() == text);
        rig.until(text, |rig| rig.events.iter().any(is_it));
    }
}

/// Taken for partitions without offsets, they would be read from the wrong place.
#[test]
fn errors_of_partitions_are_not_taken_for_partitions_without_offsets() {
    for case in ["left out", "retriable", "refused"] {
        let mut rig = joined(None);
        rig.brokers.edit(|script| match case {
            "left out" => script.calls.leave_out(OFFSETS, "t", 1),
            "retriable" => script.calls.fail_item(OFFSETS, "t", 1, 88, usize::MAX),
            _ => script.calls.fail_item(OFFSETS, "t", 1, 29, usize::MAX),
        });
        rig.client.fetch_committed(&[partition(0), partition(1)]);
        rig.pass(Duration::from_secs(2));
        let is_answer = |event: &&LogEvent| matches!(event, LogEvent::Committed(_) | LogEvent::Fatal(_));
        let answers: Vec<String> = rig.events.iter().filter(is_answer).map(|event| format!("{event:?}")).collect();
        assert_eq!(answers.len(), usize::from(case == "refused"), "{case}: {answers:?}");
        if case == "refused" {
            assert!(answers[0].contains("TOPIC_AUTHORIZATION_FAILED"), "{answers:?}");
            continue;
        }
        rig.brokers.heal();
        rig.until("they are found", |rig| {
            rig.events.iter().any(|event| matches!(event, LogEvent::Committed(it) if it.len() == 2))
        });
    }
}
