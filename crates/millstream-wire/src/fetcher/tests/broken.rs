//! Connections that break, and servers that are not brokers.

use super::*;
use crate::testing::{API_VERSIONS, FETCH, Fault, METADATA, TestPartition};

#[test]
fn a_response_may_be_cut_at_every_byte() {
    let length = read_cut(None);
    (0..length).for_each(|cut| assert_eq!(read_cut(Some(cut)), length));
}

/// Reads two partitions, whose first response is cut after this many bytes; returns the length of the whole response.
fn read_cut(cut: Option<usize>) -> usize {
    let cluster = TestCluster::start(1).with([TestPartition::new(1).with(&[1]), TestPartition::new(1).with(&[2])]);
    if let Some(cut) = cut {
        cluster.fault(1, FETCH, Fault::CutAt(cut));
    }
    let mut reader = Reader::new(&cluster);
    reader.step = Duration::from_millis(5);
    reader.assign(0, 0, 1);
    reader.assign(1, 0, 2);
    reader.until_at(0, 1);
    reader.until_at(1, 2);
    reader.check_offsets(0, 0..1);
    reader.check_offsets(1, 0..2);
    assert!(reader.events.is_empty(), "one failure is not reported: {:?}", reader.events);
    let requested = cluster.edit(|script| script.requested("t", 0));
    let again = requested.iter().filter(|requested| requested.offset == 0).count();
    assert_eq!(again, if cut.is_some() { 2 } else { 1 }, "cut at {cut:?}");
    cluster.edit(|script| script.response_bytes[0])
}

#[test]
fn look_ups_may_be_cut_at_every_byte() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1).with(&[1])]);
    let mut reader = Reader::new(&cluster);
    reader.assign(0, 0, 1);
    reader.until_at(0, 1);
    let length = |kind| cluster.edit(|script| script.last_bytes[&kind]);
    for (kind, length) in [API_VERSIONS, METADATA].map(|kind| (kind, length(kind))) {
        for cut in 0..length {
            cluster.fault(1, kind, Fault::CutAt(cut));
            let mut reader = Reader::new(&cluster);
            reader.step = Duration::from_millis(20);
            reader.assign(0, 0, 1);
            reader.until_at(0, 1);
            assert!(cluster.edit(|script| script.faults.is_empty()));
        }
    }
}

#[test]
fn an_invalid_response_is_reported_after_the_third_time_and_reading_continues() {
    let cases: [(Fault, &str); 5] = [
        (Fault::WrongCorrelation, "it has the correlation id of another request"),
        (Fault::Instead(vec![0xff, 0xff, 0xff, 0xfe, 0, 0, 0, 1]), "it announces a frame of -2 bytes"),
        (Fault::Instead(vec![0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 1]), "it announces a frame of 2147483647 bytes"),
        (Fault::Instead(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()), "it responds with HTTP"),
        (Fault::Instead(vec![0x15, 3, 3, 0, 2, 2, 80]), "it requires TLS"),
    ];
    for (fault, text) in cases {
        for kind in [API_VERSIONS, FETCH] {
            check_reported_and_recovered(fault.clone(), kind, text);
        }
    }
    let short = Fault::Instead(vec![0, 0, 0, 2, 0, 0]);
    check_reported_and_recovered(short.clone(), FETCH, "it reaches past the end of its frame");
    check_reported_and_recovered(short, API_VERSIONS, "ends within ResponseHeader.correlation_id");
}

/// Broker 1 responds to look-ups; broker 2 is the leader.
fn check_reported_and_recovered(fault: Fault, kind: i16, text: &str) {
    let cluster = TestCluster::start(2).with([TestPartition::new(2).with(&[3])]);
    cluster.fault(2, kind, fault);
    let mut reader = Reader::new(&cluster);
    reader.step = Duration::from_millis(10);
    reader.assign(0, 0, 3);
    let events = reader.until_event();
    assert!(
        matches!(&events, FetchEvent::Unreachable(events) if events.contains(text) && events.contains("broker 2 at 127.0.0.1:")),
        "{text}: {events:?}"
    );
    assert_eq!(cluster.edit(|script| script.opened[&2]), 3);
    reader.until("it is tried again", |_| cluster.edit(|script| script.opened[&2] > 5));
    assert!(reader.events.is_empty(), "reported again: {:?}", reader.events);
    cluster.heal();
    reader.until_at(0, 3);
    reader.check_offsets(0, 0..3);
}

#[test]
fn a_broker_that_fails_is_tried_again_after_a_backoff_that_grows() {
    let cluster = TestCluster::start(2).with([TestPartition::new(2).with(&[3])]);
    cluster.fault(2, API_VERSIONS, Fault::Instead(Vec::new()));
    let mut reader = Reader::new(&cluster);
    reader.step = Duration::ZERO;
    reader.assign(0, 0, 3);
    for (tries, backoff_ms) in (1..).zip([50, 100, 200, 400, 800, 1_000, 1_000]) {
        reader.until("it is tried", |_| cluster.edit(|script| script.opened.get(&2) == Some(&tries)));
        reader.until("its failure is noticed", |reader| reader.fetcher.links.is_empty());
        reader.idle();
        assert_eq!(reader.events.len(), usize::from(tries >= 3), "{:?}", reader.events);
        reader.advance(Duration::from_millis(backoff_ms - 1));
        reader.idle();
        assert_eq!(cluster.edit(|script| script.opened[&2]), tries);
        reader.advance(Duration::from_millis(1));
    }
}

#[test]
fn a_broker_too_old_is_reported_with_the_remedy() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1).with(&[3])]);
    cluster.edit(|script| script.fetch_newest = 11);
    let mut reader = Reader::new(&cluster);
    reader.assign(0, 0, 3);
    let FetchEvent::Unfit(text) = reader.until_event() else { panic!("another event") };
    assert_eq!(
        text,
        "the broker does not support version 12 of Fetch, but 4 to 11; \
         use a broker of Kafka 2.8 or newer"
    );
}

#[test]
fn a_broker_that_never_responds_is_disconnected_and_connected_to_again() {
    let (cluster, mut reader) = held_to_the_last_moment();
    reader.step = Duration::from_millis(1);
    reader.until("a new request is sent", |_| cluster.edit(|script| script.fetches.len() == 2));
    reader.until("the old connection is ended", |_| cluster.edit(|script| script.open[&2] == 1));
    assert_eq!(cluster.edit(|script| script.opened[&2]), 2);
    cluster.heal();
    reader.until_at(0, 3);
    reader.check_offsets(0, 0..3);
}

#[test]
fn a_response_at_the_last_moment_is_taken() {
    let (cluster, mut reader) = held_to_the_last_moment();
    cluster.heal();
    reader.until_at(0, 3);
    assert_eq!(cluster.edit(|script| script.opened[&2]), 1);
}

/// A broker that does not respond to a request, and a reader that has waited just below the time-out.
fn held_to_the_last_moment() -> (TestCluster, Reader) {
    let cluster = TestCluster::start(2).with([TestPartition::new(2).with(&[3])]);
    cluster.fault(2, FETCH, Fault::Held);
    let mut reader = Reader::new(&cluster);
    reader.step = Duration::ZERO;
    reader.assign(0, 0, 3);
    reader.until("it gets a request", |_| cluster.edit(|script| script.fetches.len() == 1));
    reader.now += settings().wait_max + settings().client.request_timeout;
    reader.idle();
    assert_eq!(cluster.edit(|script| script.open[&2]), 1, "it is given up too early");
    (cluster, reader)
}
