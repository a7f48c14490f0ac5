//! Passes over the logical graph: each adds to the nodes what only the whole graph shows.
//!
//! A pass is a function of the graph alone. It runs after the last declaration and before any factory. Kafka Streams'
//! optimisations have their place here: merged repartitions, source topics in place of changelogs, a single store for
//! the join of a stream with itself.

mod materialise;
mod null_keys;
mod old_values;

#[cfg(test)]
mod tests;

pub(super) use materialise::materialise;
pub(super) use null_keys::null_keys;
pub(super) use old_values::old_values;

use super::logical::Graph;

/// All passes, in the order in which they run.
pub(super) const ALL: [fn(&mut Graph); 3] = [materialise, old_values, null_keys];
