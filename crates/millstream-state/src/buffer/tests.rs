//! Tests of the buffer: its order, its bytes, its changelog in all versions, and its rollback.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use millstream_types::{Headers, Offset, Origin, Partition, Serde, Timestamp, Topic};

use super::*;
use crate::conformance::RecordedChangelog;
use crate::{AnyStore, NoChangelog, StoreIndex};

type Buffer = SuppressBuffer<String, String>;

fn buffer() -> Buffer {
    SuppressBuffer::new(options(), Serde::of_type(), Serde::of_type())
}

fn buffer_with_headers() -> Buffer {
    SuppressBuffer::new(StoreOptions { headers: true, ..options() }, Serde::of_type(), Serde::of_type())
}

fn options() -> StoreOptions {
    StoreOptions { caching: true, ..StoreOptions::new("b", StoreIndex::new(0), "app-b-changelog") }
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn context(millis: i64) -> BufferedContext {
    let origin = Origin { topic: Topic::from("in"), partition: Partition::new(3), offset: Offset::new(millis + 100) };
    BufferedContext { timestamp: at(millis), headers: Headers::new(), origin: Some(origin) }
}

fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

fn put(buffer: &mut Buffer, key: &str, time: i64, old: Option<&str>, new: Option<&str>) {
    let (old, new) = (old.map(str::to_owned), new.map(str::to_owned));
    buffer.put(&key.to_owned(), at(time), old, new, context(time), &mut NoChangelog).unwrap();
}

fn flush(buffer: &mut Buffer, log: &mut RecordedChangelog) {
    while AnyStore::has_dirty(buffer) {
        AnyStore::log_dirty(buffer, log, 1).unwrap();
    }
}

fn evicted(buffer: &mut Buffer) -> Vec<(String, Option<String>, Option<String>, i64)> {
    let mut all = Vec::new();
    while let Some(change) = buffer.evict(&mut NoChangelog).unwrap() {
        all.push((change.key, change.old, change.new, change.context.timestamp.as_millis()));
    }
    all
}

#[test]
fn a_change_is_looked_up_as_if_it_waited_until_it_is_forwarded() {
    let (mut buffer, key) = (buffer(), "b".to_owned());
    buffer.show_evicted();
    put(&mut buffer, "b", 20, text("p").as_deref(), Some("1"));
    put(&mut buffer, "b", 20, Some("1"), Some("2"));
    assert!(buffer.evict(&mut NoChangelog).unwrap().is_some());
    assert_eq!(buffer.prior(&key).unwrap(), Some(text("p").as_ref()));
    assert_eq!(buffer.prior(&"a".to_owned()).unwrap(), None);
    buffer.forget_evicted();
    assert_eq!(buffer.prior(&key).unwrap(), None);
}

#[test]
fn a_key_keeps_its_place_and_its_prior_value() {
    let mut buffer = buffer();
    put(&mut buffer, "b", 20, text("p").as_deref(), Some("1"));
    put(&mut buffer, "a", 20, None, Some("2"));
    put(&mut buffer, "c", 10, None, None);
    put(&mut buffer, "c", 30, Some("x"), Some("3"));
    assert_eq!(buffer.prior(&"b".to_owned()).unwrap(), Some(text("p").as_ref()));
    assert_eq!(buffer.prior(&"c".to_owned()).unwrap(), Some(None));
    assert_eq!(buffer.prior(&"d".to_owned()).unwrap(), None);
    let expected = [
        ("c".to_owned(), text("x"), text("3"), 30),
        ("a".to_owned(), None, text("2"), 20),
        ("b".to_owned(), text("p"), text("1"), 20),
    ];
    assert_eq!(evicted(&mut buffer), expected);
    assert_eq!((buffer.len(), buffer.min_time().unwrap(), buffer.bytes().unwrap()), (0, None, 0));
}

#[test]
fn bytes_are_those_of_kafka_streams() {
    // 8 for the time, 20 for the context, 2 for the topic's name.
    let fixed = 8 + 20 + 2;
    let mut buffer = buffer();
    put(&mut buffer, "key", 1, Some("prior"), Some("new"));
    assert_eq!(buffer.bytes().unwrap(), fixed + 3 + 5 + 3, "an old value that is the prior one counts once");
    put(&mut buffer, "key", 2, Some("old"), None);
    assert_eq!(buffer.bytes().unwrap(), fixed + 3 + 5 + 3);
    put(&mut buffer, "key", 2, Some("prior"), None);
    assert_eq!(buffer.bytes().unwrap(), fixed + 3 + 5, "also if it is the prior one again");
    let mut headers = Headers::new();
    headers.add("name", "value");
    headers.push(millstream_types::Header { name: "ß".to_owned(), value: None });
    let held = BufferedContext { headers, ..context(3) };
    buffer.put(&"k".to_owned(), at(3), None, text("v"), held, &mut NoChangelog).unwrap();
    assert_eq!(buffer.bytes().unwrap(), (fixed + 3 + 5) + (fixed + 1 + 1 + 4 + 5 + 1));
    evicted(&mut buffer);
    assert_eq!(buffer.bytes().unwrap(), 0);
}

/// The seeds 20 and 161 of the differential test: Kafka Streams 4.4 counted nine bytes more for each value, a size of 0 and a time.
#[test]
fn with_headers_a_value_counts_the_time_and_headers_of_its_record() {
    let (fixed, plain) = (8 + 20 + 2 + 3, 9);
    let mut buffer = buffer_with_headers();
    put(&mut buffer, "key", 1, Some("prior"), Some("new"));
    assert_eq!(buffer.bytes().unwrap(), fixed + (plain + 5) + (plain + 3));
    put(&mut buffer, "key", 2, Some("new"), None);
    assert_eq!(buffer.bytes().unwrap(), fixed + (plain + 5) + (plain + 3));
    put(&mut buffer, "key", 3, None, Some("n"));
    assert_eq!(buffer.bytes().unwrap(), fixed + (plain + 5) + (plain + 1));
    put(&mut buffer, "key", 4, Some("prior"), None);
    assert_eq!(buffer.bytes().unwrap(), fixed + 2 * (plain + 5), "the same value of another record counts, too");
    evicted(&mut buffer);
    assert_eq!(buffer.bytes().unwrap(), 0);
}

/// What is before a value: a size of 0 for no headers, and a time.
fn without_headers(millis: i64) -> Vec<u8> {
    [&[0][..], &millis.to_be_bytes()].concat()
}

#[test]
fn with_headers_a_change_is_logged_with_those_of_the_values_before_it() {
    let (mut buffer, mut log) = (buffer_with_headers(), RecordedChangelog::default());
    put(&mut buffer, "k", 5, Some("p"), Some("n"));
    flush(&mut buffer, &mut log);
    let mut headers = Headers::new();
    headers.add("h", "x");
    let held = BufferedContext { headers, ..context(6) };
    buffer.put(&"k".to_owned(), at(5), text("n"), text("o"), held, &mut NoChangelog).unwrap();
    flush(&mut buffer, &mut log);
    put(&mut buffer, "k", 7, Some("o"), Some("q"));
    flush(&mut buffer, &mut log);
    put(&mut buffer, "k", 8, Some("q"), None);
    put(&mut buffer, "k", 9, None, Some("r"));
    flush(&mut buffer, &mut log);
    buffer.evict(&mut log).unwrap();
    flush(&mut buffer, &mut log);
    let logged: Vec<_> =
        log.records.iter().map(|record| (record.headers.last("vh.prior"), record.headers.last("vh.old"))).collect();
    let (unknown, five) = (without_headers(-1), without_headers(5));
    let six = [&[10, 2, 2, b'h', 2, b'x'][..], &6_i64.to_be_bytes()].concat();
    let expected = [
        (None, Some(&*unknown)),
        (Some(&*unknown), Some(&*five)),
        (Some(&*unknown), Some(&*six)),
        (Some(&*unknown), None),
        (None, None),
    ];
    assert_eq!(logged, expected);
    assert!(log.records[..4].iter().all(|record| record.headers.last("v") == Some(&[3])));
    assert!(log.records[4].headers.is_empty(), "a delete has none");
}

/// The seed 7001135 of the differential test.
#[test]
fn with_headers_a_prior_value_that_comes_back_after_a_delete_is_logged_once() {
    let (mut buffer, mut log) = (buffer_with_headers(), RecordedChangelog::default());
    put(&mut buffer, "k", 5, Some(""), None);
    put(&mut buffer, "k", 5, Some(""), None);
    flush(&mut buffer, &mut log);
    let headers = &log.records[0].headers;
    assert_eq!((headers.last("vh.prior"), headers.last("vh.old")), (None, Some(&*without_headers(-1))));
}

#[test]
fn with_headers_a_restored_buffer_continues_as_the_lost_one() {
    let (mut lost, mut log) = (buffer_with_headers(), RecordedChangelog::default());
    put(&mut lost, "k", 5, Some("p"), Some("n"));
    put(&mut lost, "k", 6, Some("n"), Some("p"));
    put(&mut lost, "l", 5, Some("p"), Some("n"));
    put(&mut lost, "m", 5, Some("p"), Some("n"));
    put(&mut lost, "m", 6, Some("n"), Some("n"));
    put(&mut lost, "m", 7, Some("p"), Some("n"));
    flush(&mut lost, &mut log);
    let mut restored = buffer_with_headers();
    log.restore(&mut restored).unwrap();
    assert_eq!(restored.bytes().unwrap(), lost.bytes().unwrap());
    let [continued, expected] = [restored, lost].map(|mut buffer| {
        let mut log = RecordedChangelog::default();
        for key in ["k", "l", "m"] {
            put(&mut buffer, key, 9, Some("p"), Some("q"));
        }
        flush(&mut buffer, &mut log);
        log.records.into_iter().map(|record| (record.key, record.value, record.headers)).collect::<Vec<_>>()
    });
    assert_eq!(continued, expected);
}

/// As in Kafka Streams: they have no headers, and the time of the record that made the last change.
#[test]
fn with_headers_values_that_were_logged_without_them_are_restored() {
    let mut buffer = buffer_with_headers();
    let value = format!("{CONTEXT} 00000001 70 00000001 6f 00000001 6e 0000000000000003");
    restore(&mut buffer, "k", &value, &version(3)).unwrap();
    assert_eq!(buffer.bytes().unwrap(), 8 + 20 + 1 + 1 + 3 * (9 + 1));
    put(&mut buffer, "k", 20, Some("n"), Some("m"));
    let mut log = RecordedChangelog::default();
    flush(&mut buffer, &mut log);
    let headers = &log.records[0].headers;
    assert_eq!(headers.last("vh.prior"), Some(&*without_headers(12)));
    assert_eq!(headers.last("vh.old"), Some(&*without_headers(12)));
}

#[test]
fn a_flush_logs_each_key_once_and_deletes_those_that_were_taken_out() {
    let (mut buffer, mut log) = (buffer(), RecordedChangelog::default());
    put(&mut buffer, "a", 1, None, Some("1"));
    put(&mut buffer, "b", 2, None, Some("2"));
    put(&mut buffer, "a", 3, Some("1"), Some("3"));
    buffer.evict(&mut log).unwrap();
    flush(&mut buffer, &mut log);
    let keys: Vec<_> = log.records.iter().map(|record| (&*record.key, record.value.is_some())).collect();
    assert_eq!(keys, [(&b"b"[..], true), (&b"a"[..], false)]);
    assert!(log.records.iter().all(|record| record.timestamp == Timestamp::UNKNOWN));
    assert_eq!(log.records[0].headers.last("v"), Some(&[3][..]));
    assert!(log.records[1].headers.is_empty());
}

#[test]
fn the_value_in_the_changelog_is_version_3() {
    let (mut buffer, mut log) = (buffer(), RecordedChangelog::default());
    put(&mut buffer, "k", 5, Some("p"), Some("n"));
    flush(&mut buffer, &mut log);
    let context = hex("0000000000000005 0000000000000069 00000002 696e 00000003 00000000");
    let first = [&context[..], &hex("00000001 70  fffffffe  00000001 6e  0000000000000005")].concat();
    assert_eq!(log.records[0].value, Some(first));
    put(&mut buffer, "k", 5, Some("n"), None);
    flush(&mut buffer, &mut log);
    let second = [&context[..], &hex("00000001 70  00000001 6e  ffffffff  0000000000000005")].concat();
    assert_eq!(log.records[1].value, Some(second));
}

#[test]
fn a_restored_buffer_continues_as_the_lost_one() {
    let (mut lost, mut log) = (buffer(), RecordedChangelog::default());
    for (key, time, old, new) in [("a", 9, Some("p"), Some("1")), ("b", 4, None, Some("2")), ("a", 11, Some("1"), None)]
    {
        put(&mut lost, key, time, old, new);
        flush(&mut lost, &mut log);
    }
    put(&mut lost, "c", 1, None, Some("3"));
    lost.evict(&mut NoChangelog).unwrap();
    flush(&mut lost, &mut log);
    let mut restored = buffer();
    log.restore(&mut restored).unwrap();
    assert_eq!(restored.bytes().unwrap(), lost.bytes().unwrap());
    assert_eq!(restored.min_time().unwrap(), Some(at(4)));
    assert_eq!(restored.prior(&"a".to_owned()).unwrap(), Some(text("p").as_ref()));
    assert_eq!(evicted(&mut restored), evicted(&mut lost));
}

#[test]
fn a_rollback_returns_to_the_last_commit() {
    let (mut buffer, mut log) = (buffer(), RecordedChangelog::default());
    AnyStore::keep_undo_log(&mut buffer, usize::MAX).unwrap();
    put(&mut buffer, "a", 7, None, Some("1"));
    flush(&mut buffer, &mut log);
    AnyStore::committed(&mut buffer).unwrap();
    let bytes = buffer.bytes().unwrap();
    put(&mut buffer, "a", 8, Some("1"), Some("longer"));
    put(&mut buffer, "b", 1, None, Some("2"));
    buffer.evict(&mut log).unwrap();
    assert_eq!(AnyStore::roll_back(&mut buffer), 2);
    assert_eq!((buffer.len(), buffer.bytes().unwrap(), buffer.min_time().unwrap()), (1, bytes, Some(at(7))));
    assert_eq!(evicted(&mut buffer), [("a".to_owned(), None, text("1"), 7)]);
}

/// Bytes written as hexadecimal digits, with spaces between parts.
fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|digit| *digit != b' ').collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// The context of a record of topic `t`, partition 0, without headers as Kafka Streams wrote them.
const CONTEXT: &str = "000000000000000c 0000000000000022 00000001 74 00000000 ffffffff";

