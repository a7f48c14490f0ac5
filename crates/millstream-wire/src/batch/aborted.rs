//! Tracks which producers' records belong to aborted transactions.

use std::collections::BTreeSet;

/// An aborted transaction, as a fetch response lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aborted {
    /// The id of the producer whose transaction it was.
    pub producer_id: i64,
    /// The offset of its first record in the partition.
    pub first_offset: i64,
}

/// The aborted transactions of one response, and which of them are open at the batch being read.
#[derive(Debug, Default)]
pub(super) struct AbortedProducers {
    /// The transactions that begin later, the next one last.
    pending: Vec<Aborted>,
    /// The producers whose transaction has begun and has not ended yet.
    open: BTreeSet<i64>,
}

impl AbortedProducers {
    /// Takes the list of a response, in any order.
    pub(super) fn new(mut list: Vec<Aborted>) -> Self {
        list.sort_unstable_by_key(|aborted| std::cmp::Reverse(aborted.first_offset));
        Self { pending: list, open: BTreeSet::new() }
    }

    /// Whether no transaction is open or pending.
    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty() && self.open.is_empty()
    }

    /// Opens the transactions that begin at or before this offset.
    pub(super) fn advance(&mut self, last_offset: i64) {
        while let Some(begun) = self.pending.pop_if(|aborted| aborted.first_offset <= last_offset) {
            self.open.insert(begun.producer_id);
        }
    }

    /// Ends the producer's transaction, if one is open.
    pub(super) fn end(&mut self, producer_id: i64) {
        self.open.remove(&producer_id);
    }

    /// Whether the producer's records belong to an aborted transaction.
    pub(super) fn contains(&self, producer_id: i64) -> bool {
        self.open.contains(&producer_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_is_open_from_its_first_offset_to_its_end_whatever_the_order_of_the_list() {
        let list = [(7, 30), (7, 10), (8, 20)].map(|(producer_id, first_offset)| Aborted { producer_id, first_offset });
        let mut aborted = AbortedProducers::new(list.to_vec());
        let mut seen = Vec::new();
        for last_offset in [9, 10, 29] {
            aborted.advance(last_offset);
            seen.push((aborted.contains(7), aborted.contains(8)));
        }
        assert_eq!(seen, [(false, false), (true, false), (true, true)]);
        aborted.end(7);
        assert_eq!((aborted.contains(7), aborted.contains(8)), (false, true));
        aborted.advance(30);
        aborted.end(8);
        assert_eq!((aborted.contains(7), aborted.is_empty()), (true, false));
        aborted.end(7);
        assert!(aborted.is_empty());
    }
}
