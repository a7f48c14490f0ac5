//! Takes back records that librdkafka has not sent.
//!
//! librdkafka sends on threads of its own and holds nothing back, and the sequence of a producer that has lost a record ends
//! there. So records are taken back from the whole client: those that are not sent come back at once, requests in flight are
//! awaited, and then a new client gets what has come back, in the order of the appends.

use std::collections::BTreeMap;

use millstream_types::RecordBuf;

/// A record that librdkafka has not written.
pub(super) struct Returned {
    /// The number of its topic.
    pub(super) topic: usize,
    pub(super) partition: u32,
    pub(super) record: Box<RecordBuf>,
}

/// The records that came back, and which of them are wanted.
#[derive(Default)]
pub(super) struct Recall {
    is_running: bool,
    /// By the numbers of their appends.
    records: BTreeMap<u64, Returned>,
    unwanted: Unwanted,
}

/// Which of the records that come back are discarded.
#[derive(Default)]
enum Unwanted {
    #[default]
    None,
    All,
    /// Those of these partitions, each with the number of its topic.
    Partitions(Vec<(usize, u32)>),
}

impl Recall {
    /// Whether records are still to come back.
    pub(super) fn is_running(&self) -> bool {
        self.is_running
    }

    /// Whether no record has come back that is not given to a new client yet.
    pub(super) fn is_over(&self) -> bool {
        !self.is_running && self.records.is_empty()
    }

    /// How many records have come back and are not given to a new client yet.
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// Begins to take records back.
    pub(super) fn begin(&mut self) {
        self.is_running = true;
    }

    /// Adds a record that has come back. Returns whether it is kept; otherwise its append is complete.
    #[must_use]
    pub(super) fn add(&mut self, number: u64, returned: Returned) -> bool {
        let is_wanted = !self.unwanted.contains(&returned);
        if is_wanted {
            self.records.insert(number, returned);
        }
        is_wanted
    }

    /// Ends if as many appends are not complete as have come back: none is in flight. Returns whether it ends here.
    pub(super) fn end_if_complete(&mut self, incomplete: usize) -> bool {
        let ends = self.is_running && self.records.len() == incomplete;
        if ends {
            self.is_running = false;
            self.unwanted = Unwanted::None;
        }
        ends
    }

    /// Discards all records, those that come back later included. Returns the numbers of their appends.
    pub(super) fn discard_all(&mut self) -> Vec<u64> {
        self.unwanted = Unwanted::All;
        std::mem::take(&mut self.records).into_keys().collect()
    }

    /// The same for the records of these partitions, each with the number of its topic.
    pub(super) fn discard(&mut self, partitions: impl IntoIterator<Item = (usize, u32)>) -> Vec<u64> {
        match &mut self.unwanted {
            Unwanted::All => {}
            Unwanted::Partitions(unwanted) => unwanted.extend(partitions),
            Unwanted::None => self.unwanted = Unwanted::Partitions(partitions.into_iter().collect()),
        }
        let (unwanted, mut discarded) = (&self.unwanted, Vec::new());
        self.records.retain(|number, returned| {
            let is_wanted = !unwanted.contains(returned);
            discarded.extend((!is_wanted).then_some(*number));
            is_wanted
        });
        discarded
    }

    /// The record that is to be sent next.
    pub(super) fn first(&self) -> Option<(u64, &Returned)> {
        self.records.first_key_value().map(|(number, returned)| (*number, returned))
    }

    /// Removes the record that was sent.
    pub(super) fn remove_first(&mut self) -> Option<Returned> {
        self.records.pop_first().map(|(_, returned)| returned)
    }
}

impl Unwanted {
    fn contains(&self, returned: &Returned) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Partitions(partitions) => partitions.contains(&(returned.topic, returned.partition)),
        }
    }
}

#[cfg(test)]
mod tests {
    use millstream_types::{Headers, Timestamp};

    use super::*;

    fn returned(topic: usize, partition: u32) -> Returned {
        let record =
            RecordBuf { timestamp: Timestamp::from_millis(1), key: None, value: None, headers: Headers::new() };
        Returned { topic, partition, record: Box::new(record) }
    }

    fn taken(mut recall: Recall) -> Vec<u64> {
        std::iter::from_fn(|| {
            let number = recall.first()?.0;
            recall.remove_first().map(|_| number)
        })
        .collect()
    }

    #[test]
    fn what_comes_back_is_in_the_order_of_the_appends_once_nothing_is_in_flight() {
        let mut recall = Recall::default();
        recall.begin();
        assert!(recall.add(5, returned(0, 1)) && recall.add(3, returned(0, 0)));
        assert!(!recall.end_if_complete(3), "one is in flight");
        assert!(recall.add(4, returned(1, 0)));
        assert!(recall.end_if_complete(3) && !recall.is_running() && !recall.is_over());
        assert!(!recall.end_if_complete(3), "it ends once");
        assert_eq!(taken(recall), [3, 4, 5]);
    }

    #[test]
    fn what_is_discarded_does_not_come_back_later_either() {
        let mut recall = Recall::default();
        recall.begin();
        assert!(recall.add(1, returned(0, 0)) && recall.add(2, returned(0, 1)));
        assert_eq!(recall.discard([(0, 1)]), [2]);
        assert!(!recall.add(3, returned(0, 1)) && recall.add(4, returned(1, 1)));
        assert_eq!(recall.discard([(1, 1)]), [4]);
        assert!(!recall.add(5, returned(0, 1)) && !recall.add(6, returned(1, 1)));
        assert_eq!(recall.discard_all(), [1]);
        assert!(!recall.add(7, returned(0, 0)));
        assert!(recall.end_if_complete(0) && recall.is_over());
        recall.begin();
        assert!(recall.add(8, returned(0, 1)), "it was appended later");
    }
}
