//! The buffer of `suppress`: the last change of each key, until it is forwarded.

mod context;
mod format;
mod order;
mod prefix;
mod reader;
mod row;
#[cfg(test)]
mod tests;

use millstream_types::{Data, Headers, Serde, SerdeError, Timestamp};

pub use self::context::BufferedContext;
use self::format::{RawChange, VERSION, version_of};
use self::order::Order;
use self::prefix::Prefix;
use self::row::Old;
pub(crate) use self::row::{Buffered, BufferedCodec};
use crate::key_value::PlainKeys;
use crate::store::{Store, TypedStore};
use crate::with_headers::HeaderAccess;
use crate::{Backing, BufferSize, Changelog, RecordContext, StoreError, StoreKind, StoreOptions, ValueAndTimestamp};

/// The fixed part of the bytes that a row counts: its time.
const TIME_BYTES: u64 = size_of::<i64>() as u64;

/// The last change of each key, until it is [taken out](Self::evict) by its time. It is always in memory.
///
/// A further change of a key replaces the one that waits, and keeps its place. The first change of a key also gives the
/// [prior value](Self::prior), which is the key's value for whoever sees only what was forwarded.
///
/// # Changelog
/// With caching each changed key is logged at a flush, once, in Kafka Streams' format: a value of version 3, or a delete when the
/// change was taken out. The older versions of Kafka Streams are restored, too. With [`StoreOptions::headers`] the headers of a
/// record also have the headers and times of the records that set the prior and the old value.
///
/// # Bytes
/// [`bytes`](Self::bytes) counts as Kafka Streams does: per key 8 for its time, the key, the prior, the old and the new value
/// (the old one not if it equals the prior one), 20 for timestamp, offset and partition, and the characters of the topic and
/// of the headers. With [`StoreOptions::headers`], what a row with headers has before each value is added. It is counted from
/// its first call on.
///
/// # Examples
/// ```
/// use millstream_state::{BufferedContext, NoChangelog, StoreIndex, StoreOptions, SuppressBuffer};
/// use millstream_types::{Headers, Serde, Timestamp};
///
/// let options = StoreOptions::new("latest", StoreIndex::new(0), "app-latest-changelog");
/// let mut buffer = SuppressBuffer::new(options, Serde::<String>::of_type(), Serde::<i64>::of_type());
/// let key = "a".to_owned();
/// for (time, value) in [(10, 1), (20, 2)] {
///     let time = Timestamp::from_millis(time);
///     let context = BufferedContext { timestamp: time, headers: Headers::new(), origin: None };
///     buffer.put(&key, time, None, Some(value), context, &mut NoChangelog)?;
/// }
/// assert_eq!((buffer.len(), buffer.min_time()?), (1, Some(Timestamp::from_millis(10))));
/// let change = buffer.evict(&mut NoChangelog)?;
/// assert_eq!(change.map(|change| (change.key, change.new)), Some(("a".to_owned(), Some(2))));
/// # Ok::<(), millstream_state::StoreError>(())
/// ```
pub struct SuppressBuffer<K: Data, V: Data> {
    store: Store<PlainKeys<K>, Buffered<V>>,
    codec: BufferedCodec<V>,
    /// The rows by time; `None` until they are first needed after a restore or a rollback.
    order: Option<Order<K>>,
    /// The bytes of all rows; `None` if they are not counted.
    bytes: Option<u64>,
    /// Whether a change that was taken out can be looked up while it is forwarded.
    shows_evicted: bool,
    /// The key and the prior value of that change.
    evicted: Option<(K, Option<V>)>,
}

/// The prefix of an old value, and whether it and the value are those of the prior one.
struct NextPrefix {
    prefix: Prefix,
    is_same: bool,
}

/// A change that was taken out of a buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evicted<K, V> {
    /// The key.
    pub key: K,
    /// The value before the last change.
    pub old: Option<V>,
    /// The value after it.
    pub new: Option<V>,
    /// The context of the record that made the last change.
    pub context: BufferedContext,
}

/// The options of a buffer's rows, which have their times in them.
fn rows_options(options: StoreOptions) -> StoreOptions {
    StoreOptions { timestamped: false, keep_old: false, ..options }
}

impl<K: Data, V: Data> SuppressBuffer<K, V> {
    /// Opens an empty buffer. With `caching` changes are logged by a flush, otherwise at once.
    #[must_use]
    pub fn new(options: StoreOptions, keys: Serde<K>, values: Serde<V>) -> Self {
        let options = rows_options(options);
        let layout = PlainKeys::new(keys, options.changelog_topic.clone());
        let rows = Serde::new(BufferedCodec { values: values.clone() });
        let set = if options.headers { Buffered::set_logged_headers } else { |_: &mut Buffered<V>, _: &Headers| {} };
        let mut store = Store::new(options, layout, rows, Backing::InMemory);
        store.keep_headers(HeaderAccess { get: Buffered::logged_headers, set });
        let codec = BufferedCodec { values };
        Self { store, codec, order: None, bytes: None, shows_evicted: false, evicted: None }
    }

