//! Writing to a window store that keeps duplicates.

use std::ops::Bound;

use millstream_types::{Data, Serde, Timestamp};

use super::layout::WindowKeys;
use super::sequence::{Sequence as _, SequenceNumber};
use super::{DuplicateWindowStore, WindowOptions};
use crate::store::Store;
use crate::{Backing, Changelog, Direction, RecordContext, StoreError, StoreOptions, ValueAndTimestamp, WriteOutcome};

impl<K: Data, V: Data> DuplicateWindowStore<K, V> {
    /// A store that keeps duplicates; with an engine it has the rows that the engine has. The option `caching` has no effect.
    ///
    /// # Examples
    /// ```
    /// use millstream_state::{
    ///     Backing, DuplicateWindowStore, NoChangelog, RecordContext, StoreIndex, StoreOptions, ValueAndTimestamp, WindowOptions,
    /// };
    /// use millstream_types::{Serde, Timestamp};
    ///
    /// let options = StoreOptions::new("clicks", StoreIndex::new(0), "app-clicks-changelog");
    /// let windows = WindowOptions { retention_ms: 3_600_000, window_size_ms: 60_000 };
    /// let mut clicks: DuplicateWindowStore<String, i64> =
    ///     DuplicateWindowStore::keeping_duplicates(options, windows, Serde::of_type(), Serde::of_type(), Backing::InMemory);
    /// let (anna, time) = ("anna".to_owned(), Timestamp::from_millis(5));
    /// for page in [1, 2, 2] {
    ///     let value = Some(ValueAndTimestamp::new(page, time));
    ///     _ = clicks.put(&anna, time, value, &RecordContext::at(time), &mut NoChangelog)?;
    /// }
    /// let pages: Vec<i64> = clicks.fetch(&anna, time, time)?.into_iter().map(|row| row.value).collect();
    /// assert_eq!(pages, [1, 2, 2]);
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    #[must_use]
    pub fn keeping_duplicates(
        options: StoreOptions,
        windows: WindowOptions,
        keys: Serde<K>,
        values: Serde<V>,
        backing: Backing,
    ) -> Self {
        let options = StoreOptions { caching: false, keep_old: false, ..options };
        let layout = WindowKeys::new(keys, options.changelog_topic.clone(), windows);
        Self { store: Store::new(options, layout, values, backing), last: SequenceNumber::default() }
    }

    /// Adds a value. As in Kafka Streams, `None` adds nothing and does not advance stream time, but is logged.
    ///
    /// # Errors
    /// When the engine fails, or the key or value cannot be encoded.
    ///
    /// # Examples
    /// See [`keeping_duplicates`](Self::keeping_duplicates).
    pub fn put(
        &mut self,
        key: &K,
        start: Timestamp,
        value: Option<ValueAndTimestamp<V>>,
        context: &RecordContext,
        log: &mut dyn Changelog,
    ) -> Result<WriteOutcome, StoreError> {
        let sequence = self.next_sequence()?;
        let outcome = match value.filter(|held| !held.value.is_null()) {
            Some(value) => self.store.put((key, start, sequence), Some(value), context, log)?,
            None => {
                self.store.log_null((key, start, sequence), context, log)?;
                WriteOutcome::Accepted
            }
        };
        if outcome == WriteOutcome::Accepted {
            self.last = sequence;
        }
        Ok(outcome)
    }

    /// The number of the next value: larger than those of all rows, also of those that were restored.
    fn next_sequence(&mut self) -> Result<SequenceNumber, StoreError> {
        if self.last == SequenceNumber::default() {
            self.last = if self.store.is_logging() || self.store.is_in_memory() {
                SequenceNumber::after(self.store.restored_until()?.number().unsigned_abs())
            } else {
                self.largest_sequence()?
            };
        }
        Ok(self.last.next())
    }

    /// The largest number of the rows in the engine, which are all read. Without a changelog nothing else tells it.
    fn largest_sequence(&mut self) -> Result<SequenceNumber, StoreError> {
        const ROWS_AT_ONCE: usize = 1_000;
        let (mut largest, mut after) = (SequenceNumber::default(), None);
        loop {
            let from = after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
            let rows = self.store.rows((from, Bound::Unbounded), Direction::Forward, ROWS_AT_ONCE)?;
            let is_last = rows.len() < ROWS_AT_ONCE;
            let numbers = rows.iter().map(|row| row.key.sequence);
            largest = numbers.chain([largest]).max_by_key(|sequence| sequence.number()).unwrap_or(largest);
            after = rows.last().map(|row| row.engine_key.clone());
            if is_last {
                return Ok(largest);
            }
        }
    }
}