fn version(number: u8) -> Headers {
    let mut headers = Headers::new();
    headers.add("v", [number]);
    headers
}

fn restore(buffer: &mut Buffer, key: &str, value: &str, headers: &Headers) -> Result<(), StoreError> {
    buffer.restore_with_headers(key.as_bytes(), Some(&hex(value)), at(77), headers)?;
    AnyStore::restored_to(buffer, Offset::new(1))
}

#[test]
fn older_versions_are_restored() {
    let (old, new) = ("00000001 6f", "00000001 6e");
    let change = format!("{old} {new}");
    let time = "0000000000000003";
    let cases = [
        (Headers::new(), format!("{time} {change}"), "o", 77),
        (version(1), format!("{time} {CONTEXT} 0000000a {change}"), "o", 12),
        (version(2), format!("{CONTEXT} 0000000a {change} 00000001 70 {time}"), "p", 12),
        (version(2), format!("{CONTEXT} 00000001 70 {old} {new} {time}"), "p", 12),
        (version(3), format!("{CONTEXT} 00000001 70 {old} {new} {time}"), "p", 12),
    ];
    for (headers, value, prior, timestamp) in cases {
        let mut buffer = buffer();
        restore(&mut buffer, "k", &value, &headers).unwrap();
        assert_eq!(buffer.min_time().unwrap(), Some(at(3)), "{headers:?}");
        assert_eq!(buffer.prior(&"k".to_owned()).unwrap(), Some(text(prior).as_ref()), "{headers:?}");
        assert_eq!(evicted(&mut buffer), [("k".to_owned(), text("o"), text("n"), timestamp)], "{headers:?}");
    }
}