    /// Adds the change of `key` from `old` to `new`, which waits by `time`, or replaces the one that waits already.
    ///
    /// # Errors
    /// When the key or a value cannot be encoded.
    pub fn put(
        &mut self,
        key: &K,
        time: Timestamp,
        old: Option<V>,
        new: Option<V>,
        context: BufferedContext,
        log: &mut dyn Changelog,
    ) -> Result<(), StoreError> {
        self.load_order()?;
        let next = self.next_prefix(key, old.as_ref())?;
        let mut before = None;
        self.store
            .update(key, &undated(), log, |row| {
                before = row.as_ref().map(|row| row.value.bytes);
                let row = match row.map(|row| row.value) {
                    None => {
                        let prefixes = next.map(|_unknown| Box::default());
                        Buffered { time, prior: old, old: Old::SameAsPrior, new, context, bytes: 0, prefixes }
                    }
                    Some(mut row) => {
                        let is_same = next.as_ref().is_some_and(|next| next.is_same);
                        if let (Some(prefixes), Some(next)) = (&mut row.prefixes, next) {
                            prefixes.old = next.prefix;
                        }
                        Buffered { old: if is_same { Old::SameAsPrior } else { Old::Other(old) }, new, context, ..row }
                    }
                };
                Some(ValueAndTimestamp::new(row, Timestamp::UNKNOWN))
            })
            .map(drop)?;
        if before.is_none() {
            let key_bytes = self.store.encode_lookup(key)?;
            if let Some(order) = &mut self.order {
                order.add(time, key_bytes, key.clone());
            }
        }
        self.count(key, before.unwrap_or(0))
    }

    /// What is before the old value of the next change of `key` in a buffer with headers: it is the new value of the change that
    /// waits.
    fn next_prefix(&mut self, key: &K, old: Option<&V>) -> Result<Option<NextPrefix>, StoreError> {
        if !self.store.options().headers {
            return Ok(None);
        }
        let topic = self.store.options().changelog_topic.clone();
        let next = match self.store.get(key)? {
            None => Ok(NextPrefix { prefix: Prefix::default(), is_same: true }),
            Some(row) => row.value.next_prefix().and_then(|prefix| {
                let is_same = row.value.has_prior(&prefix) && self.codec.is_prior(topic.as_str(), &row.value, old)?;
                Ok(NextPrefix { prefix, is_same })
            }),
        };
        next.map(Some).map_err(|source| self.store.serde_error(source))
    }

    /// Takes out the first change by time, and of those with the same time by key bytes.
    ///
    /// # Errors
    /// When the key cannot be encoded.
    pub fn evict(&mut self, log: &mut dyn Changelog) -> Result<Option<Evicted<K, V>>, StoreError> {
        self.load_order()?;
        let Some(key) = self.order.as_mut().and_then(Order::take_first) else { return Ok(None) };
        let mut taken = None;
        self.store
            .update(&key, &undated(), log, |row| {
                taken = row;
                None
            })
            .map(drop)?;
        let Some(row) = taken else { return Ok(None) };
        if let Some(bytes) = &mut self.bytes {
            *bytes = bytes.saturating_sub(row.value.bytes);
        }
        if self.shows_evicted {
            self.evicted = Some((key.clone(), row.value.prior.clone()));
        }
        let (old, new, context) = row.value.into_old();
        Ok(Some(Evicted { key, old, new, context }))
    }

    /// Lets [`prior`](Self::prior) show a change that was taken out as if it still waited, until
    /// [`forget_evicted`](Self::forget_evicted). While it is forwarded, look-ups find the value before it, as in Kafka Streams.
    pub const fn show_evicted(&mut self) {
        self.shows_evicted = true;
    }

    /// Forgets the change that was taken out last: it has been forwarded.
    pub fn forget_evicted(&mut self) {
        self.evicted = None;
    }

    /// The value of `key` before the first of its changes that wait: `None` if no change waits, `Some(None)` if it had no value.
    ///
    /// # Errors
    /// When the key cannot be encoded.
    pub fn prior(&mut self, key: &K) -> Result<Option<Option<&V>>, StoreError> {
        if self.evicted.as_ref().is_some_and(|(evicted, _)| evicted.same_key(key)) {
            return Ok(self.evicted.as_ref().map(|(_, prior)| prior.as_ref()));
        }
        Ok(self.store.get(key)?.map(|row| row.value.prior.as_ref()))
    }

    /// The earliest time of a change that waits.
    ///
    /// # Errors
    /// When a key cannot be encoded.
    pub fn min_time(&mut self) -> Result<Option<Timestamp>, StoreError> {
        self.load_order()?;
        Ok(self.order.as_ref().and_then(Order::first_time))
    }

