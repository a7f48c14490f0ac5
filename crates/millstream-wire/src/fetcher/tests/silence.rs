//! Brokers that keep their connections and do not respond, as a stopped process or a half-open connection does.

use super::*;
use crate::batch::testing::TestBatch;
use crate::testing::{API_VERSIONS, FETCH, Fault, METADATA, TestPartition};

/// The time within which silence is reported.
const REPORTED_WITHIN: Duration = Duration::from_secs(5);

/// The time within which another broker is read, or the same one is connected to again.
const MOVED_WITHIN: Duration = Duration::from_secs(10);

/// Broker 2 leads a partition that is read up to offset 3, and stops responding.
fn silent() -> (TestCluster, Reader) {
    silent_to(&[API_VERSIONS, METADATA, FETCH])
}

/// The same, with a broker that stops responding to these requests alone.
fn silent_to(requests: &[i16]) -> (TestCluster, Reader) {
    let cluster = TestCluster::start(2).with([TestPartition::new(2).with(&[3])]);
    let mut reader = Reader::new(&cluster);
    reader.assign(0, 0, 3);
    reader.until_at(0, 3);
    requests.iter().for_each(|kind| cluster.fault(2, *kind, Fault::Held));
    reader.step = Duration::from_millis(10);
    (cluster, reader)
}

/// Polls until both events of a silent broker are there.
fn until_reported(reader: &mut Reader) {
    reader.until("the broker and the partition are reported", |reader| reader.events.len() == 2);
    for event in reader.events.drain(..) {
        match event {
            FetchEvent::Unreachable(text) => {
                assert!(text.starts_with("broker 2 at 127.0.0.1:"), "{text}");
                assert!(text.ends_with("cannot be used: it has not responded for 3 s"), "{text}");
            }
            FetchEvent::Stalled(stalled) => assert_eq!(stalled, partition(0)),
            other => panic!("{other:?}"),
        }
    }
}

/// Polls until the connection to the silent broker is closed.
fn until_given_up(reader: &mut Reader) {
    reader.until("the connection is given up", |reader| !reader.fetcher.links.contains_key(&2));
}

#[test]
fn a_silent_broker_is_reported_within_seconds_and_another_leader_is_read_at_once() {
    let (cluster, mut reader) = silent();
    let begin = reader.now;
    until_reported(&mut reader);
    assert!(reader.now - begin <= REPORTED_WITHIN, "after {:?}", reader.now - begin);
    cluster.edit(|script| {
        let partition = script.partition("t", 0);
        (partition.leader, partition.epoch) = (1, 1);
        partition.push(&TestBatch::numbered(3, 4));
    });
    // The next look-up is due at once; from here on the time does not depend on the machine.
    (reader.now, reader.step) = (reader.now + Duration::from_secs(1), Duration::ZERO);
    reader.until_at(0, 7);
    assert!(reader.now - begin <= MOVED_WITHIN, "after {:?}", reader.now - begin);
    reader.check_offsets(0, 0..7);
}

#[test]
fn a_silent_broker_is_connected_to_again_and_its_partitions_are_requested_again() {
    let (cluster, mut reader) = silent();
    let begin = reader.now;
    until_reported(&mut reader);
    until_given_up(&mut reader);
    let opened = cluster.edit(|script| script.opened[&2]);
    reader.until("it is connected to again", |_| cluster.edit(|script| script.opened[&2]) > opened);
    assert!(reader.now - begin <= MOVED_WITHIN, "after {:?}", reader.now - begin);
    cluster.edit(|script| script.partition("t", 0).push(&TestBatch::numbered(3, 4)));
    cluster.heal();
    reader.until_at(0, 7);
    reader.check_offsets(0, 0..7);
    assert!(reader.events.is_empty(), "reported again: {:?}", reader.events);
}

#[test]
fn the_end_of_a_partition_that_had_stalled_is_reported_even_if_nothing_is_new() {
    let (cluster, mut reader) = silent();
    until_reported(&mut reader);
    cluster.heal();
    let FetchEvent::Chunk(chunk) = reader.until_event() else { panic!("another event") };
    assert_eq!((chunk.len(), chunk.next_offset, chunk.end_offset), (0, Offset::new(3), Offset::new(3)));
}

#[test]
fn a_partition_that_is_full_or_at_its_end_has_not_stalled() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1), TestPartition::new(1).with(&[1; 20])]);
    let settings = FetchSettings { partition_bytes_max: 1, ..settings() };
    let mut reader = Reader::with(&cluster, settings);
    (0..2).for_each(|number| reader.assign(number, 0, i64::from(number) * 20));
    reader.until_at(1, 20);
    reader.events.clear();
    reader.wants = false;
    cluster.edit(|script| script.partition("t", 1).push(&TestBatch::numbered(20, 1)));
    reader.step = Duration::from_millis(50);
    (0..3).for_each(|_| reader.idle());
    assert!(reader.events.is_empty(), "{:?}", reader.events);
}

/// Only fetch requests are held: a handshake that is held too is given up by the system's clock.
#[test]
fn a_slow_broker_has_twice_as_long_after_each_time_out() {
    let (cluster, mut reader) = silent_to(&[FETCH]);
    until_given_up(&mut reader);
    let fetches = || cluster.edit(|script| script.fetches.len());
    let before = fetches();
    reader.step = Duration::from_millis(1);
    reader.until("a new request is sent", |_| fetches() > before);
    reader.step = Duration::ZERO;
    reader.advance(settings().client.request_timeout + Duration::from_secs(5));
    reader.idle();
    assert!(reader.fetcher.links.contains_key(&2) && fetches() == before + 1, "it is given up as early as before");
    cluster.edit(|script| script.partition("t", 0).push(&TestBatch::numbered(3, 4)));
    cluster.heal();
    reader.until_at(0, 7);
    reader.check_offsets(0, 0..7);
}

#[test]
fn a_look_up_does_not_wait_for_a_silent_broker() {
    let cluster = TestCluster::start(3).with([TestPartition::new(3).with(&[3])]);
    cluster.fault(1, API_VERSIONS, Fault::Held);
    cluster.fault(2, METADATA, Fault::Held);
    let mut reader = Reader::new(&cluster);
    reader.fetcher =
        Fetcher::new(FetchSettings { client: cluster.client_of(&[1, 2, 3]), ..settings() }, &reader.signal);
    reader.assign(0, 0, 3);
    let moved_by = reader.now + MOVED_WITHIN;
    reader.step = Duration::from_millis(10);
    reader.until("the two brokers are silent for long enough", |reader| reader.now >= moved_by);
    // From here on the time does not depend on the machine.
    reader.step = Duration::ZERO;
    reader.until("the third broker has the look-up", |_| cluster.edit(|script| !script.fetches.is_empty()));
    reader.until_at(0, 3);
}
