//! The input records, generated from a seed: the same in every run, and when the results are checked.

use millstream::partition_for;

/// How many partitions every topic has.
pub(crate) const PARTITIONS: u32 = 4;

/// How many different words there are.
pub(crate) const WORDS: u64 = 5_000;

/// The time of the first record.
pub(crate) const BEGIN_MS: i64 = 1_700_000_000_000;

/// How many records share a millisecond of event time.
const RECORDS_PER_MS: u64 = 100;

/// Rows of a table are older than all records that are joined with it, and each row of a key is newer than the one before.
const ROWS_MS: i64 = BEGIN_MS - 3_600_000;

/// How much newer.
const NEWER_BY_MS: i64 = 1_000;

/// Sessions and kept records of restored stores are so close to the first record that they meet.
pub(crate) const CLOSE_MS: i64 = BEGIN_MS - 500;

const SEED: u64 = 0x5eed_0f0f_1234_5678;
const VALUE_BYTES: usize = 100;

/// The value of a keyed record begins with its number, with this many digits.
pub(crate) const NUMBER_DIGITS: usize = 10;

/// The content of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Input {
    /// Random keys of seven digits; values of 100 bytes.
    Keyed {
        /// How many different keys.
        keys: u64,
    },
    /// Lines of one word, without keys.
    Words,
    /// Keys of seven digits in order, repeatedly; values of 100 bytes.
    Rows {
        /// How many different keys.
        keys: u64,
    },
    /// The same keys and values as a store of that kind logs them.
    Logged {
        /// How many different keys.
        keys: u64,
        /// The store.
        kind: LoggedKind,
    },
}

/// A kind of store whose changelog has keys and values of its own (`docs/formats/stores.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum LoggedKind {
    /// Counts in one window.
    Window,
    /// Counts of sessions.
    Session,
    /// A side of a join of two streams, which keeps records.
    Kept,
}

/// A record to feed.
pub(crate) struct Made<'a> {
    pub(crate) partition: u32,
    pub(crate) timestamp_ms: i64,
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) value: &'a [u8],
}

impl Input {
    /// The name of the topic with this many of these records.
    pub(crate) fn topic(self, records: u64) -> String {
        match self {
            Self::Keyed { keys } => format!("records-{records}-of-{keys}-keys"),
            Self::Words => format!("words-{records}"),
            Self::Rows { keys } => format!("rows-{records}-of-{keys}-keys"),
            Self::Logged { keys, kind } => format!("{kind:?}-{records}-of-{keys}-keys"),
        }
    }

    /// Calls `each` with each of the first `records` records.
    pub(crate) fn for_each(self, records: u64, mut each: impl FnMut(&Made<'_>)) {
        let mut value = vec![b'.'; VALUE_BYTES];
        for number in 0..records {
            let timestamp_ms = BEGIN_MS + (number / RECORDS_PER_MS).cast_signed();
            match self {
                Self::Keyed { keys } => {
                    let key = key(random(number) % keys);
                    write_digits(&mut value[..NUMBER_DIGITS], number);
                    each(&keyed(timestamp_ms, &key, &value));
                }
                Self::Words => {
                    let word = word(random(number) % WORDS);
                    let partition = (number % u64::from(PARTITIONS)) as u32;
                    each(&Made { partition, timestamp_ms, key: None, value: &word });
                }
                Self::Rows { keys } => {
                    let key = key(number % keys);
                    write_digits(&mut value[..NUMBER_DIGITS], row_number(number));
                    each(&keyed(ROWS_MS + (number / keys).cast_signed() * NEWER_BY_MS, &key, &value));
                }
                Self::Logged { keys, kind } => {
                    let key = key(number % keys);
                    write_digits(&mut value[..NUMBER_DIGITS], row_number(number));
                    let count = logged_count(number, keys).to_be_bytes();
                    let logged = kind.key(&key);
                    let value = if kind == LoggedKind::Kept { &*value } else { &count };
                    each(&Made { key: Some(&logged), ..keyed(kind.time_ms(), &key, value) });
                }
            }
        }
    }
}

impl LoggedKind {
    /// A key as it is logged: with the start of a window and the number of a record with the same key and time, or with the
    /// end and the start of a session.
    fn key(self, key: &[u8]) -> Vec<u8> {
        let time = self.time_ms().to_be_bytes();
        match self {
            Self::Window | Self::Kept => [key, &time, &[0; 4]].concat(),
            Self::Session => [key, &time, &time].concat(),
        }
    }

