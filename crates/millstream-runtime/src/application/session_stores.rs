//! Typed queries of session stores.

use std::fmt;
use std::marker::PhantomData;

use millstream_state::{Direction, SessionRange, SessionRow, SessionStore};
use millstream_types::{Data, Partition, Timestamp, Window};

use super::control::Control;
use super::partial::PartialResult;
use super::position::QueryScope;
use super::query::QueryError;
use super::response::Response;
use super::stores::{Found, Source, first};

/// Queries of a session store, of which this instance may have some partitions and other instances the others. Where a key is
/// follows the rule of [`KeyValueQueries`](super::KeyValueQueries).
///
/// # Examples
/// ```no_run
/// # fn example(streams: &millstream_runtime::StreamsHandle) -> Result<(), millstream_runtime::QueryError> {
/// use std::time::Duration;
///
/// let visits = streams.session_store::<String, i64>("clicks-per-visit");
/// for visit in visits.fetch("anna".to_owned()).wait(Duration::from_secs(1))? {
///     println!("{}: {}", visit.window, visit.value);
/// }
/// # Ok(()) }
/// ```
pub struct SessionQueries<'a, K, V> {
    source: Source<'a, K>,
    types: PhantomData<fn() -> V>,
}

impl<'a, K, V> SessionQueries<'a, K, V> {
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

impl<K: Data, V: Data> SessionQueries<'_, K, V> {
    /// The value of `key` in exactly this session; `None` if there is none.
    ///
    /// # Errors
    /// As [`KeyValueQueries::get`](super::KeyValueQueries::get).
    pub fn get(&self, key: K, window: Window) -> Response<Option<V>, QueryError> {
        let read = move |store: &mut SessionStore<K, V>, key: &K| {
            Ok(Found { key_bytes: store.key_bytes(key)?, rows: store.get(key, window)?.cloned() })
        };
        self.source.query_key(key, read, Option::is_some, first)
    }

    /// All sessions of `key`, in the order of their ends.
    ///
    /// # Errors
    /// As [`KeyValueQueries::get`](super::KeyValueQueries::get).
    pub fn fetch(&self, key: K) -> Response<Vec<SessionRow<K, V>>, QueryError> {
        self.find(key, i64::MIN, i64::MAX)
    }

    /// The sessions of `key` that end at `earliest_end` or later and start at `latest_start` or earlier, in the order of their
    /// ends.
    ///
    /// # Errors
    /// As [`KeyValueQueries::get`](super::KeyValueQueries::get).
    pub fn find(
        &self,
        key: K,
        earliest_end: impl Into<Timestamp>,
        latest_start: impl Into<Timestamp>,
    ) -> Response<Vec<SessionRow<K, V>>, QueryError> {
        let (earliest_end, latest_start) = (earliest_end.into(), latest_start.into());
        let read = move |store: &mut SessionStore<K, V>, key: &K| {
            let rows = store.find(key, earliest_end, latest_start, Direction::Forward)?;
            Ok(Found { key_bytes: store.key_bytes(key)?, rows })
        };
        let is_found = |rows: &Vec<SessionRow<K, V>>| !rows.is_empty();
        self.source.query_key(key, read, is_found, |rows| rows.into_iter().flatten().collect())
    }

    /// The next `limit` sessions of `range` after the key bytes `after`, from all partitions of this instance. Fewer than
    /// `limit` rows mean that there are no more.
    ///
    /// # Errors
    /// As [`KeyValueQueries::page`](super::KeyValueQueries::page).
    pub fn page(
        &self,
        range: SessionRange,
        after: Option<Vec<u8>>,
        direction: Direction,
        limit: usize,
    ) -> Response<PartialResult<Vec<SessionRow<K, V>>>, QueryError> {
        self.source.page::<SessionStore<K, V>>(range, after, direction, limit)
    }
}

impl<K, V> fmt::Debug for SessionQueries<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionQueries").field("store", &self.source.store).finish_non_exhaustive()
    }
}
