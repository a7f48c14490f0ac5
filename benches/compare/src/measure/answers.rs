//! Which results answer which records, and when they arrived.

use std::collections::VecDeque;
use std::time::Duration;

use crate::Outcome;
use crate::workload::Workload;
use crate::workload::records::{Made, NUMBER_DIGITS, WORDS, number_of, word_number};

/// When the result for each record arrived. Every record must get one.
pub(crate) struct Answers {
    by: By,
    /// Since the start, by the record's number.
    arrived: Vec<Option<Duration>>,
    missing: usize,
}

/// How a result tells the records that it is for.
enum By {
    /// It is a copy of one record, which has its number in it.
    Number,
    /// It is how many records had its word so far: it is for all of these that no result has been for. A count without caching is for one
    /// record; one with caching is for all that it merges.
    Count(Vec<Word>),
}

/// The records with a word.
#[derive(Clone, Default)]
struct Word {
    /// How many of them have a result.
    answered: u64,
    /// The numbers of the others, in the order of sending.
    waiting: VecDeque<u64>,
}

impl Answers {
    /// For this many records of a workload, none of which is sent yet.
    pub(crate) fn of(workload: Workload, records: u64) -> Self {
        let by = match workload {
            Workload::WordCount => By::Count(vec![Word::default(); WORDS as usize]),
            _ => By::Number,
        };
        Self { by, arrived: vec![None; records as usize], missing: records as usize }
    }

    /// Notes a record that is sent.
    pub(crate) fn sent(&mut self, number: u64, record: &Made<'_>) -> Outcome<()> {
        if let By::Count(words) = &mut self.by {
            word(words, record.value)?.waiting.push_back(number);
        }
        Ok(())
    }

    /// Notes a result.
    ///
    /// # Errors
    /// When it is for no record that waits: results must neither be repeated nor be for records that were never sent.
    pub(crate) fn take(&mut self, key: Option<&[u8]>, value: Option<&[u8]>, at: Duration) -> Outcome<()> {
        let value = value.ok_or("a result without a value arrived")?;
        match &mut self.by {
            By::Number => {
                let number = number_of(value.get(..NUMBER_DIGITS).ok_or("a result without a number arrived")?);
                arrive(&mut self.arrived, number, at)?;
                self.missing -= 1;
            }
            By::Count(words) => {
                let count = value.try_into().map(u64::from_be_bytes).map_err(|_| "a result is not a count")?;
                let word = word(words, key.ok_or("a count without a word arrived")?)?;
                let answers = count.checked_sub(word.answered).filter(|answers| *answers > 0);
                let answers = answers.ok_or_else(|| format!("{count} of a word arrived again"))?;
                for _ in 0..answers {
                    let number = word.waiting.pop_front().ok_or("a word was counted more often than sent")?;
                    arrive(&mut self.arrived, number, at)?;
                    self.missing -= 1;
                }
                word.answered = count;
            }
        }
        Ok(())
    }

    /// How many records have no result yet.
    pub(crate) fn missing(&self) -> usize {
        self.missing
    }

    /// When the result for each record arrived that has one, with the record's number.
    pub(crate) fn arrived(&self) -> impl Iterator<Item = (u64, Duration)> {
        (0..).zip(&self.arrived).filter_map(|(number, at)| at.map(|at| (number, at)))
    }
}

fn arrive(arrived: &mut [Option<Duration>], number: u64, at: Duration) -> Outcome<()> {
    let arrived = arrived.get_mut(number as usize).ok_or("a record arrived that was never sent")?;
    if arrived.replace(at).is_some() {
        return Err(format!("record {number} arrived twice").into());
    }
    Ok(())
}

fn word<'a>(words: &'a mut [Word], text: &[u8]) -> Outcome<&'a mut Word> {
    let number = word_number(text).and_then(|number| words.get_mut(number as usize));
    Ok(number.ok_or_else(|| format!("{} is not a word that was sent", String::from_utf8_lossy(text)))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Duration = Duration::from_millis(7);

    fn sent(answers: &mut Answers, values: &[&[u8]]) {
        for (number, value) in (0..).zip(values) {
            answers.sent(number, &Made { partition: 0, timestamp_ms: 0, key: None, value }).unwrap();
        }
    }

    #[test]
    fn a_copy_answers_its_record_once() {
        let mut answers = Answers::of(Workload::PassThrough, 2);
        assert!(answers.take(None, Some(b"0000000002"), AT).is_err(), "it was never sent");
        answers.take(None, Some(b"0000000001...."), AT).unwrap();
        assert!(answers.take(None, Some(b"0000000001...."), AT).is_err());
        assert_eq!((answers.missing(), answers.arrived().collect::<Vec<_>>()), (1, vec![(1, AT)]));
    }

    #[test]
    fn a_count_answers_all_records_with_its_word_that_waited() {
        let mut answers = Answers::of(Workload::WordCount, 4);
        sent(&mut answers, &[b"word0001", b"word0002", b"word0001", b"word0001"]);
        let count = |number: u64| number.to_be_bytes();
        answers.take(Some(b"word0001"), Some(&count(1)), AT).unwrap();
        assert!(answers.take(Some(b"word0001"), Some(&count(1)), AT).is_err(), "it was counted already");
        answers.take(Some(b"word0001"), Some(&count(3)), 2 * AT).unwrap();
        assert_eq!(answers.arrived().collect::<Vec<_>>(), [(0, AT), (2, 2 * AT), (3, 2 * AT)]);
        assert!(answers.take(Some(b"word0002"), Some(&count(2)), AT).is_err(), "it was sent once");
        assert!(answers.take(Some(b"word9999"), Some(&count(1)), AT).is_err(), "it was not sent");
    }
}