    /// The time of its records, and the start of its windows and sessions.
    fn time_ms(self) -> i64 {
        if self == Self::Window { BEGIN_MS } else { CLOSE_MS }
    }
}

/// The last value of a key after this many records of [`Input::Rows`].
pub(crate) fn row_value(key: &[u8], records: u64, keys: u64) -> Vec<u8> {
    value_of(row_number(last_of(key, records, keys)))
}

/// The last count of a key after this many records of [`Input::Logged`].
pub(crate) fn last_count(key: &[u8], records: u64, keys: u64) -> i64 {
    logged_count(last_of(key, records, keys), keys)
}

/// The last of this many records that has this key, where keys are in order.
fn last_of(key: &[u8], records: u64, keys: u64) -> u64 {
    let first = number_of(key);
    first + (records - 1 - first) / keys * keys
}

/// The number in a row's value.
fn row_number(record: u64) -> u64 {
    random(record) % 10_000_000_000
}

/// Different for neighbouring keys, and for each record of a key.
fn logged_count(record: u64, keys: u64) -> i64 {
    (1 + record % keys % 1_000 + record / keys).cast_signed()
}

/// A value with this number.
pub(crate) fn value_of(number: u64) -> Vec<u8> {
    let mut value = vec![b'.'; VALUE_BYTES];
    write_digits(&mut value[..NUMBER_DIGITS], number);
    value
}

/// The key of the row that a record with this key is joined with by a foreign key: its first digits.
pub(crate) fn foreign_key(key: &[u8]) -> Vec<u8> {
    [&b"0"[..], key.split_last().map_or(&[][..], |(_, first)| first)].concat()
}

/// Parses digits.
pub(crate) fn number_of(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
}

fn keyed<'a>(timestamp_ms: i64, key: &'a [u8], value: &'a [u8]) -> Made<'a> {
    Made { partition: partition_for(key, PARTITIONS).number(), timestamp_ms, key: Some(key), value }
}

fn key(number: u64) -> [u8; 7] {
    let mut digits = [0; 7];
    write_digits(&mut digits, number);
    digits
}

fn word(number: u64) -> [u8; 8] {
    let mut word = *b"word0000";
    write_digits(&mut word[4..], number);
    word
}

/// The number of a word, if it can be one.
pub(crate) fn word_number(word: &[u8]) -> Option<u64> {
    let digits = word.strip_prefix(b"word").filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
    Some(number_of(digits))
}

fn write_digits(digits: &mut [u8], mut number: u64) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// A number that looks random, made of that one (the finalizer of `SplitMix64`).
fn random(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(SEED).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_of_a_row_is_the_last_that_was_made_for_its_key() {
        for (records, keys) in [(10, 10), (20, 10), (23, 10), (7, 3)] {
            let mut last = std::collections::BTreeMap::new();
            Input::Rows { keys }.for_each(records, |record| {
                last.insert(record.key.map(<[u8]>::to_vec).unwrap_or_default(), record.value.to_vec());
            });
            assert_eq!(last.len() as u64, keys);
            last.into_iter().for_each(|(key, value)| assert_eq!(row_value(&key, records, keys), value));
        }
    }

    #[test]
    fn the_count_of_a_key_is_the_last_that_was_logged_for_it() {
        let (records, keys) = (23, 10);
        let mut last = std::collections::BTreeMap::new();
        Input::Logged { keys, kind: LoggedKind::Window }.for_each(records, |record| {
            let key = record.key.map_or(&[][..], |logged| &logged[..7]).to_vec();
            last.insert(key, record.value.to_vec());
        });
        assert_eq!(last.len() as u64, keys);
        last.into_iter().for_each(|(key, value)| assert_eq!(last_count(&key, records, keys).to_be_bytes(), *value));
    }

    #[test]
    fn ten_neighbouring_keys_have_the_same_foreign_key() {
        assert_eq!(foreign_key(b"0001230"), b"0000123");
        assert_eq!(foreign_key(b"0001239"), b"0000123");
    }

    #[test]
    fn the_same_records_are_generated_again_and_each_has_its_number() {
        let made = || {
            let mut made = Vec::new();
            Input::Keyed { keys: 100 }.for_each(1_000, |record| {
                made.push((
                    record.partition,
                    record.timestamp_ms,
                    record.key.map(<[u8]>::to_vec),
                    record.value.to_vec(),
                ));
            });
            made
        };
        let first = made();
        assert_eq!(first, made());
        for (number, (partition, _, key, value)) in (0..).zip(&first) {
            assert_eq!(number_of(&value[..NUMBER_DIGITS]), number);
            assert!(number_of(key.as_deref().unwrap_or_default()) < 100 && *partition < PARTITIONS);
        }
    }
}
