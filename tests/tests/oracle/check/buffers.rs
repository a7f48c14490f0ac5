//! The buffers of `suppress`: what waits in them, and the order of their changelogs.

use millstream::Timestamp;
use millstream::state::BufferSize;
use serde_json::Value;

use super::same;
use crate::scenario::{Scenario, Waiting};

/// Checks how much waits in a buffer.
pub(super) fn check(scenario: &Scenario, name: &str, expected: &Waiting, got: BufferSize) {
    let min_time = Some(Timestamp::from_millis(expected.min_ts)).filter(|_| expected.records > 0);
    // The buffer of a join with grace has a bound there, not the time of a record.
    let min_time = if scenario.stores[name].persistent { got.min_time } else { min_time };
    let expected = BufferSize { records: expected.records, bytes: expected.bytes, min_time };
    same(scenario, format_args!("what waits in `{name}`"), &expected, &got);
}

/// Whether a topic is the changelog of a buffer of changes.
pub(super) fn has_changelog(scenario: &Scenario, topic: &str) -> bool {
    let is_its = |name: &str| topic.strip_suffix("-changelog").is_some_and(|rest| rest.ends_with(name));
    scenario.stores.iter().any(|(name, store)| store.kind == "buffer" && !store.persistent && is_its(name))
}

/// Puts the records of each commit into the order in which they are expected. At a commit Kafka Streams logs the keys of a
/// buffer in the order of a hash set, Millstream in that of their last changes. `inputs` has the input of each record.
pub(super) fn sort_commits(expected: &[Value], got: &mut [Value], inputs: &[usize]) {
    for (at, wanted) in expected.iter().enumerate().take(got.len()) {
        let end = at + inputs[at..].iter().take_while(|input| **input == inputs[at]).count();
        if let Some(found) = (at..end).find(|place| got[*place] == *wanted) {
            got[at..=found].rotate_right(1);
        }
    }
}
