//! Connections that break, and servers that are not brokers.

use super::*;
use crate::testing::{API_VERSIONS, Fault, INIT_PRODUCER_ID, METADATA, PRODUCE, TestPartition};

/// Bytes of a response about two partitions.
const RESPONSE_BYTES: usize = 85;

#[test]
fn the_response_may_be_cut_at_every_byte() {
    let cluster = TestCluster::start(1).with([1, 1].map(TestPartition::new));
    let mut writer = Writer::new(&cluster, 2);
    writer.step = Duration::from_millis(20);
    for cut in 0..RESPONSE_BYTES {
        cluster.fault(1, PRODUCE, Fault::CutAt(cut));
        let before = writer.produces();
        // Further records wait behind those whose response is lost.
        (0..5).for_each(|number| writer.append(number % 2));
        writer.poll();
        (0..5).for_each(|number| writer.append(number % 2));
        writer.check_written();
        assert!(cluster.edit(|script| script.faults.is_empty()));
        assert!(writer.produces() >= before + 2, "cut at {cut}");
    }
    assert_eq!(writer.producers(), 1);
}

#[test]
fn responses_before_the_first_produce_request_may_be_cut_at_every_byte() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
    let mut writer = Writer::new(&cluster, 1);
    writer.append(0);
    writer.check_written();
    let length = |kind| cluster.edit(|script| script.last_bytes[&kind]);
    for (kind, length) in [API_VERSIONS, METADATA, INIT_PRODUCER_ID].map(|kind| (kind, length(kind))) {
        for cut in 0..length {
            let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
            cluster.fault(1, kind, Fault::CutAt(cut));
            let mut writer = Writer::new(&cluster, 1);
            writer.step = Duration::from_millis(20);
            writer.append(0);
            writer.check_written();
            assert!(cluster.edit(|script| script.faults.is_empty()));
        }
    }
}

#[test]
fn a_request_may_be_lost() {
    for kind in [API_VERSIONS, METADATA, INIT_PRODUCER_ID, PRODUCE] {
        let cluster = TestCluster::start(1).with([1, 1].map(TestPartition::new));
        let mut writer = Writer::new(&cluster, 2);
        writer.step = Duration::from_millis(20);
        for _ in 0..3 {
            cluster.fault(1, kind, Fault::Dropped);
            (0..10).for_each(|number| writer.append(number % 2));
            writer.check_written();
        }
    }
}

#[test]
fn an_invalid_response_is_reported_after_the_third_time_and_writing_continues() {
    let cases: [(Fault, &str); 2] = [
        (Fault::WrongCorrelation, "it has the correlation id of another request"),
        (Fault::Instead(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()), "it responds with HTTP"),
    ];
    for (fault, text) in cases {
        for kind in [API_VERSIONS, PRODUCE] {
            check_reported_and_recovered(fault.clone(), kind, text);
        }
    }
    let short = Fault::Instead(vec![0, 0, 0, 2, 0, 0]);
    check_reported_and_recovered(short.clone(), PRODUCE, "it reaches past the end of its frame");
    check_reported_and_recovered(short, API_VERSIONS, "ends within ResponseHeader.correlation_id");
}

/// Broker 1 responds to look-ups; broker 2 is the leader.
fn check_reported_and_recovered(fault: Fault, kind: i16, text: &str) {
    let cluster = TestCluster::start(2).with([TestPartition::new(2)]);
    cluster.fault(2, kind, fault);
    let mut writer = Writer::new(&cluster, 1);
    writer.step = Duration::from_millis(10);
    (0..3).for_each(|_| writer.append(0));
    writer.until("something is reported", |writer| !writer.events.is_empty());
    let events = writer.events.remove(0);
    assert!(
        matches!(&events, ProduceEvent::Unreachable(events) if events.contains(text) && events.contains("broker 2 at ")),
        "{events:?}"
    );
    assert_eq!(cluster.edit(|script| script.opened[&2]), 3);
    writer.append(0);
    writer.until("it is tried again", |_| cluster.edit(|script| script.opened[&2] > 5));
    cluster.heal();
    writer.check_written();
    assert_eq!(writer.producers(), 1);
}

#[test]
fn a_broker_that_never_responds_is_disconnected_and_connected_to_again() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
    let mut settings = settings();
    settings.replicate_within = Duration::from_millis(50);
    cluster.fault(1, PRODUCE, Fault::Held);
    let mut writer = Writer::with(&cluster, 1, settings);
    writer.step = Duration::from_millis(50);
    writer.append(0);
    writer.until("a new request is sent", |_| cluster.edit(|script| script.produces.len() == 2));
    assert!(matches!(writer.events.pop(), Some(ProduceEvent::Unreachable(_))), "its silence is reported");
    cluster.heal();
    writer.check_written();
    let request = cluster.edit(|script| script.produces[0].1.clone());
    assert_eq!(request.timeout_ms, 50);
}

#[test]
fn records_wait_for_a_broker_that_is_unreachable() {
    let cluster = TestCluster::start(2).with([1, 2].map(TestPartition::new));
    let mut writer = Writer::new(&cluster, 2);
    writer.step = Duration::from_millis(10);
    (0..2).for_each(|partition| writer.append(partition));
    writer.check_written();
    [API_VERSIONS, PRODUCE].into_iter().for_each(|kind| cluster.fault(2, kind, Fault::Instead(Vec::new())));
    for _ in 0..20 {
        (0..2).for_each(|partition| writer.append(partition));
        writer.until("the other is written", |writer| {
            cluster.edit(|script| script.partition("t", 0).end()) == writer.partitions[0].values.len() as i64
        });
    }
    writer.until("it is reported", |writer| !writer.events.is_empty());
    assert!(matches!(writer.events.remove(0), ProduceEvent::Unreachable(_)));
    cluster.heal();
    writer.check_written();
    assert_eq!(writer.producers(), 1);
}

#[test]
fn a_broker_too_old_is_reported() {
    let cluster = TestCluster::start(2).with([TestPartition::new(1)]);
    cluster.edit(|script| script.produce_newest = 8);
    let mut writer = Writer::new(&cluster, 1);
    writer.append(0);
    writer.until("it is reported", |writer| !writer.events.is_empty());
    let events = writer.events.remove(0);
    assert!(
        matches!(&events, ProduceEvent::Unfit(text) if text.contains("version 9 of Produce, but 0 to 8")),
        "{events:?}"
    );
    cluster.edit(|script| script.produce_newest = 9);
    writer.until_completed();
    writer.check_written_but(|_| false);
}