    /// The number of changes that wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.store.len()
    }

    /// Whether no change waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The size of all changes that wait, as Kafka Streams counts it.
    ///
    /// # Errors
    /// When a key or a value cannot be encoded.
    pub fn bytes(&mut self) -> Result<u64, StoreError> {
        if let Some(bytes) = self.bytes {
            return Ok(bytes);
        }
        let keys: Vec<K> = self.store.rows_in_memory().map(|(key, _)| key.clone()).collect();
        self.bytes = Some(0);
        keys.iter().try_for_each(|key| self.count(key, 0))?;
        Ok(self.bytes.unwrap_or(0))
    }

    /// Counts the bytes of the row of `key`, which counted `before`, if bytes are counted.
    fn count(&mut self, key: &K, before: u64) -> Result<(), StoreError> {
        if self.bytes.is_none() {
            return Ok(());
        }
        let key_bytes = self.store.encode_lookup(key)?.len() as u64;
        let topic = self.store.options().changelog_topic.clone();
        let Some(row) = self.store.value_mut(key) else { return Ok(()) };
        let counted = self.codec.value_bytes(topic.as_str(), row);
        let counted = counted.map(|values| TIME_BYTES + key_bytes + values + row.context.counted_bytes());
        if let (Ok(counted), Some(bytes)) = (&counted, &mut self.bytes) {
            row.bytes = *counted;
            *bytes = bytes.saturating_sub(before).saturating_add(*counted);
        }
        counted.map(drop).map_err(|source| self.store.serde_error(source))
    }

    /// Sorts the rows by time, if they are not.
    fn load_order(&mut self) -> Result<(), StoreError> {
        if self.order.is_some() {
            return Ok(());
        }
        let mut order = Order::default();
        for (key, row) in self.store.rows_in_memory() {
            order.add(row.time, self.store.encode_lookup(key)?, key.clone());
        }
        self.order = Some(order);
        Ok(())
    }

    /// The prior value of a row, as bytes, for the older versions of the changelog, which do not have it.
    fn prior_bytes(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.settle_restored()?;
        let key = self.store.decode_key(key)?;
        let topic = self.store.options().changelog_topic.clone();
        let Some(prior) = self.prior(&key)?.flatten().cloned() else { return Ok(None) };
        let mut bytes = Vec::new();
        let encoded = self.codec.values.encode(topic.as_str(), &prior, &mut bytes);
        encoded.map(|()| Some(bytes)).map_err(|source| self.store.serde_error(source))
    }

    /// Converts the value of a changelog record into the present version.
    fn converted(
        &mut self,
        key: &[u8],
        value: &[u8],
        timestamp: Timestamp,
        headers: &Headers,
    ) -> Result<Vec<u8>, StoreError> {
        let version = version_of(headers);
        let prior = if matches!(version, None | Some([1])) { self.prior_bytes(key)? } else { None };
        let change = match version {
            None => RawChange::decode_0(value, timestamp, headers, prior.as_deref()),
            Some([1]) => RawChange::decode_1(value, prior.as_deref()),
            Some([2]) => RawChange::decode_2(value),
            Some(version) => {
                let reason = format!("there is no version {version:?} of it");
                Err(SerdeError::malformed("buffered change", reason, value))
            }
        };
        let mut converted = Vec::new();
        let encoded = change.and_then(|change| change.encode(&mut converted));
        encoded.map(|()| converted).map_err(|source| self.store.serde_error(source))
    }
}

/// The context of a row's changelog record, whose time is that of its writing, as in Kafka Streams.
fn undated() -> RecordContext {
    RecordContext::at(Timestamp::UNKNOWN)
}

impl<K: Data, V: Data> TypedStore for SuppressBuffer<K, V> {
    type Layout = PlainKeys<K>;
    type Value = Buffered<V>;

    fn store(&self) -> &Store<PlainKeys<K>, Buffered<V>> {
        &self.store
    }

    fn store_mut(&mut self) -> &mut Store<PlainKeys<K>, Buffered<V>> {
        &mut self.store
    }

    fn kind(&self) -> StoreKind {
        StoreKind::Buffer
    }

    fn restore_record(
        &mut self,
        key: &[u8],
        value: Option<&[u8]>,
        timestamp: Timestamp,
        headers: &Headers,
    ) -> Result<(), StoreError> {
        self.forget_derived();
        match value {
            Some(value) if version_of(headers) != Some(&[VERSION]) => {
                let value = self.converted(key, value, timestamp, headers)?;
                self.store.restore_with_headers(key, Some(&value), timestamp, headers)
            }
            _ => self.store.restore_with_headers(key, value, timestamp, headers),
        }
    }

    fn log_dirty_rows(&mut self, log: &mut dyn Changelog, limit: usize) -> Result<(), StoreError> {
        self.store.log_dirty(log, limit)
    }

    /// Rows wait for their time and not in a cache, so the bound of the caches does not count them.
    fn cached_bytes(&self) -> usize {
        0
    }

    fn size_of_buffer(&mut self) -> Result<Option<BufferSize>, StoreError> {
        let (records, bytes, min_time) = (self.len() as u64, self.bytes()?, self.min_time()?);
        Ok(Some(BufferSize { records, bytes, min_time }))
    }

    fn forget_derived(&mut self) {
        (self.order, self.bytes, self.evicted) = (None, None, None);
    }
}
