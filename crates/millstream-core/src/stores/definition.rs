//! What a store is: all that opening it, restoring it and creating its changelog need.

use std::collections::BTreeMap;
use std::sync::Arc;

use millstream_state::{AnyStore, Backing, StoreOptions, segment_interval_ms};
use millstream_types::Serde;

/// Opens a store of fixed key and value types.
pub(crate) type OpenStore = Box<dyn Fn(StoreOptions, Backing) -> Box<dyn AnyStore> + Send + Sync>;

/// What kind of changelog a store has, and with it its topic's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChangelogKind {
    Compacted,
    Windowed { retention_ms: i64 },
}

/// What a store's rows are made of, by the names of their encodings.
pub(crate) struct RowTypes {
    key: String,
    value: String,
}

impl RowTypes {
    pub(crate) fn new<K: 'static, V: 'static>(keys: &Serde<K>, values: &Serde<V>) -> Self {
        Self { key: keys.name(), value: values.name() }
    }
}

/// A store of a topology. It can be opened without the operators that use it.
pub(crate) struct StoreDefinition {
    pub(crate) name: Arc<str>,
    pub(crate) caching: bool,
    pub(crate) logging: bool,
    pub(crate) timestamped: bool,
    pub(crate) in_memory: bool,
    pub(crate) changelog: ChangelogKind,
    pub(crate) changelog_config: BTreeMap<String, String>,
    pub(crate) types: RowTypes,
    pub(crate) open: OpenStore,
}

impl StoreDefinition {
    /// What its rows are, in words. Rows on disk are not opened as anything else.
    pub(crate) fn contents(&self) -> String {
        let RowTypes { key, value } = &self.types;
        let timestamped = if self.timestamped { "timestamped " } else { "" };
        let logged = if self.logging { "" } else { ", without a changelog" };
        let kind = match self.changelog {
            ChangelogKind::Compacted => "key-value store".to_owned(),
            ChangelogKind::Windowed { retention_ms } => {
                format!("window store in segments of {} ms", segment_interval_ms(retention_ms))
            }
        };
        format!("{timestamped}{kind}, keys {key}, values {value}{logged}")
    }
}
