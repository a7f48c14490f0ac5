//! Records that are refused, and the records around them.

use super::*;
use crate::batch::Compression;
use crate::testing::{Fault, PRODUCE, SentBatch, TestPartition};

/// The failures that were reported: the partition, the number of records and the code.
fn failures(writer: &mut Writer<'_>) -> Vec<(u32, usize, i16)> {
    let events = std::mem::take(&mut writer.events).into_iter().map(|event| match event {
        ProduceEvent::Failed { partition, records, code, .. } => (partition.partition.number(), records, code),
        other => panic!("{other:?}"),
    });
    events.collect()
}

/// Brokers that wait until all is appended.
fn held(partitions: &[i32]) -> TestCluster {
    let cluster = TestCluster::start(2).with(partitions.iter().map(|leader| TestPartition::new(*leader)));
    cluster.fault(1, PRODUCE, Fault::Held);
    cluster
}

/// Checks that sequence numbers continue without a gap, whatever was refused.
#[track_caller]
fn check_one_producer(writer: &Writer<'_>) {
    assert_eq!(writer.producers(), 1, "a sequence was wrong");
}

#[test]
fn a_batch_that_is_too_large_is_halved_until_it_fits() {
    for batch_bytes_max in [110, 160, 400, 3_000] {
        let cluster = held(&[1, 1]);
        cluster.edit(|script| script.partition("t", 0).batch_bytes_max = Some(batch_bytes_max));
        let mut writer = Writer::new(&cluster, 2);
        for number in 0..301 {
            writer.append(number % 2);
            if number == 100 {
                writer.until_requests(1);
            }
        }
        cluster.heal();
        writer.check_written();
        check_one_producer(&writer);
        let batches = cluster.edit(|script| script.partition("t", 0).batches.len());
        assert!(batches <= 3 * 151 * 25 / (batch_bytes_max - 61), "{batches} batches of {batch_bytes_max} bytes");
    }
}

#[test]
fn a_record_that_is_too_large_fails_alone() {
    for index in [0, 1, 49, 99] {
        for compression in [Compression::None, Compression::Lz4] {
            let cluster = held(&[1, 1]);
            cluster.edit(|script| script.partition("t", 0).batch_bytes_max = Some(4_000));
            let mut writer = Writer::with(&cluster, 2, ProduceSettings { compression, ..settings() });
            for number in 0..100 {
                let noise: String = (0..1_500u64).map(|at| format!("{:04x}", hash(at) as u16)).collect();
                writer.append_as(0, if number == index { &noise } else { "" });
                writer.append(1);
            }
            cluster.heal();
            writer.check_written_but(|value| value.len() > 100);
            assert_eq!(failures(&mut writer), [(0, 1, 10)]);
            check_one_producer(&writer);
        }
    }
}

/// Digits that no compression makes smaller.
fn hash(number: u64) -> u64 {
    (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 17
}

#[test]
fn records_at_fault_fail_and_the_others_are_written() {
    let cases: [&[usize]; 6] = [&[0], &[19], &[5, 6, 7], &[0, 9, 10, 19], &[10], &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]];
    for bad in cases {
        let cluster = held(&[1, 1]);
        cluster.edit(|script| script.partition("t", 0).refused_values = Some(b"bad".to_vec()));
        let mut writer = Writer::new(&cluster, 2);
        for number in 0..20 {
            writer.append_as(0, if bad.contains(&number) { "bad" } else { "" });
            writer.append(1);
            if number == 9 {
                writer.until_requests(1);
            }
        }
        cluster.heal();
        writer.check_written_but(|value| value.starts_with("bad"));
        let failures = failures(&mut writer);
        assert!(failures.iter().all(|(partition, _, code)| (*partition, *code) == (0, 87)), "{failures:?}");
        check_one_producer(&writer);
    }
}

#[test]
fn the_brokers_message_about_records_at_fault_is_reported() {
    let cluster = held(&[1]);
    cluster.edit(|script| script.partition("t", 0).refused_values = Some(b"bad".to_vec()));
    let mut writer = Writer::new(&cluster, 1);
    ["", "bad", "", "bad"].into_iter().for_each(|words| writer.append_as(0, words));
    cluster.heal();
    writer.check_written_but(|value| value.starts_with("bad"));
    let [ProduceEvent::Failed { bytes, message, contents, .. }] = &writer.events[..] else {
        panic!("{:?}", writer.events)
    };
    let refused: Vec<_> = contents.iter().map(|record| record.value.as_deref()).collect();
    assert_eq!(refused, [Some(&b"bad0:1"[..]), Some(b"bad0:3")], "for a dead-letter queue");
    assert_eq!(message.as_deref(), Some("values are refused"));
    assert_eq!(*bytes, cluster.edit(|script| script.sent("t", 0)[0].bytes.len()), "the batch that was sent");
}

