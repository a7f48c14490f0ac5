//! A ledger: which numbered lines of a key were processed, and how many in all.
//!
//! In a count, a lost line and a line that was processed twice cancel out. In a ledger they do not.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A line of input: a key, and the number of the line among the lines of this key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The number, from 0.
    pub number: i64,
}

impl Entry {
    /// Parses the text that `Display` writes.
    ///
    /// # Panics
    /// When it is another text.
    #[must_use]
    pub fn parse(line: &str) -> Self {
        let (key, number) = line.split_once(':').expect("a line of a ledger has a colon");
        Self { key: key.to_owned(), number: number.parse().expect("a number stands after the colon") }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.key, self.number)
    }
}

/// The lines of one key that were processed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// How many lines were processed, with repetitions.
    pub applied: u64,
    /// The numbers of the processed lines as sorted ranges, each with its first and last number.
    runs: Vec<(i64, i64)>,
}

millstream::json_data!(Ledger);

impl Ledger {
    /// The ledger with one more processed line.
    #[must_use]
    pub fn with(mut self, number: i64) -> Self {
        self.applied += 1;
        let place = self.runs.partition_point(|(_, last)| last + 1 < number);
        match self.runs.get_mut(place) {
            Some((first, _)) if *first > number + 1 => self.runs.insert(place, (number, number)),
            Some((first, last)) => {
                *first = number.min(*first);
                *last = number.max(*last);
                self.join_with_next(place);
            }
            None => self.runs.push((number, number)),
        }
        self
    }

    fn join_with_next(&mut self, place: usize) {
        if let Some(&(first, last)) = self.runs.get(place + 1)
            && self.runs[place].1 + 1 >= first
        {
            self.runs[place].1 = last.max(self.runs[place].1);
            self.runs.remove(place + 1);
        }
    }

    /// How many different lines were processed.
    #[must_use]
    pub fn distinct(&self) -> u64 {
        self.runs.iter().map(|(first, last)| (last - first + 1).unsigned_abs()).sum()
    }

    /// Whether exactly the lines with numbers below `count` were processed, each at least once.
    #[must_use]
    pub fn is_complete(&self, count: u64) -> bool {
        match self.runs[..] {
            [] => count == 0,
            [(0, last)] => last.unsigned_abs() + 1 == count,
            _ => false,
        }
    }
}

/// The expected result: the number of lines of each key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Truth(pub BTreeMap<String, u64>);

impl Truth {
    /// The number of lines of all keys.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// The keys whose ledger is not complete, each with its number of lines and its ledger. Empty if no line was lost.
    pub fn missing<'a>(&'a self, ledgers: &'a BTreeMap<String, Ledger>) -> Vec<(&'a str, u64, Option<&'a Ledger>)> {
        self.0
            .iter()
            .map(|(key, count)| (key.as_str(), *count, ledgers.get(key)))
            .filter(|(_, count, ledger)| !ledger.is_some_and(|ledger| ledger.is_complete(*count)))
            .collect()
    }

    /// Checks that every line was processed.
    ///
    /// # Panics
    /// When a line is missing.
    #[track_caller]
    pub fn check(&self, ledgers: &BTreeMap<String, Ledger>) {
        let missing = self.missing(ledgers);
        assert!(
            missing.is_empty(),
            "of {} lines, those of {} keys are not what was written, among them (key, lines, seen) {:?}",
            self.total(),
            missing.len(),
            &missing[..missing.len().min(5)]
        );
    }

    /// How often lines were processed again.
    #[must_use]
    pub fn doubled(&self, ledgers: &BTreeMap<String, Ledger>) -> u64 {
        ledgers.values().map(|ledger| ledger.applied - ledger.distinct()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(numbers: &[i64]) -> Ledger {
        numbers.iter().fold(Ledger::default(), |ledger, number| ledger.with(*number))
    }

    #[test]
    fn runs_grow_at_both_ends_and_join() {
        assert_eq!(ledger(&[0, 1, 2]).runs, [(0, 2)]);
        assert_eq!(ledger(&[4, 0, 2]).runs, [(0, 0), (2, 2), (4, 4)]);
        assert_eq!(ledger(&[4, 0, 2, 1]).runs, [(0, 2), (4, 4)]);
        assert_eq!(ledger(&[4, 0, 2, 1, 3]).runs, [(0, 4)]);
        assert_eq!(ledger(&[3, 1, 0, 2]).runs, [(0, 3)]);
    }

    #[test]
    fn any_order_and_any_repetition_gives_the_set_and_the_sum() {
        let mut numbers: Vec<i64> = (0..50).chain(10..20).chain(5..45).collect();
        let half = numbers.len() / 2;
        for turn in 0..numbers.len() {
            numbers.swap(turn, (turn * 37 + 11) % half);
            let ledger = ledger(&numbers);
            assert!(ledger.is_complete(50), "{ledger:?}");
            assert_eq!((ledger.applied, ledger.distinct()), (100, 50));
        }
    }

    #[test]
    fn a_loss_shows_behind_a_repetition() {
        let truth = Truth([("a".to_owned(), 3)].into());
        let check = |numbers: &[i64]| truth.missing(&[("a".to_owned(), ledger(numbers))].into()).len();
        assert_eq!(check(&[0, 1, 2]), 0);
        assert_eq!(check(&[0, 2, 2]), 1);
        assert_eq!(check(&[0, 1, 1]), 1);
        assert_eq!(check(&[0, 1, 2, 3]), 1, "nobody wrote a fourth");
        assert_eq!(truth.missing(&BTreeMap::new()).len(), 1);
    }
}
