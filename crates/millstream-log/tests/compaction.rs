//! Compaction keeps the last record of each key, at its offset.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;

use millstream_log::in_process::Settings;
use millstream_log::{AdminRequest, InProcessLog, Log, LogError, LogEvent, Signal, StartAt};
use millstream_types::{Headers, Offset, RecordBytes};
use proptest::prelude::*;
use support::{at, poll, put, read_out, reader, stored, t0, topic};

/// A log whose compacted topic `t` is compacted as soon as it is half dirty.
fn compacted() -> InProcessLog {
    let log = InProcessLog::with_settings(Settings { compaction_bytes_min: 1, ..Settings::default() });
    log.create_topic_with(topic("t", 1, &[("cleanup.policy", "compact")])).unwrap();
    log
}

#[test]
fn the_last_record_of_each_key_stays_at_its_offset() {
    let log = compacted();
    for (number, key) in ["a", "b", "a", "c", "a", "b"].into_iter().enumerate() {
        assert_eq!(put(&log, 5, key, Some(&number.to_string())), Offset::new(number as i64));
    }
    let left = stored(&log);
    assert!(left.len() < 6 && left.ends_with(&["4:a=4".to_owned(), "5:b=5".to_owned()]), "{left:?}");
    assert_eq!(log.offset_range(&t0()).unwrap(), (Offset::ZERO, Offset::new(6)));
}

#[test]
fn a_reader_skips_gaps_from_any_offset() {
    let log = compacted();
    for round in 0..50 {
        for key in ["a", "b", "c"] {
            put(&log, 5, key, Some(&round.to_string()));
        }
    }
    let records = log.records("t").unwrap();
    assert!(records.len() < 30, "{} of 150 records are left", records.len());
    for from in 0..150 {
        let (seen, next) = read_out(&mut *reader(&log, &t0(), StartAt::Offset(Offset::new(from))));
        let expected = records.iter().filter(|record| record.offset >= Offset::new(from)).count();
        assert_eq!((seen.len(), next), (expected, Some(Offset::new(150))), "from {from}");
    }
}

#[test]
fn tombstones_stay_for_one_compaction() {
    let log = compacted();
    put(&log, 5, "gone", Some("x"));
    put(&log, 5, "gone", None);
    put(&log, 5, "other", Some("1"));
    assert!(stored(&log).contains(&"1:gone=null".to_owned()), "a reader of `gone` has to get its tombstone");
    for round in 2..40 {
        put(&log, 5, "other", Some(&round.to_string()));
    }
    assert!(!stored(&log).iter().any(|record| record.contains("gone")), "{:?}", stored(&log));
}

#[test]
fn a_tombstone_waits_for_the_slowest_reader() {
    let log = compacted();
    put(&log, 5, "gone", Some("x"));
    let mut slow = reader(&log, &t0(), StartAt::Earliest);
    let (seen, _) = read_out(&mut *slow);
    assert_eq!(seen, ["gone=x"]);
    put(&log, 5, "gone", None);
    for round in 0..100 {
        put(&log, 5, "other", Some(&round.to_string()));
    }
    let (seen, next) = read_out(&mut *slow);
    assert_eq!(seen.first().map(String::as_str), Some("gone=null"));
    assert_eq!(next, Some(Offset::new(102)));
    for round in 0..100 {
        put(&log, 5, "other", Some(&round.to_string()));
    }
    assert!(!stored(&log).iter().any(|record| record.contains("gone")), "now it has read it");
}

#[test]
fn a_partition_of_tombstones_ends_up_empty_and_a_reader_still_reaches_its_end() {
    let log = compacted();
    for round in 0..200 {
        put(&log, 5, &format!("k{}", round % 3), None);
    }
    let (_, next) = read_out(&mut *reader(&log, &t0(), StartAt::Earliest));
    assert_eq!(next, Some(Offset::new(200)));
}

