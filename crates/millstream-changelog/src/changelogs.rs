//! The changelog partitions of one task's stores, and the offsets that their engines carry.

use millstream_state::{AnyStore, StoreError, StoreIndex};
use millstream_types::{Offset, TopicPartition};

/// Where the stores of one task are logged.
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
    /// By the store's index; `None` for stores without a changelog and those of other tasks.
    by_store: Vec<Option<Changelog>>,
}

#[derive(Clone, Debug)]
struct Changelog {
    partition: TopicPartition,
    /// The highest offset an engine was given.
    written_to: Option<Offset>,
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
            by_store[store.index()] = Some(Changelog { partition, written_to: None });
        }
        Self { by_store }
    }

    /// The changelog of `store`; `None` if it has none.
    #[inline]
    #[must_use]
    pub fn partition(&self, store: StoreIndex) -> Option<&TopicPartition> {
        self.by_store.get(store.index())?.as_ref().map(|changelog| &changelog.partition)
    }

    /// All changelog partitions.
    pub fn partitions(&self) -> impl Iterator<Item = &TopicPartition> {
        self.by_store.iter().flatten().map(|changelog| &changelog.partition)
    }

    /// Whether the engine of `store` should get what is unwritten, the changelog being acknowledged up to the offset
    /// `acknowledged`.
    ///
    /// What is logged need not be written at once: a crash before costs the time to restore it, which is bounded. So a
    /// store without a changelog is always written, and one whose engine has no offset yet, from which restoring starts.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn is_write_back_due(
        &mut self,
        store: &dyn AnyStore,
        acknowledged: Option<Offset>,
    ) -> Result<bool, StoreError> {
        if store.unwritten_bytes() == 0 {
            return Ok(false);
        }
        let Some(Some(changelog)) = self.by_store.get_mut(store.index().index()) else {
            return Ok(true);
        };
        let Some(written_to) = changelog.written_to(store)? else {
            return Ok(true);
        };
        let ahead = acknowledged.map_or(0, |end| end.number().saturating_sub(written_to.number()));
        Ok(store.is_write_back_due(u64::try_from(ahead).unwrap_or(0)))
    }

    /// Brings the engine of `store` up to date, in one batch with the changelog offset that covers it.
    ///
    /// Call it when the store is flushed and everything it logged is durable; `acknowledged` is then the offset after
    /// the last of it, `None` if nothing was logged by this producer. An offset never goes back: a producer may know an
    /// older one of the same partition, from before the task was elsewhere.
    ///
    /// # Errors
    /// When the store has unlogged updates, or its engine fails; nothing is written then.
    pub fn write_back(&mut self, store: &mut dyn AnyStore, acknowledged: Option<Offset>) -> Result<(), StoreError> {
        let Some(Some(changelog)) = self.by_store.get_mut(store.index().index()) else {
            return store.write_back(None);
        };
        let offset = acknowledged.max(changelog.written_to(store)?);
        store.write_back(offset)?;
        changelog.written_to = offset;
        Ok(())
    }
}

impl Changelog {
    /// The offset that the engine of `store` has.
    fn written_to(&mut self, store: &dyn AnyStore) -> Result<Option<Offset>, StoreError> {
        if self.written_to.is_none() {
            self.written_to = store.changelog_offset()?;
        }
        Ok(self.written_to)
    }
}

#[cfg(test)]
mod tests;
