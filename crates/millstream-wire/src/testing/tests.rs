//! The test brokers append batches as real brokers do.

use std::collections::VecDeque;
use std::time::Duration;

use millstream_protocol::messages::InitProducerIdRequest;
use millstream_types::TopicPartition;

use super::*;
use crate::batch::testing::{TestBatch, TestCodec, TestRecord};
use crate::connection::Connection;
use crate::error::LinkError;
use crate::messages::produce::{self, Produced};

const PATIENCE: Duration = Duration::from_secs(10);
const CLIENT_ID: &str = "tester";

fn connect(cluster: &TestCluster, broker: i32) -> Connection {
    let port = cluster.edit(|script| script.ports[&broker]);
    Connection::open(&("127.0.0.1".to_owned(), port), &cluster.client()).unwrap()
}

/// A batch with these values, by this producer; by none if its id is negative.
fn batch((id, epoch, sequence): (i64, i16, i32), codec: TestCodec, values: &[&str]) -> Vec<u8> {
    let records = (0..).zip(values).map(|(delta, value)| TestRecord::new(delta, "k", value)).collect();
    let mut bytes = TestBatch { producer_id: id, codec, ..TestBatch::new(0, records) }.encode();
    bytes[51..53].copy_from_slice(&epoch.to_be_bytes());
    bytes[53..57].copy_from_slice(&sequence.to_be_bytes());
    let checksum = crc32c::crc32c(&bytes[21..]);
    bytes[17..21].copy_from_slice(&checksum.to_be_bytes());
    bytes
}

fn ask(connection: &mut Connection, batches: &[(u32, &[u8])]) -> Result<Vec<Produced>, LinkError> {
    let (numbers, bytes): (Vec<_>, Vec<_>) = batches.iter().copied().unzip();
    let partitions: Vec<_> = numbers.into_iter().map(|number| TopicPartition::new("t", number)).collect();
    let batches: Vec<_> = partitions.iter().zip(bytes).collect();
    let correlation = connection.next_correlation();
    produce::send(connection.sink(), correlation, CLIENT_ID, PATIENCE, &batches)?;
    Ok(produce::read(connection.response()?)?.partitions)
}

/// The error and the base offset that are reported of one batch.
fn ask_one(connection: &mut Connection, bytes: &[u8]) -> (i16, Option<i64>) {
    let events = ask(connection, &[(0, bytes)]).unwrap();
    (events[0].error, events[0].base_offset.map(|offset| offset.number()))
}

fn values(cluster: &TestCluster, number: i32) -> Vec<String> {
    let written = cluster.edit(|script| script.written("t", number));
    assert!(written.iter().map(|record| record.offset).eq(0..written.len() as i64), "{written:?}");
    written.into_iter().map(|record| String::from_utf8(record.value.unwrap()).unwrap()).collect()
}

#[test]
fn what_is_appended_is_read_whatever_the_codec() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1), TestPartition::new(1).with(&[2])]);
    cluster.edit(|script| (script.has_unknown_tags, script.partition("t", 0).epoch) = (true, 3));
    let mut connection = connect(&cluster, 1);
    for (turn, codec) in (0..).zip(TestCodec::ALL) {
        let (first, other) = (batch((7, 0, turn), codec, &["a"]), batch((-1, -1, -1), codec, &["v2", "v3"]));
        let events = ask(&mut connection, &[(0, &first), (1, &other)]).unwrap();
        let events = events.iter().map(|event| (event.error, event.base_offset.unwrap().number()));
        assert_eq!(events.collect::<Vec<_>>(), [(0, i64::from(turn)), (0, i64::from(turn) * 2 + 2)]);
    }
    assert_eq!((values(&cluster, 0).len(), values(&cluster, 1).len()), (6, 14));
    let is_placed = |(_, bytes): &(i64, Vec<u8>)| bytes[12..16] == [0, 0, 0, 3];
    assert!(cluster.edit(|script| script.partition("t", 0).batches.iter().all(is_placed)));
    let sent = cluster.edit(|script| script.sent("t", 0));
    assert!(sent.iter().map(|batch| (batch.producer_id, batch.base_sequence)).eq((0..6).map(|turn| (7, turn))));
}

