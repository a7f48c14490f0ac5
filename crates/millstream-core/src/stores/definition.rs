//! The definition of a store: what is needed to open it, to restore it and to create its changelog.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use millstream_state::{AnyStore, Backing, StoreOptions, VersionedOptions, segment_interval_ms};
use millstream_types::Serde;

use super::format::StoreFormat;

/// Opens a store of fixed key and value types.
pub(crate) type OpenStore = Box<dyn Fn(StoreOptions, Backing) -> Box<dyn AnyStore> + Send + Sync>;

/// The order in which a window store has its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WindowOrder {
    /// By segment, then by key.
    Key,
    /// By the starts of the windows, then by key.
    Start,
}

/// The kind of a store's changelog, which determines the settings of its topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChangelogKind {
    Compacted,
    Windowed {
        retention_ms: i64,
        /// The order of the rows on disk.
        order: WindowOrder,
    },
    Sessions {
        retention_ms: i64,
    },
    /// The versions of keys, of which at least those within the history retention are kept.
    Versioned {
        history_retention_ms: i64,
        segment_interval_ms: i64,
    },
    /// The changes that a buffer holds, which are logged at each commit.
    Buffer,
    /// Windows with more than one value per key, none of which compaction may remove.
    Duplicates {
        retention_ms: i64,
    },
}

impl ChangelogKind {
    /// The changelog of a versioned store.
    pub(crate) fn versioned(versions: VersionedOptions) -> Self {
        let VersionedOptions { history_retention_ms, segment_interval_ms } = versions;
        Self::Versioned { history_retention_ms, segment_interval_ms }
    }
}

/// Whether rows have headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowHeaders {
    None,
    /// The store is one of the DSL: they have headers if its format says so.
    ByFormat,
    Kept,
}

/// The names of the serdes of a store, or of a node that reads or writes a topic.
pub(crate) struct SerdeNames {
    key: String,
    value: String,
    /// The name of the serde that cannot read what it writes, if one cannot.
    pub(crate) unreadable: Option<String>,
    /// Whether one of them encodes sessions.
    pub(crate) has_sessions: bool,
}

impl SerdeNames {
    pub(crate) fn new<K: 'static, V: 'static>(keys: &Serde<K>, values: &Serde<V>) -> Self {
        let (key, value) = (keys.name(), values.name());
        let unreadable = match (keys.is_readable(), values.is_readable()) {
            (false, _) => Some(key.clone()),
            (true, false) => Some(value.clone()),
            (true, true) => None,
        };
        let has_sessions = keys.has_sessions() || values.has_sessions();
        Self { key, value, unreadable, has_sessions }
    }
}

impl fmt::Display for SerdeNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "keys {}, values {}", self.key, self.value)
    }
}

/// A store of a topology. It can be opened without the operators that use it.
pub(crate) struct StoreDefinition {
    pub(crate) name: Arc<str>,
    pub(crate) caching: bool,
    pub(crate) logging: bool,
    pub(crate) timestamped: bool,
    pub(crate) headers: RowHeaders,
    pub(crate) in_memory: bool,
    /// How many rows it keeps; `None` is no limit.
    pub(crate) rows_max: Option<usize>,
    pub(crate) changelog: ChangelogKind,
    pub(crate) changelog_config: BTreeMap<String, String>,
    pub(crate) serdes: SerdeNames,
    /// Why it is refused, if it is.
    pub(crate) fault: Option<String>,
    pub(crate) open: OpenStore,
}

impl StoreDefinition {
    /// Whether updates are logged at a commit and not at once, in a task with so many bytes for caches.
    pub(crate) fn is_caching(&self, cache_bytes_max: usize) -> bool {
        let is_buffer = self.changelog == ChangelogKind::Buffer;
        self.caching && (cache_bytes_max > 0 || (is_buffer && self.logging))
    }

    /// Sets the format of a store of the DSL.
    pub(crate) fn set_format(&mut self, format: StoreFormat) {
        // As in Kafka Streams, rows of a join on disk have times only in this format.
        self.timestamped |=
            format == StoreFormat::Headers && matches!(self.changelog, ChangelogKind::Duplicates { .. });
        if self.headers == RowHeaders::ByFormat {
            self.headers = match format {
                StoreFormat::Default => RowHeaders::None,
                StoreFormat::Headers => RowHeaders::Kept,
            };
        }
    }

    /// Whether its rows have sessions: their keys, or parts that its serdes encode.
    pub(crate) fn has_sessions(&self) -> bool {
        matches!(self.changelog, ChangelogKind::Sessions { .. }) || self.serdes.has_sessions
    }

    /// Whether rows have headers.
    pub(crate) fn has_headers(&self) -> bool {
        self.headers == RowHeaders::Kept
    }

    /// A description of its rows. Rows on disk are opened only by a store with the same description.
    pub(crate) fn contents(&self) -> String {
        let serdes = &self.serdes;
        let timestamped = if self.timestamped { "timestamped " } else { "" };
        let headers = if self.has_headers() { " with headers" } else { "" };
        let logged = if self.logging { "" } else { ", without a changelog" };
        let kind = match self.changelog {
            ChangelogKind::Compacted => "key-value store".to_owned(),
            ChangelogKind::Windowed { retention_ms, order } => {
                let order = if order == WindowOrder::Start { " by start," } else { "" };
                format!("window store{order} in segments of {} ms", segment_interval_ms(retention_ms))
            }
            ChangelogKind::Sessions { retention_ms } => {
                format!("session store in segments of {} ms", segment_interval_ms(retention_ms))
            }
            ChangelogKind::Versioned { segment_interval_ms, .. } => {
                format!("versioned store in segments of {segment_interval_ms} ms")
            }
            ChangelogKind::Buffer => "buffer".to_owned(),
            ChangelogKind::Duplicates { retention_ms } => {
                format!("window store of duplicates in segments of {} ms", segment_interval_ms(retention_ms))
            }
        };
        format!("{timestamped}{kind}{headers}, {serdes}{logged}")
    }
}