#[test]
fn a_batch_that_is_refused_fails_and_what_follows_is_written() {
    for code in [17, 29, 31, 32, 76, 87] {
        let cluster = held(&[1, 1]);
        cluster.edit(|script| script.partition("t", 0).produce_errors.push_back(code));
        let mut writer = Writer::with(&cluster, 2, ProduceSettings { batch_bytes_max: 400, ..settings() });
        (0..6).for_each(|number| writer.append_as(number % 2, "first"));
        writer.until_requests(1);
        (0..200).for_each(|number| writer.append(number % 2));
        writer.idle();
        cluster.heal();
        writer.check_written_but(|value| value.starts_with("first0"));
        assert_eq!(failures(&mut writer), [(0, 3, code)]);
        check_one_producer(&writer);
        let sent = cluster.edit(|script| script.sent("t", 0));
        assert_eq!(sent[1].base_sequence, 0, "the first that is taken has the first sequence");
    }
}

#[test]
fn every_second_batch_may_be_refused() {
    let cluster = held(&[1]);
    cluster.edit(|script| script.partition("t", 0).produce_errors = [29, 19, 87, 29].into());
    let mut writer = Writer::with(&cluster, 1, ProduceSettings { batch_bytes_max: 200, ..settings() });
    (0..100).for_each(|_| writer.append(0));
    cluster.heal();
    writer.until_completed();
    let failed: usize = failures(&mut writer).iter().map(|(_, records, _)| records).sum();
    // After 19 the batch may be in the log, so that the next one cannot have its number.
    assert_eq!(writer.producers(), 2);
    writer.check_written_but(|value| value[2..].parse::<usize>().unwrap() < failed);
}

#[test]
fn after_an_unknown_server_error_the_batch_fails_and_writing_continues_with_a_new_producer_id() {
    for code in [-1, 22, 99] {
        let cluster = held(&[1, 1]);
        cluster.edit(|script| script.partition("t", 0).produce_errors.push_back(code));
        let mut writer = Writer::with(&cluster, 2, ProduceSettings { batch_bytes_max: 400, ..settings() });
        (0..6).for_each(|number| writer.append_as(number % 2, "first"));
        writer.until_requests(1);
        (0..200).for_each(|number| writer.append(number % 2));
        cluster.heal();
        writer.check_written_but(|value| value.starts_with("first0"));
        assert_eq!(failures(&mut writer), [(0, 3, code)]);
        assert_eq!(writer.producers(), 2);
        let who = |number| cluster.edit(|script| script.sent("t", number)).into_iter().map(|sent| sent.producer_id);
        assert!(who(0).skip(1).all(|id| id == 1001) && who(1).all(|id| id == 1000), "other partitions keep theirs");
        let first = cluster.edit(|script| script.sent("t", 0)).remove(1);
        assert!(matches!(first, SentBatch { base_sequence: 0, .. }), "{first:?}");
    }
}

#[test]
fn a_batch_that_may_be_in_the_log_and_is_refused_then_is_not_taken_for_another() {
    for (first, then) in [(Some(7), 29), (Some(20), 87), (None, 31)] {
        let cluster = held(&[1]);
        cluster.edit(|script| script.partition("t", 0).produce_errors_after_append.extend(first));
        let mut writer = Writer::new(&cluster, 1);
        writer.step = Duration::from_millis(10);
        (0..5).for_each(|_| writer.append(0));
        writer.until_requests(1);
        (0..5).for_each(|_| writer.append(0));
        cluster.edit(|script| script.partition("t", 0).produce_errors.push_back(then));
        match first {
            Some(_) => cluster.heal(),
            None => cluster.fault(1, PRODUCE, Fault::CutAt(3)),
        }
        writer.until_completed();
        assert_eq!(failures(&mut writer), [(0, 5, then)]);
        let written = cluster.edit(|script| writer.partitions[0].written(script));
        assert_eq!(written, writer.partitions[0].values, "the first five are there all the same");
    }
}