#[test]
fn sequence_numbers_distinguish_repeated_batches_from_new_ones() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
    let mut connection = connect(&cluster, 1);
    let mut check = |index: (i64, i16, i32), count: usize, events| {
        assert_eq!(ask_one(&mut connection, &batch(index, TestCodec::None, &["v"].repeat(count))), events, "{index:?}");
    };
    // Any sequence number of an unknown producer is accepted.
    check((7, 3, i32::MAX - 2), 2, (0, Some(0)));
    check((7, 3, i32::MAX), 2, (0, Some(2)));
    check((7, 3, i32::MAX), 2, (0, Some(2)));
    check((7, 3, i32::MAX), 1, (46, None));
    check((7, 3, 2), 1, (45, None));
    check((7, 3, 1), 1, (0, Some(4)));
    (2..5).for_each(|sequence| check((7, 3, sequence), 1, (0, Some(i64::from(sequence) + 3))));
    check((7, 3, i32::MAX), 2, (0, Some(2)));
    check((7, 3, i32::MAX - 2), 2, (46, None));
    check((7, 2, 5), 1, (47, None));
    check((7, 4, 5), 1, (45, None));
    check((7, 4, 0), 1, (0, Some(8)));
    check((7, 3, 5), 1, (47, None));
    cluster.edit(Script::forget_producers);
    check((7, 4, 0), 1, (0, Some(9)));
    check((8, 0, 77), 1, (0, Some(10)));
    assert_eq!(values(&cluster, 0).len(), 11);
}

#[test]
fn a_batch_is_refused_for_each_reason() {
    let cluster = TestCluster::start(2).with([TestPartition::new(1)]);
    let plain = batch((7, 0, 0), TestCodec::None, &["a", "bad", "b", "bad too"]);
    cluster.edit(|script| {
        let partition = script.partition("t", 0);
        partition.produce_errors = VecDeque::from([19]);
        (partition.batch_bytes_max, partition.refused_values) = (Some(plain.len() - 1), Some(b"bad".to_vec()));
    });
    let mut connection = connect(&cluster, 1);
    assert_eq!(ask_one(&mut connect(&cluster, 2), &plain), (6, None));
    assert_eq!(ask(&mut connection, &[(9, &plain)]).unwrap()[0].error, 3);
    assert_eq!(ask_one(&mut connection, &plain), (19, None));
    assert_eq!(ask_one(&mut connection, &plain), (10, None));
    cluster.edit(|script| script.partition("t", 0).batch_bytes_max = Some(plain.len()));
    let events = ask(&mut connection, &[(0, &plain)]).unwrap().remove(0);
    let message = Some("values are refused".to_owned());
    assert_eq!((events.error, events.at_fault, events.message), (87, vec![1, 3], message));
    assert!(values(&cluster, 0).is_empty());
    cluster.edit(|script| {
        let partition = script.partition("t", 0);
        (partition.refused_values, partition.produce_errors_after_append) = (None, VecDeque::from([7, 20]));
    });
    assert_eq!([7, 20, 0].map(|_| ask_one(&mut connection, &plain)), [(7, Some(0)), (20, Some(0)), (0, Some(0))]);
    assert_eq!(values(&cluster, 0).len(), 4);
}

#[test]
fn a_response_is_lost_after_or_before_the_batch_is_appended() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
    let plain = batch((7, 0, 0), TestCodec::None, &["a"]);
    for (fault, appended) in [(Fault::Dropped, 0), (Fault::CutAt(3), 1)] {
        cluster.fault(1, PRODUCE, fault);
        let lost = ask(&mut connect(&cluster, 1), &[(0, &plain)]).err();
        assert!(matches!(&lost, Some(LinkError::Closed)), "{lost:?}");
        assert_eq!(values(&cluster, 0).len(), appended);
        assert!(cluster.edit(|script| script.faults.is_empty()), "once");
    }
    assert_eq!(ask_one(&mut connect(&cluster, 1), &plain), (0, Some(0)));
    assert_eq!(cluster.edit(|script| (script.sent("t", 0).len(), script.written("t", 0).len())), (3, 1));
}

#[test]
fn every_producer_gets_an_id_of_its_own() {
    let cluster = TestCluster::start(1);
    cluster.edit(|script| script.producer_id_errors.push_back(15));
    let (mut connection, client) = (connect(&cluster, 1), cluster.client());
    let mut ask = || {
        let request = |_| InitProducerIdRequest {
            transactional_id: None,
            transaction_timeout_ms: 1,
            ..InitProducerIdRequest::default()
        };
        let response = connection.call(&client, &request, PATIENCE).unwrap();
        (response.error_code, response.producer_id)
    };
    assert_eq!([(); 3].map(|()| ask()), [(15, -1), (0, 1000), (0, 1001)]);
    assert_eq!(cluster.edit(|script| (script.producer_id_requests, script.producer_ids)), (3, 2));
}
