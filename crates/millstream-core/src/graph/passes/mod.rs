//! Passes over the logical graph. Each adds to the nodes what depends on the whole graph.
//!
//! A pass is a function of the graph. It runs after all declarations and before any factory. An optimisation of Kafka Streams is
//! a pass that does nothing unless it is asked for: source topics instead of changelogs, merged repartitions, a single store for the
//! join of a stream with itself.

mod materialise;
mod merge_repartitions;
mod null_keys;
mod old_values;
mod self_join;
mod session_keys;
mod source_changelogs;
mod versions;

#[cfg(test)]
mod tests;

pub(super) use materialise::materialise;
pub(super) use merge_repartitions::merge_repartitions;
pub(super) use null_keys::null_keys;
pub(super) use old_values::old_values;
pub(super) use self_join::self_join;
pub(super) use session_keys::session_keys;
pub(super) use source_changelogs::source_changelogs;
pub(super) use versions::versions;

use super::logical::Graph;

/// All passes, in the order in which they run.
pub(super) const ALL: [fn(&mut Graph); 8] =
    [materialise, versions, old_values, source_changelogs, merge_repartitions, null_keys, self_join, session_keys];
