//! How far an application has processed its inputs, and what a query asks for.

use std::collections::BTreeMap;

use millstream_types::{Offset, Partition, TopicPartition};

/// For partitions of topics the offset of the last record that was processed.
///
/// A result of a query has the position of the partitions that it is from ([`PartialResult::position`](super::PartialResult)).
/// A query with a position in its [`QueryScope`] sees at least what was processed up to there: so one reads one's own writes, by
/// the offset that a producer returns, and a second query sees no older state than the first. As `Position` in Kafka Streams'
/// interactive queries (KIP-796), but for all records of an input and not only for those that reached the store, so that also a
/// record that a filter dropped is passed at some time.
///
/// # Examples
/// ```
/// use millstream_runtime::Position;
/// use millstream_types::{Offset, TopicPartition};
///
/// let clicks = TopicPartition::new("clicks", 3);
/// let position = Position::new().with(clicks.clone(), Offset::new(17));
/// assert_eq!(position.offset(&clicks), Some(Offset::new(17)));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    offsets: BTreeMap<TopicPartition, Offset>,
}

impl Position {
    /// A position before all records.
    ///
    /// # Examples
    /// ```
    /// # use millstream_runtime::Position;
    /// assert_eq!(Position::new().iter().count(), 0);
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The position with this record, unless it is past it.
    ///
    /// # Examples
    /// ```
    /// # use millstream_runtime::Position;
    /// # use millstream_types::{Offset, TopicPartition};
    /// let clicks = TopicPartition::new("clicks", 0);
    /// let position = Position::new().with(clicks.clone(), Offset::new(8)).with(clicks.clone(), Offset::new(5));
    /// assert_eq!(position.offset(&clicks), Some(Offset::new(8)));
    /// ```
    #[must_use]
    pub fn with(mut self, partition: TopicPartition, offset: Offset) -> Self {
        self.advance(partition, offset);
        self
    }

    /// The offset of the last processed record of a partition; `None` if none is known.
    #[must_use]
    pub fn offset(&self, partition: &TopicPartition) -> Option<Offset> {
        self.offsets.get(partition).copied()
    }

    /// The partitions and the offsets of their last processed records, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&TopicPartition, Offset)> {
        self.offsets.iter().map(|(partition, offset)| (partition, *offset))
    }

    /// Takes the offsets of another position where they are later.
    pub(super) fn merge(&mut self, other: Self) {
        other.offsets.into_iter().for_each(|(partition, offset)| self.advance(partition, offset));
    }

    fn advance(&mut self, partition: TopicPartition, offset: Offset) {
        let known = self.offsets.entry(partition).or_insert(offset);
        *known = offset.max(*known);
    }

    /// The first input of a store's partition in which `reached` is before this position. Inputs of other partitions do not count.
    pub(super) fn ahead_of(&self, reached: &Self, partition: Partition) -> Option<Behind> {
        let mut inputs = self.iter().filter(|(input, _)| input.partition == partition);
        let (input, asked) =
            inputs.find(|(input, asked)| reached.offset(input).is_none_or(|offset| offset < *asked))?;
        Some(Behind { input: input.clone(), reached: reached.offset(input), asked })
    }
}

/// An input that is not processed as far as a query asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Behind {
    pub(super) input: TopicPartition,
    pub(super) reached: Option<Offset>,
    pub(super) asked: Offset,
}

/// Which partitions of a store a query is about, and how far they must have come.
///
/// # Examples
/// ```no_run
/// # fn example(streams: &millstream_runtime::StreamsHandle) -> Result<(), millstream_runtime::QueryError> {
/// use std::time::Duration;
/// use millstream_runtime::{Position, QueryScope};
/// use millstream_types::{Offset, TopicPartition};
///
/// // "anna" was written to partition 3 of `users` at offset 17, and is to be seen.
/// let written = Position::new().with(TopicPartition::new("users", 3), Offset::new(17));
/// let users = streams.key_value_store::<String, String>("users").within(QueryScope::new().at_least(written));
/// println!("{:?}", users.get("anna".to_owned()).wait(Duration::from_secs(1))?);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueryScope {
    /// `None`: all of this instance.
    pub(super) partitions: Option<Vec<Partition>>,
    pub(super) at_least: Position,
    pub(super) stale_answers: StaleAnswers,
}

