//! The changelog partitions of a task's stores, those of tables that serve as changelogs, and the offsets of engines.

use millstream_state::{AnyStore, StoreError, StoreIndex};
use millstream_types::{Offset, TopicPartition};

/// The changelog partitions of the stores of a task.
///
/// # Examples
/// ```
/// use millstream_changelog::Changelogs;
/// use millstream_state::StoreIndex;
/// use millstream_types::TopicPartition;
///
/// let counts = TopicPartition::new("app-counts-changelog", 3);
/// let changelogs = Changelogs::new([(StoreIndex::new(1), counts.clone())]);
/// assert_eq!(changelogs.partition(StoreIndex::new(1)), Some(&counts));
/// assert_eq!(changelogs.partition(StoreIndex::new(0)), None);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Changelogs {
    /// By the index of the store; `None` for stores without a changelog and those of other tasks.
    by_store: Vec<Option<TopicPartition>>,
    /// The partitions of the topics of tables from which their stores are restored. Nothing is logged to them.
    sources: Vec<(StoreIndex, TopicPartition)>,
}

impl Changelogs {
    /// The changelogs of these stores.
    #[must_use]
    pub fn new(changelogs: impl IntoIterator<Item = (StoreIndex, TopicPartition)>) -> Self {
        let mut by_store = Vec::new();
        for (store, partition) in changelogs {
            if by_store.len() <= store.index() {
                by_store.resize(store.index() + 1, None);
            }
            by_store[store.index()] = Some(partition);
        }
        Self { by_store, sources: Vec::new() }
    }

    /// Adds stores without a changelog that are restored from the partition that their table reads.
    ///
    /// # Examples
    /// ```
    /// use millstream_changelog::Changelogs;
    /// use millstream_state::StoreIndex;
    /// use millstream_types::TopicPartition;
    ///
    /// let (store, users) = (StoreIndex::new(0), TopicPartition::new("users", 3));
    /// let changelogs = Changelogs::default().with_sources([(store, users.clone())]);
    /// assert_eq!((changelogs.partition(store), changelogs.source(store)), (None, Some(&users)));
    /// ```
    #[must_use]
    pub fn with_sources(self, sources: impl IntoIterator<Item = (StoreIndex, TopicPartition)>) -> Self {
        Self { sources: sources.into_iter().collect(), ..self }
    }

    /// The changelog of `store`; `None` if it has none.
    #[inline]
    #[must_use]
    pub fn partition(&self, store: StoreIndex) -> Option<&TopicPartition> {
        self.by_store.get(store.index())?.as_ref()
    }

    /// The partition that the table of `store` reads, if the store is restored from it.
    #[must_use]
    pub fn source(&self, store: StoreIndex) -> Option<&TopicPartition> {
        self.sources.iter().find(|(of, _)| *of == store).map(|(_, partition)| partition)
    }

    /// The stores that are restored from partitions of their tables, and these partitions.
    pub fn sources(&self) -> impl Iterator<Item = (StoreIndex, &TopicPartition)> {
        self.sources.iter().map(|(store, partition)| (*store, partition))
    }

    /// All changelog partitions that are written.
    pub fn partitions(&self) -> impl Iterator<Item = &TopicPartition> {
        self.by_store.iter().flatten()
    }

    /// All changelog partitions, and those of tables that serve as changelogs.
    pub fn all(&self) -> impl Iterator<Item = &TopicPartition> {
        self.partitions().chain(self.sources.iter().map(|(_, partition)| partition))
    }

    /// Whether a write-back to the engine of `store` is due, if the changelog is acknowledged up to the offset `acknowledged`; for
    /// a store that is restored from the topic of its table, that is the committed offset.
    ///
    /// Logged updates need not be written at once, since a crash is followed by a restore, whose time is bounded. A write-back is
    /// always due for a store without a changelog, and for an engine without an offset.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn is_write_back_due(&self, store: &dyn AnyStore, acknowledged: Option<Offset>) -> Result<bool, StoreError> {
        if store.unwritten_bytes() == 0 {
            return Ok(false);
        }
        if !self.is_restorable(store.index()) {
            return Ok(true);
        }
        let Some(written_to) = store.changelog_offset()? else {
            return Ok(true);
        };
        let ahead = acknowledged.map_or(0, |end| end.number().saturating_sub(written_to.number()));
        Ok(store.is_write_back_due(u64::try_from(ahead).unwrap_or(0)))
    }

    /// Whether the rows of a store are in a topic, from which they can be restored.
    #[must_use]
    pub fn is_restorable(&self, store: StoreIndex) -> bool {
        self.partition(store).is_some() || self.source(store).is_some()
    }

    /// Writes all unwritten rows of `store` to its engine, in one batch with the changelog offset that they reach.
    ///
    /// Call it when the store is flushed and its changelog records are durable; `acknowledged` is the offset after the last of
    /// them, `None` if this producer has not logged any; for a store that is restored from the topic of its table, it is the
    /// committed offset. The offset of the engine never decreases: a producer may know an older
    /// one, from before the task was assigned elsewhere.
    ///
    /// # Errors
    /// When the store has dirty updates, or its engine fails. Then nothing is written.
    pub fn write_back(&self, store: &mut dyn AnyStore, acknowledged: Option<Offset>) -> Result<(), StoreError> {
        if !self.is_restorable(store.index()) {
            return store.write_back(None);
        }
        let offset = acknowledged.max(store.changelog_offset()?);
        store.write_back(offset)
    }
}

#[cfg(test)]
mod tests;
