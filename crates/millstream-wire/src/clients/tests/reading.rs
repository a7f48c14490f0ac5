//! How reading begins, and what keeps it from that.

use super::*;

const LIST_OFFSETS: i16 = of::ListOffsetsRequest::API_KEY;

fn reader() -> Rig<Reader> {
    Rig::new(|brokers, signal| Reader::new(fetch_settings(brokers), None, signal))
}

impl Rig<Reader> {
    fn failures(&self) -> Vec<String> {
        let text = |event: &LogEvent| match event {
            LogEvent::FetchFailed { error, .. } => Some(error.to_string()),
            _ => None,
        };
        self.events.iter().filter_map(text).collect()
    }
}

#[test]
fn reading_begins_at_each_kind_of_position() {
    let cases = [
        (StartAt::Earliest, 0),
        (StartAt::Latest, 3),
        (StartAt::Offset(Offset::new(2)), 2),
        (StartAt::Time(Timestamp::from_millis(1)), 1),
        (StartAt::Time(Timestamp::from_millis(9)), 3),
    ];
    for (at, first) in cases {
        let mut rig = reader();
        rig.client.assign(&[(partition(0), at)]);
        rig.until("it is requested", |rig| !rig.brokers.edit(|script| script.requested("t", 0)).is_empty());
        assert_eq!(rig.brokers.edit(|script| script.requested("t", 0))[0].offset, first, "{at:?}");
    }
}

#[test]
fn a_silent_leader_delays_its_own_partitions_only() {
    let mut rig = reader();
    rig.brokers.fault(2, LIST_OFFSETS, Fault::Held);
    let begin = rig.now;
    rig.client.assign(&[0, 1, 2].map(|number| (partition(number), StartAt::Earliest)));
    rig.until("the others are read", |rig| rig.offsets(0) == [0, 1, 2] && rig.offsets(2) == [0, 1, 2]);
    assert!(rig.now - begin < Duration::from_secs(1), "after {:?}", rig.now - begin);
    assert!(rig.offsets(1).is_empty());
    rig.brokers.heal();
    rig.until("it is read too", |rig| rig.offsets(1) == [0, 1, 2]);
    assert_eq!(rig.failures(), [] as [&str; 0]);
}

#[test]
fn errors_of_a_look_up_are_repeated_or_reported() {
    let exists = "create it, or correct the name in the topology, or in `Handlers`";
    let cases = [
        (6, 30, None),
        (5, 30, None),
        (78, 30, None),
        (29, 1, Some("not authorised: t-1: TOPIC_AUTHORIZATION_FAILED (29)".to_owned())),
        // Longer than a new topic is unknown.
        (3, usize::MAX, Some("partition t-1 does not exist".to_owned())),
        (3, 20, None),
        (100, usize::MAX, Some(format!("topic `t` does not exist; {exists}"))),
    ];
    for (error, times, expected) in cases {
        let mut rig = reader();
        rig.brokers.edit(|script| script.calls.fail_item(LIST_OFFSETS, "t", 1, error, times));
        rig.client.assign(&[0, 1].map(|number| (partition(number), StartAt::Earliest)));
        rig.until("the other is read", |rig| rig.offsets(0) == [0, 1, 2]);
        match expected {
            None => rig.until("it is read", |rig| rig.offsets(1) == [0, 1, 2]),
            Some(text) => {
                rig.until("it fails", |rig| !rig.failures().is_empty());
                assert_eq!(rig.failures(), [text]);
            }
        }
    }
}

#[test]
fn a_partition_that_a_response_leaves_out_is_looked_up_again() {
    let mut rig = reader();
    rig.brokers.edit(|script| script.calls.leave_out(LIST_OFFSETS, "t", 1));
    rig.client.assign(&[0, 1].map(|number| (partition(number), StartAt::Earliest)));
    rig.until("the other is read", |rig| rig.offsets(0) == [0, 1, 2]);
    rig.pass(Duration::from_secs(1));
    assert_eq!((rig.offsets(1), rig.failures()), (vec![], vec![]));
    rig.brokers.heal();
    rig.until("it is read", |rig| rig.offsets(1) == [0, 1, 2]);
}

#[test]
fn an_offset_out_of_range_is_reported_with_the_range() {
    let mut rig = reader();
    rig.client.assign(&[(partition(0), StartAt::Offset(Offset::new(9)))]);
    rig.until("it fails", |rig| !rig.failures().is_empty());
    assert_eq!(rig.failures(), ["offset 9 of t-0 is out of range: it has 0 to 3"]);
}

#[test]
fn a_topic_that_is_deleted_or_created_again_is_reported_after_two_seconds() {
    let mut rig = reader();
    rig.client.assign(&[(partition(0), StartAt::Earliest)]);
    rig.until("it is read", |rig| rig.offsets(0) == [0, 1, 2]);
    rig.pass(Duration::from_millis(100));
    rig.brokers.edit(|script| script.calls.topic_ids.insert("t".to_owned(), 7));
    let begin = rig.now;
    rig.until("it fails", |rig| !rig.failures().is_empty());
    assert!(rig.failures()[0].starts_with("topic `t` does not exist"), "{:?}", rig.failures());
    assert!((2..13).contains(&(rig.now - begin).as_secs()), "after {:?}", rig.now - begin);
}
