//! The buffer of a join with grace: records that wait until stream time has passed them by the grace period.

mod layout;
#[cfg(test)]
mod tests;

use std::ops::Bound;

use millstream_types::{Data, Headers, Serde, Timestamp};

use self::layout::{HeldKeys, KIND};
use crate::buffer::{Buffered, BufferedCodec, BufferedContext};
use crate::store::{Store, TypedStore};
use crate::{Backing, BufferSize, Changelog, Direction, RecordContext, StoreError, StoreOptions, ValueAndTimestamp};

/// Records of a stream that wait, by time, then by key bytes, then in the order in which they came.
///
/// Its stream time is the highest time of its records. A record waits until stream time has passed its time by the grace period; one
/// that is older at once is not taken.
///
/// # Changelog
/// Each record is logged when it is put in, and deleted when it is taken out, in Kafka Streams' format.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use millstream_state::{Backing, BufferedContext, JoinBuffer, NoChangelog, StoreIndex, StoreOptions};
/// use millstream_types::{Headers, Serde, Timestamp};
///
/// let options = StoreOptions::new("buffer", StoreIndex::new(0), "app-buffer-changelog");
/// let (keys, values) = (Serde::<String>::of_type(), Serde::<i64>::of_type());
/// let mut buffer = JoinBuffer::new(options, Duration::from_millis(10), keys, values, Backing::InMemory);
/// let at = |time| BufferedContext { timestamp: Timestamp::from_millis(time), headers: Headers::new(), origin: None };
/// let key = "a".to_owned();
/// assert!(buffer.put(&key, 1, at(100), &mut NoChangelog)?.is_none());
/// assert!(buffer.put(&key, 2, at(89), &mut NoChangelog)?.is_some(), "it is not taken");
/// assert!(buffer.take_due(&mut NoChangelog)?.is_none());
/// assert!(buffer.put(&key, 3, at(110), &mut NoChangelog)?.is_none());
/// assert_eq!(buffer.take_due(&mut NoChangelog)?.map(|record| record.value), Some(1));
/// # Ok::<(), millstream_state::StoreError>(())
/// ```
pub struct JoinBuffer<K: Data, V: Data> {
    store: Store<HeldKeys<K>, Buffered<V>>,
    codec: BufferedCodec<V>,
    grace_ms: i64,
    stream_time: Timestamp,
    sequence: i32,
    /// Whether the stream time and the sequence of the rows are known.
    is_loaded: bool,
}

/// A record that was taken out of a buffer, or was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held<K, V> {
    /// The key.
    pub key: K,
    /// The value.
    pub value: V,
    /// The context of the record.
    pub context: BufferedContext,
}

impl<K: Data, V: Data> JoinBuffer<K, V> {
    /// Opens a buffer with the rows of its engine, or an empty one in memory.
    #[must_use]
    pub fn new(
        options: StoreOptions,
        grace: std::time::Duration,
        keys: Serde<K>,
        values: Serde<V>,
        backing: Backing,
    ) -> Self {
        let options = StoreOptions { timestamped: false, caching: false, keep_old: false, ..options };
        let layout = HeldKeys::new(keys, options.changelog_topic.clone());
        let rows = Serde::new(BufferedCodec { values: values.clone() });
        Self {
            store: Store::new(options, layout, rows, backing),
            codec: BufferedCodec { values },
            grace_ms: millstream_types::time::millis_of(grace),
            stream_time: Timestamp::UNKNOWN,
            sequence: 0,
            is_loaded: false,
        }
    }

