//! Which appends are complete, in whatever order the brokers respond.

use std::collections::VecDeque;

/// Appends by their numbers, from 1 on.
#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    appended: u64,
    /// Up to here all are complete.
    responded: u64,
    /// Whether those after `responded` are complete, one by one.
    window: VecDeque<bool>,
}

impl Deliveries {
    /// The number of the append to come.
    pub(crate) fn next(&self) -> u64 {
        self.appended + 1
    }

    /// Takes note of the append with the number `next`.
    pub(crate) fn append(&mut self) {
        self.appended += 1;
        self.window.push_back(false);
    }

    /// How many there were.
    pub(crate) fn appended(&self) -> u64 {
        self.appended
    }

    /// Takes note that this append has a response.
    pub(crate) fn complete(&mut self, number: u64) {
        let index = number.checked_sub(self.responded + 1).and_then(|index| usize::try_from(index).ok());
        if let Some(is_responseed) = index.and_then(|index| self.window.get_mut(index)) {
            *is_responseed = true;
        }
        while self.window.front() == Some(&true) {
            self.window.pop_front();
            self.responded += 1;
        }
    }

    /// The number up to which all appends are complete.
    pub(crate) fn completed(&self) -> u64 {
        self.responded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_counts_once_all_before_it_are_there() {
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
    fn a_response_reported_twice_or_to_nothing_changes_nothing() {
        let mut deliveries = Deliveries::default();
        deliveries.append();
        [1, 1, 0, 7].into_iter().for_each(|number| deliveries.complete(number));
        deliveries.append();
        assert_eq!(deliveries.completed(), 1);
    }
}
