//! The versioned store: the values of each key over time.

mod any;
mod layout;
mod options;
mod put;
mod read;
mod record;
mod restore;
mod restored;
mod row;

use std::collections::BTreeSet;
use std::ops::Bound;

use millstream_types::{Data, Serde, Timestamp};

use self::layout::VersionedKeys;
pub use self::options::VersionedOptions;
pub use self::record::{PutVersion, VersionedRecord};
use self::restored::RestoredVersion;
use self::row::{Row, RowCodec};
use crate::layout::Layout;
use crate::store::Store;
use crate::{Backing, Direction, PrefetchFrom, StoreError, StoreOptions};

/// A store of the values of each key over time. A version is valid from its time until that of the key's next version; a delete
/// is a version without a value.
///
/// # Time
/// The stream time of the store is the latest time that was written. A write that is older than stream time by more than the history
/// retention is refused ([`PutVersion::Expired`]), and so old versions cannot be looked up. The latest version of a key never
/// expires. Older versions are in segments by the time at which they ended, and are removed by segments. Stream time is not
/// stored: with an engine it begins at the newest segment there.
///
/// # Changelog
/// Each write that is not refused is logged at once: key and value without their time, which is the time of the record. There is
/// no caching. Of the records of a Kafka Streams application, which logs also what it refuses, a restore refuses the same.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use millstream_state::{
///     Backing, NoChangelog, PutVersion, StoreIndex, StoreOptions, VersionedOptions, VersionedStore,
/// };
/// use millstream_types::{Serde, Timestamp};
///
/// let options = StoreOptions::new("prices", StoreIndex::new(0), "app-prices-changelog");
/// let an_hour = VersionedOptions::retaining(Duration::from_secs(3_600));
/// let (keys, values) = (Serde::<String>::of_type(), Serde::<i64>::of_type());
/// let mut prices = VersionedStore::new(options, an_hour, keys, values, Backing::InMemory);
/// let item = "tea".to_owned();
/// let at = Timestamp::from_millis;
///
/// assert_eq!(prices.put(&item, Some(5), at(1_000), &mut NoChangelog)?, PutVersion::Latest);
/// assert_eq!(prices.put(&item, Some(7), at(3_000), &mut NoChangelog)?, PutVersion::Latest);
/// assert_eq!(prices.put(&item, Some(6), at(2_000), &mut NoChangelog)?, PutVersion::Until(at(3_000)));
/// assert_eq!(prices.get(&item)?.map(|version| *version.value), Some(7));
/// let version = prices.get_as_of(&item, at(2_500))?.unwrap();
/// assert_eq!((*version.value, version.timestamp, version.valid_to), (6, at(2_000), Some(at(3_000))));
/// # Ok::<(), millstream_state::StoreError>(())
/// ```
pub struct VersionedStore<K: Data, V: Data> {
    /// It logs nothing, since its rows are not those of the changelog.
    store: Store<VersionedKeys<K>, Row<V>>,
    values: Serde<V>,
    options: StoreOptions,
    /// The segments that may have rows.
    segments: BTreeSet<Timestamp>,
    /// Whether `segments` has those that the rows had when the store was opened or rolled back.
    is_loaded: bool,
    /// Restored records that are not written yet.
    restored: Vec<RestoredVersion<K, V>>,
}

impl<K: Data, V: Data> VersionedStore<K, V> {
    /// Opens a store with the rows of its engine, or an empty one in memory.
    #[must_use]
    pub fn new(
        options: StoreOptions,
        versions: VersionedOptions,
        keys: Serde<K>,
        values: Serde<V>,
        backing: Backing,
    ) -> Self {
        let options = StoreOptions { caching: false, keep_old: false, ..options };
        let layout = VersionedKeys::new(keys, options.changelog_topic.clone(), versions);
        let rows = Serde::new(RowCodec { values: values.clone() });
        let of_rows = StoreOptions { logging: false, timestamped: false, ..options.clone() };
        let store = Store::new(of_rows, layout, rows, backing);
        Self { store, values, options, segments: BTreeSet::new(), is_loaded: false, restored: Vec::new() }
    }

    /// The history retention and the segments of the store.
    #[must_use]
    pub fn versions(&self) -> VersionedOptions {
        self.store.layout().options()
    }

    /// The stream time of the store: the latest time that was written; [`Timestamp::UNKNOWN`] before the first.
    #[must_use]
    pub fn observed_stream_time(&self) -> Timestamp {
        self.store.stream_time()
    }

    /// The number of writes that were refused because they were too old.
    #[must_use]
    pub fn expired(&self) -> u64 {
        self.store.refused()
    }

    /// Loads the rows of these keys, which will be used soon: into the processor's cache, and all those at once that are read from the
    /// engine. This affects only the speed.
    pub fn prefetch<'a>(&mut self, keys: impl Iterator<Item = &'a K> + Clone, from: PrefetchFrom) {
        self.store.prefetch(keys.map(|key| (key, layout::LATEST)), from);
    }

    /// The encoding of `key`, by which records are partitioned.
    ///
    /// # Errors
    /// When the key cannot be encoded.
    pub fn key_bytes(&self, key: &K) -> Result<Vec<u8>, StoreError> {
        let mut bytes = Vec::new();
        let encoded = self.store.layout().encode_key(key, &mut bytes);
        encoded.map(|()| bytes).map_err(|source| self.store.serde_error(source))
    }

    /// The earliest time that can be written and looked up.
    fn earliest(&self) -> Timestamp {
        self.store.stream_time().saturating_add(-self.versions().history_retention_ms)
    }

    /// Finds stream time and the segments of the rows, once.
    fn load(&mut self) -> Result<(), StoreError> {
        if self.is_loaded {
            return Ok(());
        }
        self.store.load_time()?;
        let segments = self.store.rows_in_memory().map(|(key, _)| key.segment);
        self.segments.extend(segments.filter(|segment| *segment != layout::LATEST));
        if !self.store.is_in_memory() {
            self.load_segments()?;
        }
        self.is_loaded = true;
        Ok(())
    }

    fn load_segments(&mut self) -> Result<(), StoreError> {
        let mut from = Vec::new();
        loop {
            let bounds = (Bound::Included(&*from), VersionedKeys::<K>::last_segment());
            let rows = self.store.rows(bounds, Direction::Forward, 1)?;
            let segment = rows.first().and_then(|row| self.store.layout().segment_in(&row.engine_key));
            let Some(segment) = segment else { return Ok(()) };
            self.segments.insert(segment);
            from = self.store.layout().end_of(segment);
        }
    }
}
