//! The store of a table.

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_state::VersionedOptions;
use millstream_types::{Data, Serde};

/// The store of a table, with its options. A plain name converts into it.
///
/// A store's name is part of its changelog's, so naming it keeps the state when the topology around it changes.
///
/// # Examples
/// ```
/// use millstream_core::{Materialized, StreamsBuilder};
///
/// let builder = StreamsBuilder::new();
/// let words = builder.stream::<String, String>("words");
/// words.group_by_key().count("word-counts");
/// words.group_by_key().count(Materialized::named("scratch").without_logging().without_caching());
/// ```
pub struct Materialized<K, V> {
    pub(crate) name: Option<String>,
    pub(crate) key_serde: Option<Serde<K>>,
    pub(crate) value_serde: Option<Serde<V>>,
    pub(crate) caching: bool,
    pub(crate) logging: bool,
    pub(crate) in_memory: bool,
    pub(crate) changelog_config: BTreeMap<String, String>,
    pub(crate) retention: Option<Duration>,
    pub(crate) versions: Option<VersionedOptions>,
}

impl<K, V> Materialized<K, V> {
    /// A store with a generated name.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Materialized};
    /// # use millstream_types::Serde;
    /// # use std::time::Duration;
    /// let counts = Materialized::<String, i64>::new();
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self {
            name: None,
            key_serde: None,
            value_serde: None,
            caching: true,
            logging: true,
            in_memory: false,
            changelog_config: BTreeMap::new(),
            retention: None,
            versions: None,
        }
    }

    /// A store of this name.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Materialized};
    /// # use millstream_types::Serde;
    /// # use std::time::Duration;
    /// let counts = Materialized::<String, i64>::named("counts");
    /// ```
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::new() }
    }

    /// Forwards and logs every update at once, instead of the last update of each key at a commit.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Materialized};
    /// # use millstream_types::Serde;
    /// # use std::time::Duration;
    /// let counts = Materialized::<String, i64>::named("counts").without_caching();
    /// ```
    #[must_use]
    pub fn without_caching(self) -> Self {
        Self { caching: false, ..self }
    }

    /// Keeps no changelog: the state is lost when its task moves or the program ends.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Materialized};
    /// # use millstream_types::Serde;
    /// # use std::time::Duration;
    /// let counts = Materialized::<String, i64>::named("counts").without_logging();
    /// ```
    #[must_use]
    pub fn without_logging(self) -> Self {
        Self { logging: false, ..self }
    }

    /// Keeps the store in memory, also in applications whose stores are on disk. Each start restores the whole changelog.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Materialized};
    /// # use millstream_types::Serde;
    /// # use std::time::Duration;
    /// let counts = Materialized::<String, i64>::named("counts").in_memory();
    /// ```
    #[must_use]
    pub fn in_memory(self) -> Self {
        Self { in_memory: true, ..self }
    }

    /// Sets a setting of the changelog topic, by Kafka's name. It overrides Millstream's default.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Materialized};
    /// # use millstream_types::Serde;
    /// # use std::time::Duration;
    /// let counts = Materialized::<String, i64>::named("counts").changelog_config("segment.bytes", "1048576");
    /// ```
    #[must_use]
    pub fn changelog_config(mut self, setting: impl Into<String>, value: impl Into<String>) -> Self {
        self.changelog_config.insert(setting.into(), value.into());
        self
    }

    /// Sets how long a window is kept after stream time has passed its start. The default and the minimum are the window's
    /// size plus its grace period; building a topology with less is an error.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Materialized};
    /// # use millstream_types::Serde;
    /// # use std::time::Duration;
    /// let counts = Materialized::<String, i64>::named("counts").retention(Duration::from_secs(3_600));
    /// ```
    ///
    /// A retention that is too short:
    /// ```
    /// # use millstream_core::{Materialized, StreamsBuilder, TimeWindows};
    /// # use std::time::Duration;
    /// let builder = StreamsBuilder::new();
    /// let clicks = builder.stream::<String, String>("clicks").group_by_key();
    /// let hours = TimeWindows::of_size_with_no_grace(Duration::from_secs(3_600));
    /// clicks.windowed_by(hours).count(Materialized::named("per-hour").retention(Duration::from_secs(60)));
    /// let error = builder.build().unwrap_err().to_string();
    /// assert!(error.starts_with("the retention of store `per-hour`"), "{error}");
    /// ```
    #[must_use]
    pub fn retention(self, retention: Duration) -> Self {
        Self { retention: Some(retention), ..self }
    }
}

impl<K, V> Materialized<K, V> {
    /// Whether there are options but no name, as `Materialized.with(…)` in Kafka Streams.
    pub(crate) fn is_unnamed_with_options(&self) -> bool {
        let has_serde = self.key_serde.is_some() || self.value_serde.is_some();
        let is_elsewhere = self.in_memory || !self.caching || self.retention.is_some();
        let is_logged_otherwise = !self.logging || !self.changelog_config.is_empty();
        self.name.is_none() && (has_serde || is_elsewhere || is_logged_otherwise)
    }
}

impl<K, V> Materialized<K, V> {
    /// Keeps the rows of a table over time, in a versioned store: for a history retention, or with
    /// [`VersionedOptions`]. It is for tables of a topic or a stream, and for those derived from other tables.
    ///
    /// An update that is older than the row of its key becomes part of the history. It is forwarded to `to_stream`, while joins and
    /// groupings of the table leave it out. One that is older than the history retention is skipped and counted. A stream that is
    /// joined with the table looks up the row as of its record's time. There is no caching.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::Materialized;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let prices = Materialized::named("prices").versioned(Duration::from_secs(24 * 3_600));
    /// let prices = builder.table::<String, i64>("prices", prices);
    /// let orders = builder.stream::<String, i64>("orders");
    /// orders.join(&prices, |_item, count, price_then| count * price_then).to("totals");
    /// ```
    #[must_use]
    pub fn versioned(self, versions: impl Into<VersionedOptions>) -> Self {
        Self { versions: Some(versions.into()), ..self }
    }
}

impl<K: Data, V: Data> Materialized<K, V> {
    /// Stores keys with this serde instead of the stream's.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Materialized};
    /// # use millstream_types::Serde;
    /// # use std::time::Duration;
    /// let counts = Materialized::<String, i64>::named("counts").key_serde(Serde::of_type());
    /// ```
    #[must_use]
    pub fn key_serde(self, serde: Serde<K>) -> Self {
        Self { key_serde: Some(serde), ..self }
    }

    /// Stores values with this serde instead of the type's own.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Materialized};
    /// # use millstream_types::Serde;
    /// # use std::time::Duration;
    /// let counts = Materialized::<String, i64>::named("counts").value_serde(Serde::of_type());
    /// ```
    #[must_use]
    pub fn value_serde(self, serde: Serde<V>) -> Self {
        Self { value_serde: Some(serde), ..self }
    }
}

impl<K, V> Default for Materialized<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> From<&str> for Materialized<K, V> {
    fn from(name: &str) -> Self {
        Self::named(name)
    }
}

impl<K, V> From<String> for Materialized<K, V> {
    fn from(name: String) -> Self {
        Self::named(name)
    }
}
