//! The settings of all chains of an application.

use std::sync::Arc;
use std::time::Duration;

/// How the chains of an application are built; the same for all its tasks.
#[derive(Clone, Debug)]
pub struct ChainSettings {
    /// The application's id, the prefix of the names of internal topics.
    pub application_id: Arc<str>,
    /// How many bytes the caches of one task may hold back; 0 switches caching off in every store.
    pub cache_bytes_max: usize,
    /// The seed of the stores' hash tables: random in an application, fixed where runs have to be reproducible.
    pub hash_seed: u64,
    /// The shortest time between two emissions of results that wait for the end of their window, such as those of a left join
    /// without a match.
    pub emit_interval: Duration,
}
