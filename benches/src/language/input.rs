//! The input: records of 50,000 keys in random order, 50 a millisecond, and a topic of rows with the same keys.

use millstream_log::in_process::InProcessLog;
use millstream_types::{RecordBytes, Timestamp, TopicPartition};

pub(super) const RECORDS: u64 = 500_000;
pub(super) const KEYS: u64 = 50_000;
const RECORDS_PER_MS: u64 = 50;

/// The time of the first record. Rows are older.
const BEGIN_MS: i64 = 1_700_000_000_000;

/// The topics that are read.
pub(super) const RECORDS_TOPIC: &str = "records";
pub(super) const ROWS_TOPIC: &str = "rows";

/// A record of the input.
#[derive(Clone, Copy)]
pub(super) struct Input {
    pub(super) number: u64,
    pub(super) key: u64,
    pub(super) time_ms: i64,
}

impl Input {
    fn new(number: u64) -> Self {
        let time_ms = BEGIN_MS + (number / RECORDS_PER_MS).cast_signed();
        Self { number, key: random(number) % KEYS, time_ms }
    }

    /// All records, in their order.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..RECORDS).map(Self::new)
    }
}

/// Fills both topics of a log.
pub(super) fn feed(log: &InProcessLog) {
    for topic in [RECORDS_TOPIC, ROWS_TOPIC, "out"] {
        log.create_topic(topic, 1).expect("a new topic");
    }
    let append = |topic: &str, time_ms: i64, key: u64, value: u64| {
        let (key, value) = (format!("{key:08}"), format!("value-{value:010}"));
        let record = RecordBytes::new(Timestamp::from_millis(time_ms), Some(key.as_bytes()), Some(value.as_bytes()));
        log.append(&TopicPartition::new(topic, 0), &record).expect("the partition exists");
    };
    (0..KEYS).for_each(|key| append(ROWS_TOPIC, BEGIN_MS - 60_000, key, key));
    Input::all().for_each(|input| append(RECORDS_TOPIC, input.time_ms, input.key, input.number));
}

/// The number at the end of a value.
pub(super) fn number_of(value: &str) -> u64 {
    value.rsplit('-').next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// A number that looks random, made of that one (the finalizer of `SplitMix64`).
fn random(number: u64) -> u64 {
    let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x5eed);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
