//! Records are written unchanged, once and in order, or refused with the reason, by `millstream-wire` and by librdkafka.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test with a real broker, in real time")]

#[path = "support/records.rs"]
mod records;
#[path = "support/requests.rs"]
mod requests;
mod support;

use millstream_kafka::KafkaLog;
use millstream_log::LogError;
use records::{Written, check, numbered, records, write, write_all};
use requests::{create_with, wall_clock};
use support::Broker;

#[test]
fn records_are_written_unchanged_by_both_writers_with_every_compression() {
    let broker = Broker::shared();
    let own = KafkaLog::new(broker.bootstrap());
    let through_librdkafka = own.clone().with("fetch.client", "librdkafka").unwrap();
    let written = records();
    for client in ["millstream", "librdkafka"] {
        for codec in ["none", "gzip", "snappy", "lz4"] {
            let log = own.clone().with("produce.client", client).unwrap().with("compression.type", codec).unwrap();
            let partition = create_with(&log, &format!("by-{client}-{codec}"), 1, &[]);
            write_all(&log, &partition, &written);
            check(&own, &partition, 0, &written);
            check(&through_librdkafka, &partition, 0, &written);
        }
    }
}

/// A compacted topic accepts no record without a key, and refuses a batch that has one.
#[test]
fn of_a_batch_only_the_records_at_fault_are_refused() {
    let broker = Broker::shared();
    let log = KafkaLog::new(broker.bootstrap());
    let partition = create_with(&log, "compacted", 1, &[("cleanup.policy", "compact")]);
    let mut written = numbered(500);
    let is_at_fault = |number: usize| number % 7 == 3;
    (0..500).filter(|number| is_at_fault(*number)).for_each(|number| written[number].key = None);
    let refused = write(&log, &partition, &written);
    let is_named =
        |error: &LogError| matches!(error, LogError::Unsupported { partition: named, .. } if *named == partition);
    assert!(
        refused.len() == 71 && refused.iter().all(is_named),
        "{} were refused: {:?}",
        refused.len(),
        refused.first()
    );
    assert!(refused[0].to_string().contains("key"), "the broker's message: {}", refused[0]);
    let kept: Vec<Written> = written.into_iter().filter(|record| record.key.is_some()).collect();
    check(&log, &partition, 0, &kept);
}

#[test]
fn a_record_from_the_future_is_refused_if_the_topic_requires_it_and_the_others_are_written() {
    let broker = Broker::shared();
    let log = KafkaLog::new(broker.bootstrap());
    let partition = create_with(&log, "of-the-past", 1, &[("message.timestamp.after.max.ms", "3600000")]);
    let mut written = numbered(100);
    written[40].time = wall_clock().saturating_add(7_200_000);
    let refused = write(&log, &partition, &written);
    assert!(matches!(&refused[..], [LogError::Unsupported { .. }]), "{refused:?}");
    written.remove(40);
    check(&log, &partition, 0, &written);
}

#[test]
fn a_batch_that_is_too_large_for_its_topic_is_written_in_parts() {
    let broker = Broker::shared();
    let log = KafkaLog::new(broker.bootstrap());
    let partition = create_with(&log, "small-batches", 1, &[("max.message.bytes", "2000")]);
    let mut written = numbered(1_000);
    written[321].value = Some(vec![b'x'; 5_000]);
    let refused = write(&log, &partition, &written);
    let is_named = matches!(&refused[..], [LogError::RecordTooLarge { partition: named, size: 5_000.., .. }] if *named == partition);
    assert!(is_named, "{refused:?}");
    written.remove(321);
    check(&log, &partition, 0, &written);
}