#[test]
fn a_version_without_prior_values_keeps_that_of_the_first_change() {
    let mut buffer = buffer();
    restore(&mut buffer, "k", "0000000000000003 00000001 61 00000001 62", &Headers::new()).unwrap();
    restore(&mut buffer, "k", "0000000000000003 00000001 62 00000001 63", &Headers::new()).unwrap();
    assert_eq!(buffer.prior(&"k".to_owned()).unwrap(), Some(text("a").as_ref()));
    assert_eq!(evicted(&mut buffer), [("k".to_owned(), text("b"), text("c"), 77)]);
}

#[test]
fn damaged_and_unknown_versions_are_errors() {
    let whole = format!("{CONTEXT} 00000001 70 fffffffe 00000001 6e 0000000000000003");
    let bytes = hex(&whole);
    for number in [0, 1, 2, 3] {
        let headers = if number == 0 { Headers::new() } else { version(number) };
        for length in 0..bytes.len() {
            let mut buffer = buffer();
            let restored = buffer.restore_with_headers(b"k", Some(&bytes[..length]), at(1), &headers);
            assert!(restored.is_err() || number == 0, "version {number}, {length} bytes");
        }
    }
    for value in ["", "00", "ff".repeat(40).as_str(), "7f".repeat(60).as_str()] {
        for number in [1, 2, 3] {
            assert!(restore(&mut buffer(), "k", value, &version(number)).is_err(), "version {number}: {value}");
        }
    }
    let unknown = restore(&mut buffer(), "k", &whole, &version(9)).unwrap_err().to_string();
    assert!(unknown.contains("no version [9]"), "{unknown}");
}

