//! Passes over the logical graph. Each adds to the nodes what depends on the whole graph.
//!
//! A pass is a function of the graph. It runs after all declarations and before any factory. The optimisations of Kafka
//! Streams can be added as passes: merged repartitions, source topics instead of changelogs, a single store for the join of a
//! stream with itself.

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
