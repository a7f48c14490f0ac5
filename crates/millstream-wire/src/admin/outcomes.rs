//! What brokers respond about several things.

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_log::LogError;

/// How long brokers may take for a request that changes something.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// The result for each key, in the order of the keys. Brokers respond about each; one that does not is an error.
pub(super) fn in_order<K: Ord + Clone + std::fmt::Display, V: Clone>(
    keys: impl IntoIterator<Item = K>,
    found: BTreeMap<K, Result<V, LogError>>,
) -> Vec<(K, Result<V, LogError>)> {
    let result = |key: K| {
        let missing =
            || Err(LogError::Unavailable { reason: format!("the broker has left {key} out of its response") });
        let result = found.get(&key).cloned().unwrap_or_else(missing);
        (key, result)
    };
    keys.into_iter().map(result).collect()
}
