//! Fetch sessions (KIP-227): requests name only what has changed.

use super::*;
use crate::batch::testing::TestBatch;
use crate::testing::{FETCH, Fault, FetchRequest, TestPartition};

fn begin(partitions: u32) -> (TestCluster, Reader) {
    let cluster = TestCluster::start(1).with((0..partitions).map(|_| TestPartition::new(1).with(&[1])));
    let mut reader = Reader::new(&cluster);
    (0..partitions).for_each(|number| reader.assign(number, 0, 1));
    (0..partitions).for_each(|number| reader.until_at(number, 1));
    (cluster, reader)
}

fn last(cluster: &TestCluster) -> FetchRequest {
    cluster.edit(|script| script.fetches.last().cloned()).unwrap().1
}

/// Waits for some more requests.
fn until_idle(cluster: &TestCluster, reader: &mut Reader) {
    let before = cluster.edit(|script| script.fetches.len());
    reader.until("it gets a request often", |_| cluster.edit(|script| script.fetches.len() > before + 3));
}

#[test]
fn idle_partitions_are_not_named_again() {
    let (cluster, mut reader) = begin(1_000);
    until_idle(&cluster, &mut reader);
    let (first, last) = (cluster.edit(|script| script.fetches[0].1.clone()), last(&cluster));
    assert_eq!((first.named.len(), first.session.1), (1_000, 0));
    assert_eq!((last.named.len(), last.forgotten.len(), last.partitions.len()), (0, 0, 1_000));
    let response = cluster.edit(|script| *script.response_bytes.last().unwrap());
    assert!(first.bytes > 30_000 && last.bytes < 40 && response < 40, "{} {} {response}", first.bytes, last.bytes);
    assert!(reader.events.is_empty(), "{:?}", reader.events);
}

#[test]
fn what_has_been_read_is_named_and_everything_comes_once() {
    let (cluster, mut reader) = begin(20);
    until_idle(&cluster, &mut reader);
    for next in 1..30_i64 {
        let number = (next * 7 % 20) as i32;
        let at = reader.next[&(number as u32)];
        cluster.edit(|script| {
            script.fetches.clear();
            script.partition("t", number).push(&TestBatch::numbered(at, 2));
        });
        reader.until_at(number as u32, at + 2);
        until_idle(&cluster, &mut reader);
        let named = cluster.edit(|script| script.fetches.iter().flat_map(|it| it.1.named.clone()).collect::<Vec<_>>());
        assert!(named.iter().all(|named| named.number == number && named.offset == at + 2), "{named:?}");
    }
    assert!(reader.events.is_empty(), "{:?}", reader.events);
}

#[test]
fn a_session_that_the_broker_has_dropped_or_counts_otherwise_begins_anew() {
    let (cluster, mut reader) = begin(3);
    for turn in 1..5 {
        until_idle(&cluster, &mut reader);
        cluster.edit(|script| {
            if turn % 2 == 0 {
                script.sessions.clear();
            } else {
                script.sessions.values_mut().for_each(|session| session.epoch += 5);
            }
            script.fetches.clear();
            script.partition("t", 1).push(&TestBatch::numbered(turn, 1));
        });
        reader.until_at(1, turn + 1);
        let begun = || cluster.edit(|script| script.fetches.iter().filter(|it| it.1.named.len() == 3).count());
        reader.until("a session begins", |_| begun() > 0);
        until_idle(&cluster, &mut reader);
        assert_eq!(begun(), 1);
    }
    assert!(reader.events.is_empty(), "{:?}", reader.events);
}

#[test]
fn a_partition_that_is_full_is_forgotten_until_there_is_room() {
    let (cluster, mut reader) = begin(2);
    reader.fetcher.settings.partition_bytes_max = 1;
    reader.wants = false;
    cluster.edit(|script| script.partition("t", 1).push(&TestBatch::numbered(1, 1)));
    reader.until("it is forgotten", |_| {
        cluster.edit(|script| script.fetches.iter().any(|it| it.1.forgotten == [("t".to_owned(), 1)]))
    });
    until_idle(&cluster, &mut reader);
    assert_eq!(last(&cluster).partitions.len(), 1);
    reader.wants = true;
    reader.until_at(1, 2);
    until_idle(&cluster, &mut reader);
    assert_eq!(last(&cluster).partitions.len(), 2);
}

/// The session knows what was told before, so the broker would not say it again.
#[test]
fn a_partition_that_is_assigned_again_begins_a_session() {
    let (cluster, mut reader) = begin(2);
    until_idle(&cluster, &mut reader);
    reader.fetcher.unassign(&partition(1));
    cluster.edit(|script| script.fetches.clear());
    reader.assign(1, 1, 1);
    reader.until("a session begins", |_| cluster.edit(|script| script.fetches.iter().any(|it| it.1.named.len() == 2)));
    cluster.edit(|script| script.partition("t", 1).push(&TestBatch::numbered(1, 1)));
    reader.until_at(1, 2);
}

#[test]
fn the_end_of_a_partition_that_had_stalled_is_reported_though_the_response_leaves_it_out() {
    let (cluster, mut reader) = begin(2);
    until_idle(&cluster, &mut reader);
    cluster.fault(1, FETCH, Fault::Held);
    reader.step = Duration::from_millis(10);
    reader.until("both have stalled", |reader| {
        reader.events.iter().filter(|event| matches!(event, FetchEvent::Stalled(_))).count() == 2
    });
    reader.events.clear();
    cluster.heal();
    reader.step = Duration::from_millis(1);
    reader.until("both ends are reported", |reader| reader.events.len() == 2);
    let is_end = |event: &FetchEvent| matches!(event, FetchEvent::Chunk(chunk) if chunk.is_empty() && chunk.end_offset == Offset::new(1));
    assert!(reader.events.iter().all(is_end), "{:?}", reader.events);
}
