//! The expected output of a workload, generated from the seed, and its check.

use std::hash::{DefaultHasher, Hasher};

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use millstream::logs::RecordView;

use super::records::{Made, PARTITIONS, row_value};
use super::{Case, JOINED_BYTES, WINDOW, Workload};
use crate::Outcome;
use crate::broker::BrokerClient;

/// The expected content of the output topic.
pub(crate) enum Truth {
    /// These records in this order, by partition: a fingerprint of each.
    Sequence(Vec<Fingerprint>),
    /// The final count of each key.
    Counts(Counts),
}

type Counts = HashMap<Vec<u8>, i64, FixedState>;

/// How many records there were, and a hash of all of them in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    records: u64,
    hash: u64,
}

impl Fingerprint {
    fn add(&mut self, timestamp_ms: i64, key: &[u8], value: &[u8]) {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(self.hash);
        hasher.write_i64(timestamp_ms);
        hasher.write_usize(key.len());
        hasher.write(key);
        hasher.write(value);
        *self = Self { records: self.records + 1, hash: hasher.finish() };
    }
}

impl Truth {
    /// The expected output of a case whose table has this many records.
    pub(crate) fn of(case: Case, row_records: u64) -> Self {
        let workload = case.workload;
        let mut sequence = vec![Fingerprint::default(); PARTITIONS as usize];
        let mut counts = Counts::default();
        let mut count = |key: Vec<u8>| *counts.entry(key).or_default() += 1;
        case.input().for_each(case.records, |record| match workload {
            Workload::Filter => {}
            Workload::PassThrough => add(&mut sequence, record, record.value),
            Workload::Join => {
                let row = row_value(record.key.unwrap_or_default(), row_records, case.keys);
                add(&mut sequence, record, &[&row, &record.value[..JOINED_BYTES]].concat());
            }
            Workload::WordCount => count(record.value.to_vec()),
            Workload::KeyedCount | Workload::LargeCount => count(record.key.unwrap_or_default().to_vec()),
            Workload::WindowCount => count(windowed_key(record)),
        });
        match workload {
            Workload::Filter | Workload::PassThrough | Workload::Join => Self::Sequence(sequence),
            _ => Self::Counts(counts),
        }
    }

    /// An error if this topic has other content.
    pub(crate) fn check(&self, client: &BrokerClient, output: &str) -> Outcome<()> {
        match self {
            Self::Sequence(expected) => {
                let mut found = vec![Fingerprint::default(); PARTITIONS as usize];
                client.read(output, |partition, record| {
                    let (key, value) = (record.key().unwrap_or_default(), record.value().unwrap_or_default());
                    found[partition as usize].add(record.timestamp().as_millis(), key, value);
                })?;
                equal(expected, &found)
            }
            Self::Counts(expected) => {
                let mut found = Counts::with_capacity_and_hasher(expected.len(), FixedState::default());
                client.read(output, |_, record| take_count(&mut found, record))?;
                same_counts(expected, &found)
            }
        }
    }
}

fn add(sequence: &mut [Fingerprint], record: &Made<'_>, value: &[u8]) {
    sequence[record.partition as usize].add(record.timestamp_ms, record.key.unwrap_or_default(), value);
}

/// A key and the start of its window, as windowed keys are written: behind it, in eight bytes.
fn windowed_key(record: &Made<'_>) -> Vec<u8> {
    let window_ms = i64::try_from(WINDOW.as_millis()).unwrap_or(i64::MAX);
    let start = record.timestamp_ms - record.timestamp_ms % window_ms;
    [record.key.unwrap_or_default(), &start.to_be_bytes()].concat()
}

fn take_count(found: &mut Counts, record: RecordView<'_>) {
    let count = record.value().and_then(|value| value.try_into().ok()).map_or(-1, i64::from_be_bytes);
    *found.entry_ref(record.key().unwrap_or_default()).or_insert(0) = count;
}

fn equal(expected: &[Fingerprint], found: &[Fingerprint]) -> Outcome<()> {
    if expected == found {
        return Ok(());
    }
    Err(format!("the output is wrong: expected {expected:?}, found {found:?}").into())
}

fn same_counts(expected: &Counts, found: &Counts) -> Outcome<()> {
    let wrong = expected.iter().find(|(key, count)| found.get(*key) != Some(*count));
    if let Some((key, count)) = wrong {
        let (key, found) = (String::from_utf8_lossy(key), found.get(key));
        return Err(format!("the output is wrong: {key} was counted {found:?} instead of {count}").into());
    }
    if found.len() != expected.len() {
        return Err(format!("the output is wrong: {} keys instead of {}", found.len(), expected.len()).into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(records: &[(i64, &str, &str)]) -> Vec<Fingerprint> {
        let mut fingerprint = Fingerprint::default();
        records.iter().for_each(|(time, key, value)| fingerprint.add(*time, key.as_bytes(), value.as_bytes()));
        vec![fingerprint]
    }

    #[test]
    fn records_lost_doubled_swapped_or_changed_are_noticed() {
        let expected = fingerprint(&[(1, "a", "x"), (2, "b", "y")]);
        assert!(equal(&expected, &fingerprint(&[(1, "a", "x"), (2, "b", "y")])).is_ok());
        for wrong in [
            fingerprint(&[(1, "a", "x")]),
            fingerprint(&[(1, "a", "x"), (2, "b", "y"), (2, "b", "y")]),
            fingerprint(&[(2, "b", "y"), (1, "a", "x")]),
            fingerprint(&[(1, "a", "x"), (3, "b", "y")]),
            fingerprint(&[(1, "ax", ""), (2, "b", "y")]),
        ] {
            assert!(equal(&expected, &wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_wrong_missing_or_foreign_count_is_noticed() {
        let counts = |counts: &[(&str, i64)]| -> Counts {
            counts.iter().map(|(key, count)| (key.as_bytes().to_vec(), *count)).collect()
        };
        let expected = counts(&[("a", 1), ("b", 2)]);
        assert!(same_counts(&expected, &counts(&[("b", 2), ("a", 1)])).is_ok());
        for wrong in [counts(&[("a", 1)]), counts(&[("a", 1), ("b", 3)]), counts(&[("a", 1), ("b", 2), ("c", 1)])] {
            assert!(same_counts(&expected, &wrong).is_err(), "{wrong:?}");
        }
    }
}
