//! What all chains of an application have in common.

use std::sync::Arc;

/// How the chains of an application are built; the same for all its tasks.
#[derive(Clone, Debug)]
pub struct ChainSettings {
    /// Stands before the names of internal topics.
    pub application_id: Arc<str>,
    /// How many bytes the caches of one task may hold back; 0 switches caching off in every store.
    pub cache_bytes_max: usize,
    /// Seed of the stores' hash tables: random in an application, fixed where a run is to repeat.
    pub hash_seed: u64,
}