    /// Puts a record in, or returns it if it need not wait, since it is late by more than the grace period.
    ///
    /// # Errors
    /// When the engine fails, or key or value cannot be encoded.
    pub fn put(
        &mut self,
        key: &K,
        value: V,
        context: BufferedContext,
        log: &mut dyn Changelog,
    ) -> Result<Option<Held<K, V>>, StoreError> {
        self.load()?;
        let time = context.timestamp;
        if time < self.due_until() {
            return Ok(Some(Held { key: key.clone(), value, context }));
        }
        self.stream_time = self.stream_time.max(time);
        self.sequence = self.sequence.wrapping_add(1) & i32::MAX;
        let row = ValueAndTimestamp::new(Buffered::of(value, context), Timestamp::UNKNOWN);
        let write = RecordContext::at(Timestamp::UNKNOWN);
        self.store.put((time, key, self.sequence), Some(row), &write, log).map(drop)?;
        Ok(None)
    }

    /// Takes out the first record that has waited long enough.
    ///
    /// # Errors
    /// When the engine fails, or a row cannot be decoded.
    pub fn take_due(&mut self, log: &mut dyn Changelog) -> Result<Option<Held<K, V>>, StoreError> {
        self.load()?;
        let end = self.due_until().saturating_add(1).as_millis().max(0);
        let end = [&[KIND], &end.to_be_bytes()[..]].concat();
        let due = (Bound::Unbounded, Bound::Excluded(&*end));
        let Some(first) = self.store.rows(due, Direction::Forward, 1)?.pop() else { return Ok(None) };
        let lookup = (first.key.time, &first.key.key, first.key.sequence);
        let write = RecordContext::at(Timestamp::UNKNOWN);
        self.store.put(lookup, None, &write, log).map(drop)?;
        let Some((value, context)) = first.value.into_new() else { return Ok(None) };
        Ok(Some(Held { key: first.key.key, value, context }))
    }

    /// The time up to which records need not wait any longer.
    fn due_until(&self) -> Timestamp {
        self.stream_time.saturating_add(-self.grace_ms)
    }

    /// Takes stream time and the sequence from the rows.
    fn load(&mut self) -> Result<(), StoreError> {
        if self.is_loaded {
            return Ok(());
        }
        let rows = self.store.rows((Bound::Unbounded, Bound::Unbounded), Direction::Forward, usize::MAX)?;
        for row in rows {
            self.stream_time = self.stream_time.max(row.key.time);
            self.sequence = self.sequence.max(row.key.sequence);
        }
        self.is_loaded = true;
        Ok(())
    }
}

impl<K: Data, V: Data> TypedStore for JoinBuffer<K, V> {
    type Layout = HeldKeys<K>;
    type Value = Buffered<V>;

    fn store(&self) -> &Store<HeldKeys<K>, Buffered<V>> {
        &self.store
    }

    fn store_mut(&mut self) -> &mut Store<HeldKeys<K>, Buffered<V>> {
        &mut self.store
    }

    fn restore_record(
        &mut self,
        key: &[u8],
        value: Option<&[u8]>,
        timestamp: Timestamp,
        _headers: &Headers,
    ) -> Result<(), StoreError> {
        // Another owner has numbered what it put in, so the largest number is to be found again.
        self.is_loaded = false;
        // Also a record that was taken out has advanced stream time.
        self.stream_time = self.stream_time.max(self.store.decode_key(key)?.time);
        self.store.restore(key, value, timestamp)
    }

    /// Counts as Kafka Streams does: the bytes of the key with time and sequence, the value, and the context.
    fn size_of_buffer(&mut self) -> Result<Option<BufferSize>, StoreError> {
        let rows = self.store.rows((Bound::Unbounded, Bound::Unbounded), Direction::Forward, usize::MAX)?;
        let topic = self.store.options().changelog_topic.clone();
        let mut size = BufferSize { records: rows.len() as u64, ..BufferSize::default() };
        size.min_time = rows.first().map(|row| row.key.time);
        for row in rows {
            let values = self.codec.value_bytes(topic.as_str(), &row.value);
            let values = values.map_err(|source| self.store.serde_error(source))?;
            size.bytes += row.engine_key.len() as u64 + values + row.value.context_bytes();
        }
        Ok(Some(size))
    }

    fn forget_derived(&mut self) {
        (self.stream_time, self.sequence, self.is_loaded) = (Timestamp::UNKNOWN, 0, false);
    }
}
