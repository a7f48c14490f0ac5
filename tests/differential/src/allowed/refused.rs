//! Writes to windows that have expired.

use std::collections::{BTreeMap, BTreeSet};

use super::Rule;
use super::stored::{history_ms, retention_ms};
use crate::outcome::{Step, Written, bytes_of, shown};
use crate::program::{Program, Store};
use crate::run::APPLICATION_ID;

/// The records that a changelog should have, and those that Millstream's has: without those that Kafka Streams has logged although the
/// store refused them. If there were any, without the numbers of duplicates, too.
pub(crate) fn changelog(
    program: &Program,
    topic: &str,
    expected: Vec<Written>,
    got: Vec<Written>,
    allowed: &mut BTreeSet<Rule>,
) -> (Vec<Written>, Vec<Written>) {
    if let Some(history_ms) = store_of(topic).and_then(|store| history_ms(program, store)) {
        let (kept, is_refused) = without_refused(expected, &got, history_ms, |record| record.ts, false);
        if is_refused {
            allowed.insert(Rule::RefusedVersions);
        }
        return (kept, got);
    }
    let Some(retention_ms) = retention_of(program, topic, |_| true) else { return (expected, got) };
    let (kept, is_refused) = without_refused(expected, &got, retention_ms, time_of, true);
    if !is_refused {
        return (kept, got);
    }
    allowed.insert(Rule::RefusedWrites);
    (kept.into_iter().map(without_number).collect(), got.into_iter().map(without_number).collect())
}

/// The expected records without those that are older than the latest before them by so much, and that are not the next that Millstream
/// has; and whether there were any. Records are numbered in the stores of joins.
fn without_refused(
    expected: Vec<Written>,
    got: &[Written],
    retention_ms: i64,
    time_of: impl Fn(&Written) -> Option<i64>,
    is_numbered: bool,
) -> (Vec<Written>, bool) {
    let (mut kept, mut rest) = (Vec::new(), got.iter().peekable());
    let (mut latest, mut is_refused) = (i64::MIN, false);
    for record in expected {
        let time = time_of(&record);
        let is_late = time.is_some_and(|time| time <= latest.saturating_sub(retention_ms));
        latest = latest.max(time.unwrap_or(i64::MIN));
        let is_it = rest.peek().is_some_and(|next| is_same(&record, next, is_refused && is_numbered));
        if is_late && !is_it {
            is_refused = true;
            continue;
        }
        rest.next();
        kept.push(record);
    }
    (kept, is_refused)
}

/// How many records an input should have dropped: without those that a store in memory has refused, while Millstream has not.
pub(crate) fn dropped(
    program: &Program,
    (expected, got): (&Step, &Step),
    latest: &mut BTreeMap<String, i64>,
    allowed: &mut BTreeSet<Rule>,
) -> u64 {
    let mut refused = 0;
    for record in expected.records.iter().filter(|record| record.is_internal()) {
        let Some(retention_ms) = retention_of(program, &record.topic, |store| store.in_memory) else { continue };
        let latest = latest.entry(record.topic.clone()).or_insert(i64::MIN);
        refused += u64::from(is_expired(record, *latest, retention_ms));
        *latest = (*latest).max(time_of(record).unwrap_or(i64::MIN));
    }
    let more = expected.dropped.saturating_sub(got.dropped);
    if more > 0 && more <= refused {
        allowed.insert(Rule::RefusedWrites);
        return got.dropped;
    }
    expected.dropped
}

fn retention_of(program: &Program, topic: &str, wanted: impl Fn(&Store) -> bool) -> Option<i64> {
    retention_ms(program, store_of(topic)?, wanted)
}

/// The store with this changelog.
fn store_of(topic: &str) -> Option<&str> {
    topic.strip_prefix(APPLICATION_ID)?.strip_prefix('-')?.strip_suffix("-changelog")
}

/// Whether the record's window has expired when the latest one begins at `latest`.
fn is_expired(record: &Written, latest: i64, retention_ms: i64) -> bool {
    time_of(record).is_some_and(|start| start <= latest.saturating_sub(retention_ms))
}

/// Where the window of a record in a changelog of windows begins: the eight bytes before the number.
fn time_of(record: &Written) -> Option<i64> {
    let bytes = bytes_of(record.key.as_deref()?)?;
    let (start, _) = bytes[bytes.len().checked_sub(12)?..].split_first_chunk()?;
    Some(i64::from_be_bytes(*start))
}

fn is_same(one: &Written, other: &Written, is_shifted: bool) -> bool {
    let key = |record: &Written| if is_shifted { without_number(record.clone()).key } else { record.key.clone() };
    // Kafka Streams leaves the times of some records to the producer.
    let have_one_time = one.ts == other.ts || one.ts.is_none() || other.ts.is_none();
    key(one) == key(other) && one.value == other.value && have_one_time
}

fn without_number(mut record: Written) -> Written {
    let key = record.key.as_deref().and_then(bytes_of);
    if let Some((key, _)) = key.as_deref().and_then(|key| key.split_last_chunk::<4>()) {
        record.key = Some(shown(key));
    }
    record
}
