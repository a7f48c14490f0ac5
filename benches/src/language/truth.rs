//! What the output must be, computed from the input without the library.

use std::collections::{BTreeMap, HashMap};

use millstream_log::in_process::StoredRecord;

use super::input::{Input, KEYS, RECORDS};
use super::topologies::{Language, SPAN, WINDOW};

/// The number of results, and the sum of their counts.
#[derive(Debug, PartialEq, Eq)]
struct Total {
    rows: u64,
    sum: u64,
}

/// Panics if the output is another one.
pub(super) fn check(language: Language, output: &[StoredRecord]) {
    match language {
        Language::Nothing | Language::GlobalJoin => assert_eq!(output.len() as u64, RECORDS),
        Language::StreamJoin => assert_eq!(output.len() as u64, pairs()),
        Language::TableJoin | Language::ForeignKeyJoin => assert_eq!(last_rows(output).len(), keys()),
        Language::TableCount => assert_eq!(total(output).sum, keys() as u64, "every row is in one group"),
        Language::SessionCount => assert_eq!(total(output).sum, RECORDS, "every record is in one session"),
        Language::SlidingCount => assert_eq!(total(output), sliding_windows()),
        Language::Suppress => assert_eq!(total(output).sum, in_closed_windows()),
    }
}

/// The last value of each key that was not deleted.
fn last_rows(output: &[StoredRecord]) -> BTreeMap<&[u8], &[u8]> {
    let mut rows = BTreeMap::new();
    for record in output {
        let key = record.key.as_deref().unwrap_or_default();
        match record.value.as_deref() {
            Some(value) => _ = rows.insert(key, value),
            None => _ = rows.remove(key),
        }
    }
    rows
}

fn total(output: &[StoredRecord]) -> Total {
    let rows = last_rows(output);
    let count = |value: &[u8]| value.try_into().map_or(0, i64::from_be_bytes).unsigned_abs();
    Total { rows: rows.len() as u64, sum: rows.values().map(|value| count(value)).sum() }
}

/// How many different keys the records have.
fn keys() -> usize {
    let mut seen = vec![false; KEYS as usize];
    Input::all().for_each(|input| seen[input.key as usize] = true);
    seen.into_iter().filter(|seen| *seen).count()
}

/// The times of each key's records, in order.
fn times() -> HashMap<u64, Vec<i64>> {
    let mut times: HashMap<u64, Vec<i64>> = HashMap::new();
    Input::all().for_each(|input| times.entry(input.key).or_default().push(input.time_ms));
    times
}

/// How many pairs of an even and an odd record of a key are close enough.
fn pairs() -> u64 {
    let (mut kept, mut pairs) = (HashMap::<(u64, bool), Vec<i64>>::new(), 0);
    for Input { number, key, time_ms } in Input::all() {
        let is_even = number.is_multiple_of(2);
        let others = kept.get(&(key, !is_even)).map_or(&[][..], Vec::as_slice);
        pairs += others.iter().rev().take_while(|other| time_ms - **other <= span_ms()).count();
        kept.entry((key, is_even)).or_default().push(time_ms);
    }
    pairs as u64
}

/// Windows end at a record, or begin right after one and have a record.
fn sliding_windows() -> Total {
    let mut all = Total { rows: 0, sum: 0 };
    for mut times in times().into_values() {
        let records = times.clone();
        times.dedup();
        let starts = times.iter().flat_map(|time| [time - span_ms(), time + 1]);
        let counts: BTreeMap<i64, usize> = starts
            .map(|start| {
                let first = records.partition_point(|time| *time < start);
                (start, records.partition_point(|time| *time <= start + span_ms()) - first)
            })
            .collect();
        all.rows += counts.values().filter(|count| **count > 0).count() as u64;
        all.sum += counts.values().sum::<usize>() as u64;
    }
    all
}

/// The records of all windows but the last, which no later record closes.
fn in_closed_windows() -> u64 {
    let window_ms = i64::try_from(WINDOW.as_millis()).unwrap_or(i64::MAX);
    let last = Input::all().last().map_or(0, |input| input.time_ms / window_ms);
    Input::all().filter(|input| input.time_ms / window_ms < last).count() as u64
}

fn span_ms() -> i64 {
    i64::try_from(SPAN.as_millis()).unwrap_or(i64::MAX)
}
