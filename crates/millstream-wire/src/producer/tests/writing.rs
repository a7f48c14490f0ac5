//! Records are written once and in order.

use millstream_types::{Header, RecordBytes, Timestamp};

use super::*;
use crate::batch::{Compression, GzipLevel};
use crate::testing::{API_VERSIONS, Fault, INIT_PRODUCER_ID, METADATA, PRODUCE, TestPartition, Written};

#[test]
fn partitions_of_several_brokers_are_written() {
    let cluster = TestCluster::start(2).with([1, 2, 1, 2].map(TestPartition::new));
    let mut writer = Writer::new(&cluster, 4);
    for turn in 0..50 {
        (0..400).for_each(|number| writer.append((turn + number * number) % 4));
        writer.poll();
    }
    writer.check_written();
    assert_eq!((writer.producer.appended(), writer.producers()), (20_000, 1));
    let opened = cluster.edit(|script| script.opened.clone());
    assert_eq!((opened[&1], opened[&2]), (2, 1), "connections, one of them for look-ups");
    for (number, partition) in (0..).zip(&writer.partitions) {
        let end = cluster.edit(|script| script.partition("t", number).end());
        assert_eq!(writer.producer.acknowledged(partition.handle), Some(Offset::new(end)));
    }
}

#[test]
fn partitions_of_several_topics_go_into_one_request() {
    let cluster = TestCluster::start(1).with([1, 1].map(TestPartition::new));
    cluster.edit(|script| {
        (0..2).for_each(|number| drop(script.partitions.insert(("u".to_owned(), number), TestPartition::new(1))));
    });
    let mut writer = Writer::new(&cluster, 0);
    [("u", 1), ("t", 1), ("u", 0), ("t", 0)].into_iter().for_each(|(topic, number)| writer.open(topic, number));
    (0..8).for_each(|number| writer.append(number % 4));
    writer.check_written();
    assert_eq!(writer.produces(), 1);
}

#[test]
fn records_are_written_as_they_are_whatever_the_compression() {
    for compression in [
        Compression::None,
        Compression::Gzip(GzipLevel::default()),
        Compression::Snappy,
        Compression::Lz4,
        Compression::Zstd,
    ] {
        let cluster = TestCluster::start(1).with([TestPartition::new(1).with(&[3])]);
        let mut writer = Writer::with(&cluster, 1, ProduceSettings { compression, ..settings() });
        let value = vec![b'x'; 5_000];
        let plain = Written { offset: 3, timestamp: 9, key: None, value: Some(value), headers: Vec::new() };
        let headers = vec![("name".to_owned(), Some(b"header".to_vec())), (String::new(), None)];
        let records = [
            plain.clone(),
            Written { offset: 4, timestamp: 5, key: Some(b"key".to_vec()), headers, ..plain.clone() },
            Written { offset: 5, timestamp: 11, value: None, ..plain.clone() },
            Written { offset: 6, key: Some(Vec::new()), value: Some(Vec::new()), ..plain },
        ];
        for Written { timestamp, key, value, headers, .. } in &records {
            let headers: Vec<_> = headers.iter().map(|(name, value)| header(name, value.as_deref())).collect();
            let headers = headers.into_iter().collect();
            let time = Timestamp::from_millis(*timestamp);
            let record = RecordBytes::new(time, key.as_deref(), value.as_deref()).with_headers(&headers);
            assert_eq!(writer.producer.append(writer.partitions[0].handle, &record), Taken::Yes);
            writer.numbers.push(Some(0));
        }
        writer.until_completed();
        assert_eq!(cluster.edit(|script| script.written("t", 0)[3..].to_vec()), records);
        assert_eq!(writer.producer.acknowledged(writer.partitions[0].handle), Some(Offset::new(7)));
        let bytes = cluster.edit(|script| script.sent("t", 0)[0].bytes.len());
        assert_eq!(bytes < 1_000, compression != Compression::None, "{bytes} bytes");
    }
}

fn header(name: &str, value: Option<&[u8]>) -> Header {
    Header { name: name.into(), value: value.map(Into::into) }
}

