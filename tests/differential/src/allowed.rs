//! The differences that are allowed, each found by a rule. All are in `docs/guide/differences.md`.

use std::collections::BTreeSet;
use std::fmt;

use crate::outcome::{Outcome, Row, StoreRows, Written, bytes_of};
use crate::program::{Operator, Program, Store, Windows};

/// An allowed difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Behind a record cache, a window store of Kafka Streams does not get the time of an update that changes nothing, and keeps
    /// windows longer.
    ExpiredCachedWindows,
    /// Kafka Streams 4.4 logs the subscriptions of foreign-key joins with the headers of the record that made them.
    SubscriptionHeaders,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ExpiredCachedWindows => "expired windows in a cached store",
            Self::SubscriptionHeaders => "headers in the changelog of a foreign-key join",
        })
    }
}

/// The rows that Millstream's store should have: of a cached window store not those whose retention is over and that Millstream does
/// not have.
pub(crate) fn rows<'a>(
    program: &Program,
    expected: &'a Outcome,
    (name, store): (&str, &'a StoreRows),
    got: &StoreRows,
    allowed: &mut BTreeSet<Rule>,
) -> Vec<&'a Row> {
    let retention_ms = retention_ms_if_cached(program, name).filter(|_| store.kind == "window");
    let Some(retention_ms) = retention_ms else { return store.rows.iter().collect() };
    let times = expected.steps.iter().flat_map(|step| &step.records).filter_map(|record| record.ts);
    let latest = times.chain(program.inputs.iter().filter_map(|input| input.timestamp())).max().unwrap_or(0);
    let is_expired = |row: &Row| start_of(&row.0).is_some_and(|start| start <= latest.saturating_sub(retention_ms));
    let kept: Vec<&Row> = store.rows.iter().filter(|row| !is_expired(row) || got.rows.contains(row)).collect();
    if kept.len() < store.rows.len() {
        allowed.insert(Rule::ExpiredCachedWindows);
    }
    kept
}

/// Leaves out the headers of a record in the changelog of subscriptions, if Millstream has none there.
pub(crate) fn without_subscription_headers(expected: &mut Written, got: &Written, allowed: &mut BTreeSet<Rule>) {
    let name = expected.topic.trim_end_matches("-changelog");
    let is_of_subscriptions =
        name.ends_with("-subscription-store") || name.contains("-KTABLE-FK-JOIN-SUBSCRIPTION-STATE-STORE-");
    if is_of_subscriptions && got.headers.is_empty() && !expected.headers.is_empty() {
        expected.headers.clear();
        allowed.insert(Rule::SubscriptionHeaders);
    }
}

/// How long a window store keeps windows, if it is cached. Of stores whose names are generated the shortest time.
fn retention_ms_if_cached(program: &Program, name: &str) -> Option<i64> {
    if program.settings.cache_bytes_max == 0 {
        return None;
    }
    let is_it = |store: &Store| store.name.as_deref().map_or(name.contains("-STATE-STORE-"), |own| own == name);
    let retention_ms = |index: usize| {
        let node = &program.nodes[index];
        let store = node.operator.store().filter(|store| store.caching && is_it(store))?;
        let Operator::WindowedBy { windows } = &program.nodes[*node.from.first()?].operator else { return None };
        let Windows::Time { size_ms, grace_ms, .. } = windows;
        Some(store.retention_ms.unwrap_or(size_ms + grace_ms) as i64)
    };
    (0..program.nodes.len()).filter_map(retention_ms).min()
}

/// Where the window of a stored key begins: the eight bytes before the last four.
fn start_of(shown: &str) -> Option<i64> {
    let bytes = bytes_of(shown)?;
    let (start, _sequence) = bytes[bytes.len().checked_sub(12)?..].split_first_chunk()?;
    Some(i64::from_be_bytes(*start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::shown;

    #[test]
    fn the_start_of_a_stored_window_is_read_from_its_key() {
        let mut key = b"k\\".to_vec();
        key.extend_from_slice(&5_000_i64.to_be_bytes());
        key.extend_from_slice(&[0; 4]);
        assert_eq!(start_of(&shown(&key)), Some(5_000));
        assert_eq!(start_of("short"), None);
    }
}
