//! Tracks which appends are complete, in whatever order their delivery reports arrive.

use std::collections::VecDeque;

use millstream_types::Timestamp;

/// Appends by their numbers, from 1 on.
#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    appended: u64,
    /// The number up to which all appends are complete.
    completed: u64,
    /// For each append after `completed`, its record's timestamp, or `None` if it is complete. librdkafka does not return
    /// the timestamp of a record that was not written.
    window: VecDeque<Option<Timestamp>>,
    /// How many of the window are not complete.
    incomplete: usize,
}

impl Deliveries {
    /// The number of the next append.
    pub(crate) fn next(&self) -> u64 {
        self.appended + 1
    }

    /// Records the append with the number `next`, of a record with this timestamp.
    pub(crate) fn append(&mut self, timestamp: Timestamp) {
        self.appended += 1;
        self.incomplete += 1;
        self.window.push_back(Some(timestamp));
    }

    /// The number of appends so far.
    pub(crate) fn appended(&self) -> u64 {
        self.appended
    }

    /// The timestamp of an append's record, unless the append is complete.
    pub(crate) fn timestamp(&self, number: u64) -> Option<Timestamp> {
        *self.window.get(self.index(number)?)?
    }

    /// Records that an append is complete.
    pub(crate) fn complete(&mut self, number: u64) {
        let append = self.index(number).and_then(|index| self.window.get_mut(index));
        if append.and_then(Option::take).is_some() {
            self.incomplete -= 1;
        }
        while self.window.front() == Some(&None) {
            self.window.pop_front();
            self.completed += 1;
        }
    }

    /// The number up to which all appends are complete.
    pub(crate) fn completed(&self) -> u64 {
        self.completed
    }

    /// How many appends are not complete.
    pub(crate) fn incomplete(&self) -> usize {
        self.incomplete
    }

    fn index(&self, number: u64) -> Option<usize> {
        number.checked_sub(self.completed + 1).and_then(|index| usize::try_from(index).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Timestamp = Timestamp::from_millis(7);

    #[test]
    fn an_append_counts_once_all_before_it_are_complete() {
        let mut deliveries = Deliveries::default();
        (0..4).for_each(|_| deliveries.append(TIME));
        let seen: Vec<(u64, usize)> = [2, 1, 4, 3]
            .map(|number| {
                deliveries.complete(number);
                (deliveries.completed(), deliveries.incomplete())
            })
            .into();
        assert_eq!(seen, [(0, 3), (2, 2), (2, 1), (4, 0)]);
        assert_eq!((deliveries.appended(), deliveries.next()), (4, 5));
    }

    #[test]
    fn a_report_that_is_repeated_or_unknown_changes_nothing() {
        let mut deliveries = Deliveries::default();
        deliveries.append(TIME);
        [1, 1, 0, 7].into_iter().for_each(|number| deliveries.complete(number));
        deliveries.append(TIME);
        assert_eq!((deliveries.completed(), deliveries.incomplete()), (1, 1));
    }

    #[test]
    fn the_timestamp_of_an_append_is_known_until_it_is_complete() {
        let mut deliveries = Deliveries::default();
        (1..4).for_each(|millis| deliveries.append(Timestamp::from_millis(millis)));
        deliveries.complete(1);
        deliveries.complete(3);
        let timestamps = [0, 1, 2, 3, 4].map(|number| deliveries.timestamp(number).map(Timestamp::as_millis));
        assert_eq!(timestamps, [None, None, Some(2), None, None]);
    }
}
