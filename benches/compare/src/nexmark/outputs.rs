//! What a query wrote, as far as two contenders must agree on it.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use millstream::logs::RecordView;
use millstream_nexmark::queries::Query;

use crate::Outcome;
use crate::broker::BrokerClient;

/// The results of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outputs {
    /// All records in their order, with their times: how many, and a hash.
    Sequence { records: u64, hash: u64 },
    /// All records in any order: how many, and the sum of their hashes.
    Records { records: u64, hashes: u64 },
    /// The last value of each key that was not deleted, as a hash. Caches drop others, as they are full or a commit comes.
    Table(HashMap<Vec<u8>, u64>),
    /// The sum of the last count of each key, where the keys are windows of processing time.
    Total { counts: HashMap<Vec<u8>, i64> },
}

impl Outputs {
    /// Reads the results of a query from its topic.
    pub(super) fn read(query: Query, client: &BrokerClient, topic: &str) -> Outcome<Self> {
        let mut outputs = Self::none(query);
        client.read(topic, |_partition, record| outputs.add(record))?;
        Ok(outputs)
    }

    fn none(query: Query) -> Self {
        match query {
            Query::Q0 | Query::Q1 | Query::Q2 | Query::Q13 | Query::Q14 | Query::Q21 | Query::Q22 => {
                Self::Sequence { records: 0, hash: 0 }
            }
            Query::Q20 => Self::Records { records: 0, hashes: 0 },
            Query::Q12 => Self::Total { counts: HashMap::new() },
            _ => Self::Table(HashMap::new()),
        }
    }

    fn add(&mut self, record: RecordView<'_>) {
        match self {
            Self::Sequence { records, hash } => {
                *records += 1;
                *hash = hash_of((*hash, record.timestamp().as_millis(), record.key(), record.value()));
            }
            Self::Records { records, hashes } => {
                *records += 1;
                *hashes = hashes.wrapping_add(hash_of((record.timestamp().as_millis(), record.key(), record.value())));
            }
            Self::Table(rows) => {
                let key = record.key().unwrap_or_default().to_vec();
                match record.value() {
                    Some(value) => _ = rows.insert(key, hash_of(value)),
                    None => _ = rows.remove(&key),
                }
            }
            Self::Total { counts } => {
                let count = record.value().and_then(|value| value.try_into().ok()).map_or(0, i64::from_be_bytes);
                counts.insert(record.key().unwrap_or_default().to_vec(), count);
            }
        }
    }

    /// How many results there are.
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Sequence { records, .. } | Self::Records { records, .. } => *records,
            Self::Table(rows) => rows.len() as u64,
            Self::Total { counts } => counts.len() as u64,
        }
    }

    /// The difference to other results, in words.
    pub(super) fn same_as(&self, found: &Self) -> Result<(), String> {
        match (self, found) {
            (Self::Table(expected), Self::Table(rows)) => same_rows(expected, rows),
            (Self::Total { counts: expected }, Self::Total { counts }) => {
                let (expected, total) = (expected.values().sum::<i64>(), counts.values().sum::<i64>());
                if expected == total {
                    Ok(())
                } else {
                    Err(format!("{total} records were counted instead of {expected}"))
                }
            }
            _ if self == found => Ok(()),
            _ => Err(format!("the output is {found:?} instead of {self:?}")),
        }
    }
}

fn same_rows(expected: &HashMap<Vec<u8>, u64>, found: &HashMap<Vec<u8>, u64>) -> Result<(), String> {
    let differing = expected.iter().filter(|(key, value)| found.get(*key) != Some(*value));
    let (differing, more) = (differing.count(), found.keys().filter(|key| !expected.contains_key(*key)).count());
    if differing + more == 0 {
        return Ok(());
    }
    Err(format!("of {} rows {differing} are missing or other ones, and there are {more} more", expected.len()))
}

fn hash_of(content: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[(&[u8], u64)]) -> Outputs {
        Outputs::Table(rows.iter().map(|(key, value)| (key.to_vec(), *value)).collect())
    }

    #[test]
    fn missing_changed_and_foreign_rows_are_differences() {
        let expected = table(&[(b"a", 1), (b"b", 2)]);
        assert_eq!(expected.same_as(&table(&[(b"b", 2), (b"a", 1)])), Ok(()));
        for wrong in [table(&[(b"a", 1)]), table(&[(b"a", 1), (b"b", 3)]), table(&[(b"a", 1), (b"b", 2), (b"c", 3)])] {
            assert!(expected.same_as(&wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn counts_in_other_windows_have_the_same_total() {
        let total = |counts: &[(&[u8], i64)]| Outputs::Total {
            counts: counts.iter().map(|(key, count)| (key.to_vec(), *count)).collect(),
        };
        assert_eq!(total(&[(b"a", 3)]).same_as(&total(&[(b"a", 1), (b"b", 2)])), Ok(()));
        assert!(total(&[(b"a", 3)]).same_as(&total(&[(b"a", 2)])).is_err());
    }
}