#[test]
fn responses_may_arrive_byte_by_byte_and_with_unknown_fields() {
    let cluster = TestCluster::start(1).with([1, 1].map(TestPartition::new));
    cluster.edit(|script| script.has_unknown_tags = true);
    [PRODUCE, METADATA, API_VERSIONS, INIT_PRODUCER_ID]
        .into_iter()
        .for_each(|kind| cluster.fault(1, kind, Fault::ByteByByte));
    let mut writer = Writer::new(&cluster, 2);
    (0..20).for_each(|number| writer.append(number % 2));
    writer.check_written();
}

#[test]
fn a_flush_sends_without_a_further_poll() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
    let mut writer = Writer::with(&cluster, 1, ProduceSettings { linger: PATIENCE * 10, ..settings() });
    writer.append(0);
    writer.check_written();
    writer.append(0);
    writer.producer.flush();
    let begin = Instant::now();
    while writer.produces() < 2 {
        assert!(begin.elapsed() < PATIENCE, "nothing is sent");
        writer.signal.wait(Duration::from_millis(2));
    }
    writer.check_written();
}

#[test]
fn skipped_numbers_are_completed_with_those_before_them() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
    let mut writer = Writer::new(&cluster, 1);
    let skip = |writer: &mut Writer<'_>| {
        writer.producer.skip();
        writer.numbers.push(None);
    };
    skip(&mut writer);
    assert_eq!((writer.producer.completed(), writer.producer.appended()), (1, 1));
    cluster.fault(1, PRODUCE, Fault::Held);
    writer.append(0);
    skip(&mut writer);
    writer.idle();
    assert_eq!((writer.producer.completed(), writer.producer.appended()), (1, 3));
    cluster.heal();
    writer.check_written();
    assert_eq!(writer.completed, 3);
}

#[test]
fn a_record_that_is_too_large_is_not_taken() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
    let mut writer = Writer::with(&cluster, 1, ProduceSettings { record_bytes_max: 1_000, ..settings() });
    let longest = (0..1_000).rev().find(|length| writer.try_append(0, "x".repeat(*length)) == Taken::Yes).unwrap();
    assert_eq!(writer.producer.appended(), 1, "a record that is not taken has no number");
    writer.check_written();
    let bytes = cluster.edit(|script| script.sent("t", 0)[0].bytes.len());
    assert!((980..=1_000).contains(&bytes), "a value of {longest} bytes in {bytes}");
}

#[test]
fn a_full_buffer_takes_nothing_until_something_is_written() {
    let cases = [
        ProduceSettings { buffer_records_max: 10, ..settings() },
        ProduceSettings { buffer_bytes_max: 10 * 100 + 61, ..settings() },
    ];
    for settings in cases {
        let cluster = TestCluster::start(1).with([1, 1].map(TestPartition::new));
        cluster.fault(1, PRODUCE, Fault::Held);
        let mut writer = Writer::with(&cluster, 2, settings);
        let value = |number: usize| format!("{number:090}");
        let taken = (0..100).take_while(|number| writer.try_append(number % 2, value(*number)) == Taken::Yes).count();
        assert!((8..=10).contains(&taken), "{taken}");
        writer.idle();
        assert_eq!(writer.try_append(0, value(0)), Taken::Full);
        cluster.heal();
        writer.check_written();
        assert_eq!(writer.try_append(0, value(100)), Taken::Yes);
        writer.check_written();
    }
}

#[test]
fn a_record_larger_than_the_buffer_is_written_alone() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
    let mut writer = Writer::with(&cluster, 1, ProduceSettings { buffer_bytes_max: 500, ..settings() });
    for length in [10, 5_000, 10, 5_000] {
        writer.append_as(0, &"x".repeat(length));
        assert_eq!(writer.try_append(0, "x".repeat(5_000)), Taken::Full);
        writer.check_written();
    }
}

#[test]
fn connections_end_with_the_producer_though_responses_are_held() {
    let cluster = TestCluster::start(2).with([TestPartition::new(1), TestPartition::new(2)]);
    cluster.fault(1, PRODUCE, Fault::Held);
    let mut writer = Writer::new(&cluster, 2);
    (0..2).for_each(|partition| writer.append(partition));
    writer.until_requests(2);
    assert_eq!(cluster.open(), 3, "one of them for look-ups");
    let signal = writer.signal.clone();
    drop(writer);
    let begin = Instant::now();
    while cluster.edit(|script| script.open.values().any(|open| *open > 0)) {
        assert!(begin.elapsed() < PATIENCE, "a connection stays");
        signal.wait(Duration::from_millis(5));
    }
}
