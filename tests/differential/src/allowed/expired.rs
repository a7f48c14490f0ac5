//! Windows that a cached store still has although their retention is over.

use std::collections::BTreeSet;

use super::Rule;
use super::stored::{end_of, retention_ms, start_of};
use crate::outcome::{Outcome, Row, StoreRows};
use crate::program::Program;

/// The rows that both stores should have: of a cached window store not those whose retention is over and that one of them does not
/// have. Millstream keeps sessions and sliding windows longer than Kafka Streams' store below the cache.
pub(crate) fn rows<'a>(
    program: &Program,
    expected: &Outcome,
    (name, store): (&str, &'a StoreRows),
    got: &'a StoreRows,
    allowed: &mut BTreeSet<Rule>,
) -> (Vec<&'a Row>, Vec<&'a Row>) {
    let is_cached = program.settings.cache_bytes_max > 0 && matches!(store.kind.as_str(), "window" | "session");
    let retention_ms = retention_ms(program, name, |store| store.caching).filter(|_| is_cached);
    let Some(retention_ms) = retention_ms else { return (store.rows.iter().collect(), got.rows.iter().collect()) };
    let times = expected.steps.iter().flat_map(|step| &step.records).filter_map(|record| record.ts);
    let latest = times.chain(program.inputs.iter().filter_map(|input| input.timestamp())).max().unwrap_or(0);
    let time_of = if store.kind == "session" { end_of } else { start_of };
    let is_expired = |row: &Row| time_of(&row.0).is_some_and(|time| time <= latest.saturating_sub(retention_ms));
    let kept = |rows: &'a StoreRows, others: &StoreRows| -> Vec<&'a Row> {
        rows.rows.iter().filter(|row| !is_expired(row) || others.rows.contains(row)).collect()
    };
    let both = (kept(store, got), kept(got, store));
    if both.0.len() < store.rows.len() || both.1.len() < got.rows.len() {
        allowed.insert(Rule::ExpiredCachedWindows);
    }
    both
}