/// Whether stores may answer that lack the last records of their changelogs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum StaleAnswers {
    #[default]
    Refused,
    Allowed,
}

impl QueryScope {
    /// All partitions of this instance, however far they have come.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only these partitions. A query fails with [`QueryError::NotHere`](super::QueryError::NotHere) if one of them is not in this
    /// instance. A key is looked up in them alone.
    #[must_use]
    pub fn partitions(self, partitions: impl IntoIterator<Item = Partition>) -> Self {
        Self { partitions: Some(partitions.into_iter().collect()), ..self }
    }

    /// Only what was processed up to here or further. Each partition of the store is compared with what the position has of the
    /// inputs' partitions of the same number. One that is behind makes the query fail with
    /// [`QueryError::NotUpToBound`](super::QueryError::NotUpToBound), and may be asked again later. Global stores have no
    /// position, as in Kafka Streams.
    #[must_use]
    pub fn at_least(self, position: Position) -> Self {
        Self { at_least: position, ..self }
    }

    /// Lets standbys, and stores that are being restored, answer too: better an old answer than none, while the active task moves or
    /// where another instance is far away. What an answer lacks is in [`PartialResult::stale`](super::PartialResult::stale), for queries
    /// that return one. Without this only running tasks answer. A standby does not know what its task has processed, so
    /// it never answers a query for a [position](Self::at_least).
    ///
    /// As Kafka Streams' `enableStaleStores` (KIP-535).
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) -> Result<(), millstream_runtime::QueryError> {
    /// use std::time::Duration;
    /// use millstream_runtime::QueryScope;
    ///
    /// let counts = streams.key_value_store::<String, i64>("counts").within(QueryScope::new().allow_stale());
    /// let all = counts.all().wait(Duration::from_secs(1))?;
    /// for (partition, lag) in &all.stale {
    ///     println!("partition {partition} lacks the last {lag} updates");
    /// }
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn allow_stale(self) -> Self {
        Self { stale_answers: StaleAnswers::Allowed, ..self }
    }

    pub(super) fn includes(&self, partition: Partition) -> bool {
        self.partitions.as_ref().is_none_or(|partitions| partitions.contains(&partition))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(offsets: &[(u32, i64)]) -> Position {
        let add = |position: Position, (partition, offset): &(u32, i64)| {
            position.with(TopicPartition::new("in", *partition), Offset::new(*offset))
        };
        offsets.iter().fold(Position::new(), add)
    }

    #[test]
    fn only_inputs_of_the_partition_can_be_behind() {
        let asked = at(&[(0, 5), (1, 7)]);
        assert_eq!(asked.ahead_of(&at(&[(0, 5)]), Partition::new(0)), None);
        assert_eq!(asked.ahead_of(&at(&[(0, 9)]), Partition::new(2)), None);
        let behind = |reached: Option<i64>| Behind {
            input: TopicPartition::new("in", 1),
            reached: reached.map(Offset::new),
            asked: Offset::new(7),
        };
        assert_eq!(asked.ahead_of(&at(&[(1, 6)]), Partition::new(1)), Some(behind(Some(6))));
        assert_eq!(asked.ahead_of(&at(&[(0, 9)]), Partition::new(1)), Some(behind(None)));
    }

    #[test]
    fn merged_positions_have_the_later_offsets() {
        let mut position = at(&[(0, 5), (1, 7)]);
        position.merge(at(&[(0, 4), (1, 8), (2, 0)]));
        assert_eq!(position, at(&[(0, 5), (1, 8), (2, 0)]));
    }
}
