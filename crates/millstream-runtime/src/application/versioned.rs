//! Typed queries of versioned stores.

use std::fmt;
use std::marker::PhantomData;

use millstream_state::{VersionedRecord, VersionedStore};
use millstream_types::{Data, Partition, Timestamp};

use super::control::Control;
use super::position::QueryScope;
use super::query::QueryError;
use super::response::Response;
use super::stores::{Found, Source, first};

/// Queries of a versioned store, of which this instance may have some partitions and other instances the others. Where a key
/// is follows the rule of [`KeyValueQueries`](super::KeyValueQueries).
///
/// # Examples
/// ```no_run
/// # fn example(streams: &millstream_runtime::StreamsHandle) -> Result<(), millstream_runtime::QueryError> {
/// use std::time::Duration;
///
/// let prices = streams.versioned_store::<String, i64>("prices");
/// let then = prices.get_as_of("tea".to_owned(), 1_700_000_000_000).wait(Duration::from_secs(1))?;
/// println!("{:?}", then.map(|version| version.value));
/// # Ok(()) }
/// ```
pub struct VersionedQueries<'a, K, V> {
    source: Source<'a, K>,
    types: PhantomData<fn() -> V>,
}

impl<'a, K, V> VersionedQueries<'a, K, V> {
    pub(super) fn new(control: &'a Control, store: &str) -> Self {
        Self { source: Source::new(control, store), types: PhantomData }
    }

    /// Sets the function that returns the partition of a key, as
    /// [`KeyValueQueries::partitioned_by`](super::KeyValueQueries::partitioned_by) does.
    #[must_use]
    pub fn partitioned_by(self, choose: impl Fn(&K, u32) -> Partition + Send + Sync + 'static) -> Self {
        Self { source: self.source.partitioned_by(choose), ..self }
    }

    /// Sets which partitions are queried, and how far they must have come, as
    /// [`KeyValueQueries::within`](super::KeyValueQueries::within) does.
    #[must_use]
    pub fn within(self, scope: QueryScope) -> Self {
        Self { source: self.source.within(scope), ..self }
    }
}

impl<K: Data, V: Data> VersionedQueries<'_, K, V> {
    /// The latest version of `key`; `None` if there is none or it was deleted.
    ///
    /// # Errors
    /// As [`KeyValueQueries::get`](super::KeyValueQueries::get).
    pub fn get(&self, key: K) -> Response<Option<VersionedRecord<V>>, QueryError> {
        let read = move |store: &mut VersionedStore<K, V>, key: &K| {
            let key_bytes = store.key_bytes(key)?;
            Ok(Found { key_bytes, rows: store.get(key)?.map(VersionedRecord::cloned) })
        };
        self.source.query_key(key, read, Option::is_some, first)
    }

    /// The version of `key` that was valid at `time`; `None` also if that is beyond the history retention.
    ///
    /// # Errors
    /// As [`KeyValueQueries::get`](super::KeyValueQueries::get).
    pub fn get_as_of(&self, key: K, time: impl Into<Timestamp>) -> Response<Option<VersionedRecord<V>>, QueryError> {
        let time = time.into();
        let read = move |store: &mut VersionedStore<K, V>, key: &K| {
            let key_bytes = store.key_bytes(key)?;
            Ok(Found { key_bytes, rows: store.get_as_of(key, time)?.map(VersionedRecord::cloned) })
        };
        self.source.query_key(key, read, Option::is_some, first)
    }

    /// The versions of `key` that were valid at some time between `from` and `to`, both inclusive, the oldest first.
    ///
    /// # Errors
    /// As [`KeyValueQueries::get`](super::KeyValueQueries::get).
    pub fn history(
        &self,
        key: K,
        from: impl Into<Timestamp>,
        to: impl Into<Timestamp>,
    ) -> Response<Vec<VersionedRecord<V>>, QueryError> {
        let (from, to) = (from.into(), to.into());
        let read = move |store: &mut VersionedStore<K, V>, key: &K| {
            Ok(Found { key_bytes: store.key_bytes(key)?, rows: store.history(key, from, to)? })
        };
        let is_found = |versions: &Vec<VersionedRecord<V>>| !versions.is_empty();
        self.source.query_key(key, read, is_found, |versions| versions.into_iter().flatten().collect())
    }
}

impl<K, V> fmt::Debug for VersionedQueries<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VersionedQueries").field("source", &self.source.store).finish_non_exhaustive()
    }
}
