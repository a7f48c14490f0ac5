//! The result of a query that may not have reached all partitions of a store.

use std::collections::BTreeMap;

use millstream_types::Partition;

use super::position::Position;

/// What a query found in the partitions of a store that this instance has.
///
/// Other instances may have the other partitions: [`is_complete`](Self::is_complete) returns whether this instance has all
/// of them. During a rebalance a partition may be in no instance for a while.
///
/// # Examples
/// ```no_run
/// # fn example(streams: &millstream_runtime::StreamsHandle) -> Result<(), millstream_runtime::QueryError> {
/// use std::time::Duration;
/// use millstream_state::{AnyStore, KeyValueStore};
///
/// let sizes = streams.query("counts", |store: &mut KeyValueStore<String, i64>| Ok(store.len()));
/// let sizes = sizes.wait(Duration::from_secs(1))?;
/// let keys: usize = sizes.value.iter().sum();
/// if sizes.is_complete() {
///     println!("{keys} keys");
/// } else {
///     println!("{keys} keys here, others in partitions {:?}", sizes.missing().collect::<Vec<_>>());
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartialResult<T> {
    /// What was found.
    pub value: T,
    /// The partitions that were queried, in order.
    pub partitions: Vec<Partition>,
    /// How many partitions the store has in all instances.
    pub partition_count: u32,
    /// What these partitions had processed, except for global stores. It can be asked for in a
    /// [`QueryScope`](super::QueryScope).
    pub position: Position,
    /// The partitions that were answered by a standby, or while their store was being restored, each with the number of records of the
    /// changelog that it lacked. Empty unless [stale answers are allowed](super::QueryScope::allow_stale).
    pub stale: BTreeMap<Partition, u64>,
}

impl<T> PartialResult<T> {
    /// Whether all partitions of the store were queried.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.missing().next().is_none()
    }

    /// The partitions that were not queried, since they are not in this instance.
    pub fn missing(&self) -> impl Iterator<Item = Partition> {
        let all = (0..self.partition_count).map(Partition::new);
        all.filter(|partition| !self.partitions.contains(partition))
    }

    /// Converts the value with `change`; the partitions stay.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> PartialResult<U> {
        let Self { value, partitions, partition_count, position, stale } = self;
        PartialResult { value: change(value), partitions, partition_count, position, stale }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_names_the_partitions_that_were_not_queried() {
        let partitions = vec![Partition::new(0), Partition::new(2)];
        let partial = PartialResult {
            value: 7,
            partitions,
            partition_count: 4,
            position: Position::new(),
            stale: BTreeMap::new(),
        };
        assert!(!partial.is_complete());
        assert_eq!(partial.missing().map(Partition::number).collect::<Vec<_>>(), [1, 3]);
        assert!(PartialResult { partition_count: 1, ..partial }.is_complete());
    }
}
