//! The expected counts.

use std::time::Duration;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::super::records::{CLOSE_MS, Made, NUMBER_DIGITS, PARTITIONS, last_count};
use super::super::{CLOSING_WINDOW, Case, GROUP_DIGITS, SPAN, WINDOW, Workload};
use super::Rows;

/// The counts of a case whose store had this many records already; `None` if it does not count.
pub(super) fn of(case: Case, restored: u64) -> Option<Rows> {
    let key = |record: &Made<'_>| record.key.unwrap_or_default().to_vec();
    Some(match case.workload {
        Workload::WordCount => all(case, |record| record.value.to_vec()),
        Workload::KeyedCount | Workload::LargeCount => all(case, key),
        Workload::WindowCount => in_windows(case, restored),
        Workload::Suppress => in_closed_windows(case),
        Workload::SessionCount => in_sessions(case, restored),
        Workload::SlidingCount => in_sliding_windows(case),
        Workload::TableCount => of_groups(case),
        _ => return None,
    })
}

/// Counts by the bytes of their keys.
#[derive(Default)]
struct Counts(HashMap<Vec<u8>, i64, FixedState>);

impl Counts {
    fn add(&mut self, key: Vec<u8>, count: i64) {
        *self.0.entry(key).or_default() += count;
    }

    fn into_rows(self) -> Rows {
        self.0.into_iter().map(|(key, count)| (key, count.to_be_bytes().to_vec())).collect()
    }
}

/// Counts every record of a case, by the key that this function returns.
fn all(case: Case, key: impl Fn(&Made<'_>) -> Vec<u8>) -> Rows {
    let mut counts = Counts::default();
    case.input().for_each(case.records, |record| counts.add(key(record), 1));
    counts.into_rows()
}

/// Counts in windows of 10 s, where the store had this many records already, all of the first window.
fn in_windows(case: Case, restored: u64) -> Rows {
    let mut counts = Counts::default();
    case.input().for_each(case.records, |record| {
        let (key, windowed) = (record.key.unwrap_or_default(), windowed_key(record, WINDOW));
        if restored > 0 && !counts.0.contains_key(&windowed) {
            counts.add(windowed.clone(), last_count(key, restored, case.keys));
        }
        counts.add(windowed, 1);
    });
    counts.into_rows()
}

/// Counts in windows of 1 s that have closed: a later record of the same partition is not older than the window's end.
fn in_closed_windows(case: Case) -> Rows {
    let mut counts: Vec<_> = (0..PARTITIONS).map(|_| Counts::default()).collect();
    let mut newest = vec![0; counts.len()];
    case.input().for_each(case.records, |record| {
        counts[record.partition as usize].add(windowed_key(record, CLOSING_WINDOW), 1);
        newest[record.partition as usize] = record.timestamp_ms;
    });
    let mut closed = Counts::default();
    for (counts, newest) in counts.into_iter().zip(newest) {
        let of_partition = counts.0.into_iter().filter(|(key, _)| start_of(key) + millis(CLOSING_WINDOW) <= newest);
        closed.0.extend(of_partition);
    }
    closed.into_rows()
}

/// Counts in sessions, where the store had this many records already, whose sessions are close to the first record.
fn in_sessions(case: Case, restored: u64) -> Rows {
    struct Session {
        start: i64,
        end: i64,
        count: i64,
    }
    let (mut open, mut counts) = (HashMap::<Vec<u8>, Session, FixedState>::default(), Counts::default());
    let mut close = |key: &[u8], session: &Session| {
        counts.add([key, &session.end.to_be_bytes(), &session.start.to_be_bytes()].concat(), session.count);
    };
    case.input().for_each(case.records, |record| {
        let (key, time) = (record.key.unwrap_or_default(), record.timestamp_ms);
        let before = || match restored {
            0 => Session { start: time, end: time, count: 0 },
            _ => Session { start: CLOSE_MS, end: CLOSE_MS, count: last_count(key, restored, case.keys) },
        };
        let session = open.entry_ref(key).or_insert_with(before);
        if time - session.end > millis(SPAN) {
            close(key, session);
            *session = Session { start: time, end: time, count: 0 };
        }
        (session.end, session.count) = (time, session.count + 1);
    });
    open.iter().for_each(|(key, session)| close(key, session));
    counts.into_rows()
}

/// Counts in sliding windows: those that end at a record, and those that begin right after one and have a record.
fn in_sliding_windows(case: Case) -> Rows {
    let mut times = HashMap::<Vec<u8>, Vec<i64>, FixedState>::default();
    case.input().for_each(case.records, |record| {
        times.entry_ref(record.key.unwrap_or_default()).or_default().push(record.timestamp_ms);
    });
    let mut rows = Rows::default();
    for (key, records) in times {
        for start in records.iter().flat_map(|time| [time - millis(SPAN), time + 1]) {
            let first = records.partition_point(|time| *time < start);
            let count = records.partition_point(|time| *time <= start + millis(SPAN)) - first;
            if count > 0 {
                rows.insert([&key, &start.to_be_bytes()[..]].concat(), (count as i64).to_be_bytes().to_vec());
            }
        }
    }
    rows
}

/// Counts the rows of a table of all records by their group.
fn of_groups(case: Case) -> Rows {
    let mut table = HashMap::<Vec<u8>, Vec<u8>, FixedState>::default();
    case.input().for_each(case.records, |record| {
        let group = &record.value[NUMBER_DIGITS - GROUP_DIGITS..NUMBER_DIGITS];
        table.insert(record.key.unwrap_or_default().to_vec(), group.to_vec());
    });
    let mut counts = Counts::default();
    table.into_values().for_each(|group| counts.add(group, 1));
    counts.into_rows()
}

/// A key and the start of its window, as windowed keys are written: behind it, in eight bytes.
fn windowed_key(record: &Made<'_>, window: Duration) -> Vec<u8> {
    let start = record.timestamp_ms - record.timestamp_ms % millis(window);
    [record.key.unwrap_or_default(), &start.to_be_bytes()].concat()
}

/// The start of a windowed key's window.
fn start_of(key: &[u8]) -> i64 {
    key.last_chunk().map_or(0, |start| i64::from_be_bytes(*start))
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