/// What a buffer holds: by key the time, the prior, the old and the new value.
type Model = BTreeMap<String, (i64, Option<String>, Option<String>, Option<String>)>;

#[test]
fn it_behaves_as_a_map_ordered_by_time() {
    let mut numbers = (1_u64..).map(|seed| seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33);
    let mut next = |below: u64| numbers.next().unwrap() % below;
    let (mut buffer, mut log, mut model) = (buffer(), RecordedChangelog::default(), Model::new());
    for step in 0..3_000 {
        let key = format!("k{}", next(7));
        match next(10) {
            0..6 => {
                let time = next(50).cast_signed();
                let old = (next(2) == 0).then(|| format!("o{}", next(4)));
                let new = (next(3) > 0).then(|| format!("n{step}"));
                put(&mut buffer, &key, time, old.as_deref(), new.as_deref());
                let row = model.entry(key).or_insert((time, old.clone(), None, None));
                (row.2, row.3) = (old, new);
            }
            6..8 => {
                let first = model.iter().min_by_key(|(key, row)| (row.0, (*key).clone())).map(|(key, _)| key.clone());
                let expected = first.map(|key| (key.clone(), model.remove(&key).unwrap()));
                let got = buffer.evict(&mut log).unwrap();
                let got = got.map(|change| (change.key, change.old, change.new));
                assert_eq!(got, expected.map(|(key, row)| (key, row.2, row.3)), "step {step}");
            }
            8 => flush(&mut buffer, &mut log),
            _ => {
                flush(&mut buffer, &mut log);
                buffer = self::buffer();
                log.restore(&mut buffer).unwrap();
            }
        }
        let first = model.values().map(|row| at(row.0)).min();
        assert_eq!((buffer.len(), buffer.min_time().unwrap()), (model.len(), first), "step {step}");
        for (key, row) in &model {
            assert_eq!(buffer.prior(key).unwrap(), Some(row.1.as_ref()), "step {step}");
        }
    }
}
