//! Tracks which appends are complete, in whatever order their delivery reports arrive.

use std::collections::VecDeque;

/// Appends by their numbers, from 1 on.
#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    appended: u64,
    /// The number up to which all appends are complete.
    completed: u64,
    /// For each append after `completed`, whether it is complete.
    window: VecDeque<bool>,
}

impl Deliveries {
    /// The number of the next append.
    pub(crate) fn next(&self) -> u64 {
        self.appended + 1
    }

    /// Records the append with the number `next`.
    pub(crate) fn append(&mut self) {
        self.appended += 1;
        self.window.push_back(false);
    }

    /// The number of appends so far.
    pub(crate) fn appended(&self) -> u64 {
        self.appended
    }

    /// Records that an append is complete.
    pub(crate) fn complete(&mut self, number: u64) {
        let index = number.checked_sub(self.completed + 1).and_then(|index| usize::try_from(index).ok());
        if let Some(is_complete) = index.and_then(|index| self.window.get_mut(index)) {
            *is_complete = true;
        }
        while self.window.front() == Some(&true) {
            self.window.pop_front();
            self.completed += 1;
        }
    }

    /// The number up to which all appends are complete.
    pub(crate) fn completed(&self) -> u64 {
        self.completed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_append_counts_once_all_before_it_are_complete() {
        let mut deliveries = Deliveries::default();
        (0..4).for_each(|_| deliveries.append());
        let seen: Vec<u64> = [2, 1, 4, 3]
            .map(|number| {
                deliveries.complete(number);
                deliveries.completed()
            })
            .into();
        assert_eq!(seen, [0, 2, 2, 4]);
        assert_eq!((deliveries.appended(), deliveries.next()), (4, 5));
    }

    #[test]
    fn a_report_that_is_repeated_or_unknown_changes_nothing() {
        let mut deliveries = Deliveries::default();
        deliveries.append();
        [1, 1, 0, 7].into_iter().for_each(|number| deliveries.complete(number));
        deliveries.append();
        assert_eq!(deliveries.completed(), 1);
    }
}
