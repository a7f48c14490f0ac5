//! The expected output of a workload, generated from the seed, and its check.

mod counts;
mod joins;

use std::hash::{DefaultHasher, Hasher};

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use millstream::logs::RecordView;

use super::records::{Made, PARTITIONS};
use super::{Case, Workload};
use crate::Outcome;
use crate::broker::BrokerClient;

/// The expected content of the output topic.
pub(crate) enum Truth {
    /// These records in this order, by partition: a fingerprint of each.
    Sequence(Vec<Fingerprint>),
    /// These rows in the end, however often each was updated.
    Rows(Rows),
    /// These rows, each written once.
    FinalRows(Rows),
}

/// Values by keys, without those that were deleted. A count of nothing is none.
type Rows = HashMap<Vec<u8>, Vec<u8>, FixedState>;

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
    /// The expected output of a case whose table or stores have this many records.
    pub(crate) fn of(case: Case, row_records: u64) -> Self {
        match case.workload {
            Workload::Filter => Self::Sequence(vec![Fingerprint::default(); PARTITIONS as usize]),
            Workload::TableJoin | Workload::ForeignKeyJoin => Self::Rows(joins::of_tables(case, row_records)),
            Workload::Suppress => Self::FinalRows(counts::of(case, row_records).unwrap_or_default()),
            _ => match counts::of(case, row_records) {
                Some(counts) => Self::Rows(counts),
                None => Self::Sequence(joins::of_streams(case, row_records)),
            },
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
            Self::Rows(expected) => same_rows(expected, &read_rows(client, output)?.0),
            Self::FinalRows(expected) => {
                let (found, records) = read_rows(client, output)?;
                same_rows(expected, &found)?;
                written_once(&found, records)
            }
        }
    }
}

fn add(sequence: &mut [Fingerprint], record: &Made<'_>, value: &[u8]) {
    sequence[record.partition as usize].add(record.timestamp_ms, record.key.unwrap_or_default(), value);
}

/// The rows that a topic ends with, and how many records it has.
fn read_rows(client: &BrokerClient, topic: &str) -> Outcome<(Rows, usize)> {
    let (mut found, mut records) = (Rows::default(), 0);
    client.read(topic, |_, record| {
        records += 1;
        take_row(&mut found, record);
    })?;
    Ok((found, records))
}

fn take_row(found: &mut Rows, record: RecordView<'_>) {
    let key = record.key().unwrap_or_default();
    match record.value().filter(|value| *value != 0_i64.to_be_bytes()) {
        Some(value) => *found.entry_ref(key).or_default() = value.to_vec(),
        None => _ = found.remove(key),
    }
}

fn equal(expected: &[Fingerprint], found: &[Fingerprint]) -> Outcome<()> {
    if expected == found {
        return Ok(());
    }
    Err(format!("the output is wrong: expected {expected:?}, found {found:?}").into())
}

fn same_rows(expected: &Rows, found: &Rows) -> Outcome<()> {
    let wrong = expected.iter().find(|(key, value)| found.get(*key) != Some(*value));
    if let Some((key, value)) = wrong {
        let found = found.get(key).map_or_else(|| "nothing".to_owned(), |found| shown(found));
        return Err(format!("the output is wrong: {key:?} has {found} instead of {}", shown(value)).into());
    }
    if found.len() != expected.len() {
        return Err(format!("the output is wrong: {} keys instead of {}", found.len(), expected.len()).into());
    }
    Ok(())
}

fn written_once(rows: &Rows, records: usize) -> Outcome<()> {
    if rows.len() == records {
        return Ok(());
    }
    Err(format!("the output is wrong: {records} records instead of one for each of {} keys", rows.len()).into())
}

/// A value in an error: a count as its number.
fn shown(value: &[u8]) -> String {
    let count = value.try_into().map(i64::from_be_bytes);
    count.map_or_else(|_| String::from_utf8_lossy(value).into_owned(), |count| count.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contender::job::Store;

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

    fn rows(counts: &[(&str, i64)]) -> Rows {
        counts.iter().map(|(key, count)| (key.as_bytes().to_vec(), count.to_be_bytes().to_vec())).collect()
    }

    #[test]
    fn a_wrong_missing_or_foreign_count_is_noticed() {
        let expected = rows(&[("a", 1), ("b", 2)]);
        assert!(same_rows(&expected, &rows(&[("b", 2), ("a", 1)])).is_ok());
        for wrong in [rows(&[("a", 1)]), rows(&[("a", 1), ("b", 3)]), rows(&[("a", 1), ("b", 2), ("c", 1)])] {
            assert!(same_rows(&expected, &wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_final_row_that_is_written_twice_is_noticed() {
        assert!(written_once(&rows(&[("a", 1), ("b", 2)]), 2).is_ok());
        assert!(written_once(&rows(&[("a", 1), ("b", 2)]), 3).is_err());
    }

    /// Keys and times are few, so that each operator has all of its cases; the counts are from the definition of each window.
    #[test]
    fn every_record_is_in_one_session_and_one_group_and_closed_windows_have_those_before_the_last() {
        let case = |workload| Case { workload, store: Store::Memory, records: 300_000, keys: 500 };
        let total = |workload| -> i64 {
            let rows = counts::of(case(workload), 0).unwrap();
            rows.values().map(|count| i64::from_be_bytes(count[..].try_into().unwrap())).sum()
        };
        assert_eq!(total(Workload::SessionCount), 300_000);
        assert_eq!(total(Workload::TableCount), 500);
        // The records are of three seconds, a hundred a millisecond.
        assert_eq!(total(Workload::Suppress), 200_000);
        assert!(total(Workload::SlidingCount) > 300_000);
    }
}