#[test]
fn memory_depends_on_the_number_of_keys() {
    let log = InProcessLog::with_settings(Settings { compaction_bytes_min: 16 * 1024, ..Settings::default() });
    log.create_topic_with(topic("t", 1, &[("cleanup.policy", "compact")])).unwrap();
    for number in 0..20_000 {
        put(&log, 5, &format!("key-{}", number % 100), Some("0123456789"));
    }
    let bytes = log.topic_bytes("t").unwrap();
    assert!(bytes < 64 * 1024, "{bytes} bytes for 100 keys");
}

#[test]
fn records_may_be_deleted_after_compaction() {
    let log = compacted();
    for round in 0..10 {
        put(&log, 5, &format!("k{round}"), Some("v"));
    }
    let mut admin = log.admin("admin", &Signal::new()).unwrap();
    admin.request(AdminRequest::DeleteRecords(vec![(t0(), Offset::new(10))]));
    for round in 10..20 {
        put(&log, 5, &format!("k{}", round % 2), Some(&round.to_string()));
    }
    assert_eq!(log.offset_range(&t0()).unwrap(), (Offset::new(10), Offset::new(20)));
    assert!(stored(&log).len() < 10 && stored(&log).ends_with(&["19:k1=19".to_owned()]), "{:?}", stored(&log));
}

#[test]
fn a_record_without_a_key_is_refused() {
    let log = compacted();
    let direct = log.append(&t0(), &RecordBytes::new(at(1), None, Some(b"v")));
    assert!(matches!(direct, Err(LogError::Unsupported { .. })), "{direct:?}");
    let mut producer = log.producer("p", &Signal::new()).unwrap();
    producer.append(&t0().topic, t0().partition, &RecordBytes::new(at(1), None, Some(b"v")));
    let events = support::poll_producer(&mut *producer);
    assert!(matches!(&events[0], LogEvent::ProduceFailed { error: LogError::Unsupported { .. }, .. }), "{events:?}");
}

#[test]
fn headers_and_times_survive() {
    let log = compacted();
    let mut headers = Headers::new();
    headers.add("name", "value");
    log.append(&t0(), &RecordBytes::new(at(-7), Some(b"kept"), Some(b"")).with_headers(&headers)).unwrap();
    for _ in 0..100 {
        put(&log, 9, "other", Some("x"));
    }
    let kept = log.records("t").unwrap().remove(0);
    assert_eq!((kept.offset, kept.timestamp, kept.value, kept.headers), (Offset::ZERO, at(-7), Some(vec![]), headers));
}

proptest! {
    /// Readers of any speed end with the contents of a map.
    #[test]
    fn every_reader_ends_with_the_last_value_of_each_key(
        writes in prop::collection::vec((0..6_u8, prop::option::of(0..9_u8), any::<bool>()), 1..300),
    ) {
        let log = compacted();
        let mut reader = reader(&log, &t0(), StartAt::Earliest);
        let (mut expected, mut seen) = (BTreeMap::new(), BTreeMap::new());
        let mut read = |seen: &mut BTreeMap<Vec<u8>, Vec<u8>>| {
            for event in poll(&mut *reader, 0) {
                let LogEvent::Chunk(chunk) = event else { panic!("unexpected: {event:?}") };
                for record in chunk.iter() {
                    let key = record.key().unwrap().to_vec();
                    match record.value() {
                        Some(value) => drop(seen.insert(key, value.to_vec())),
                        None => drop(seen.remove(&key)),
                    }
                }
            }
        };
        for (key, value, reads) in writes {
            let (key, value) = ([key], value.map(|value| [value]));
            log.append(&t0(), &RecordBytes::new(at(1), Some(&key), value.as_ref().map(|value| &value[..]))).unwrap();
            match value {
                Some(value) => drop(expected.insert(key.to_vec(), value.to_vec())),
                None => drop(expected.remove(&key[..])),
            }
            if reads {
                read(&mut seen);
            }
        }
        (0..300).for_each(|_| read(&mut seen));
        prop_assert_eq!(seen, expected);
    }
}
