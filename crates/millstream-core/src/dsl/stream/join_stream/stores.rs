//! The stores of a stream-stream join.

use std::time::Duration;

use millstream_state::{DuplicateWindowStore, KeyValueStore, StoreIndex, StoreOptions, WindowOptions};
use millstream_types::time::millis_of;
use millstream_types::{Data, Nullable, Serde};

use super::unmatched_rows::{EitherList, UnmatchedKey, UnmatchedKeys, UnmatchedValues};
use crate::graph::GraphRef;
use crate::join_windows::JoinWindows;
use crate::options::{CarriedSerdes, JoinStoreOptions};
use crate::stores::{ChangelogKind, OpenStore, RowHeaders, SerdeNames, StoreDefinition};

/// How long the stores keep a record after stream time has passed it.
pub(super) fn retention(windows: &JoinWindows) -> Duration {
    windows.size().saturating_add(windows.grace())
}

/// Adds the stores of a join.
pub(super) struct StorePlan<'a> {
    pub(super) graph: &'a GraphRef,
    pub(super) options: &'a JoinStoreOptions,
    pub(super) windows: JoinWindows,
}

impl StorePlan<'_> {
    /// Adds the store of the records of one side.
    pub(super) fn add_window<K: Nullable, V: Nullable>(&self, name: &str, serdes: &CarriedSerdes<K, V>) -> StoreIndex {
        let (keys, values) = (serdes.key.get(), serdes.value.get());
        let (retention_ms, window_size_ms) = (millis_of(retention(&self.windows)), millis_of(self.windows.size()));
        let windows = WindowOptions { retention_ms, window_size_ms };
        let names = SerdeNames::new(&keys, &values);
        // As in Kafka Streams, stores in memory have times, which are those of the windows.
        let timestamped = self.options.in_memory;
        let open: OpenStore = Box::new(move |options, backing| {
            let (keys, values) = (keys.clone(), values.clone());
            // As in Kafka Streams.
            let options = StoreOptions { logs_headers: true, ..options };
            Box::new(DuplicateWindowStore::keeping_duplicates(options, windows, keys, values, backing))
        });
        self.add(name, ChangelogKind::Duplicates { retention_ms }, timestamped, (names, open))
    }

    /// Adds the store of the records without a match.
    pub(super) fn add_unmatched<K: Data, L: Data, R: Data>(
        &self,
        name: &str,
        keys: Serde<K>,
        left: Serde<L>,
        right: Serde<R>,
    ) -> StoreIndex {
        let keys: Serde<UnmatchedKey<K>> = Serde::new(UnmatchedKeys(keys));
        let values: Serde<UnmatchedValues<L, R>> = Serde::new(EitherList { left, right });
        let names = SerdeNames::new(&keys, &values);
        let open: OpenStore = Box::new(move |options, backing| {
            Box::new(KeyValueStore::new(options, keys.clone(), values.clone(), backing))
        });
        self.add(name, ChangelogKind::Compacted, false, (names, open))
    }

    fn add(
        &self,
        name: &str,
        changelog: ChangelogKind,
        timestamped: bool,
        (serdes, open): (SerdeNames, OpenStore),
    ) -> StoreIndex {
        let added = self.graph.add_store(StoreDefinition {
            fault: None,
            name: name.into(),
            caching: false,
            logging: self.options.logging,
            rows_max: None,
            timestamped,
            headers: RowHeaders::None,
            in_memory: self.options.in_memory,
            changelog,
            changelog_config: self.options.changelog_config.clone(),
            serdes,
            open,
        });
        // Without a store there is an error already, and building the topology will fail.
        added.unwrap_or(StoreIndex::new(u32::MAX))
    }
}
