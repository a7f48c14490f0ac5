//! Which appends have been answered, in whatever order the brokers answer.

use std::collections::VecDeque;

/// Appends by their numbers, from 1 on.
#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    appended: u64,
    /// Up to here all are answered.
    answered: u64,
    /// Whether those after `answered` are answered, one by one.
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

    /// Takes note that this append is answered.
    pub(crate) fn answer(&mut self, number: u64) {
        let index = number.checked_sub(self.answered + 1).and_then(|index| usize::try_from(index).ok());
        if let Some(is_answered) = index.and_then(|index| self.window.get_mut(index)) {
            *is_answered = true;
        }
        while self.window.front() == Some(&true) {
            self.window.pop_front();
            self.answered += 1;
        }
    }

    /// The number of the last append before which, and with which, all are answered.
    pub(crate) fn answered(&self) -> u64 {
        self.answered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_counts_once_all_before_it_are_there() {
        let mut deliveries = Deliveries::default();
        (0..4).for_each(|_| deliveries.append());
        let seen: Vec<u64> = [2, 1, 4, 3]
            .map(|number| {
                deliveries.answer(number);
                deliveries.answered()
            })
            .into();
        assert_eq!(seen, [0, 2, 2, 4]);
        assert_eq!((deliveries.appended(), deliveries.next()), (4, 5));
    }

    #[test]
    fn an_answer_told_twice_or_to_nothing_changes_nothing() {
        let mut deliveries = Deliveries::default();
        deliveries.append();
        [1, 1, 0, 7].into_iter().for_each(|number| deliveries.answer(number));
        deliveries.append();
        assert_eq!(deliveries.answered(), 1);
    }
}
