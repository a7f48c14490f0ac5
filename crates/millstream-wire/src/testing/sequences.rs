//! The producer state of a partition, by which its leader recognises batches that are sent again.
//!
//! Source: `ProducerAppendInfo` and `ProducerStateEntry` of Kafka 4.

use std::collections::VecDeque;

use super::requests::SentBatch;

const OUT_OF_ORDER_SEQUENCE: i16 = 45;
const INVALID_PRODUCER_EPOCH: i16 = 47;

/// How many batches are kept.
const KEPT: usize = 5;

/// The state of one producer.
#[derive(Clone, Debug, Default)]
pub(crate) struct TestProducer {
    epoch: i16,
    /// The last batches; at least one.
    batches: VecDeque<Kept>,
}

#[derive(Clone, Copy, Debug)]
struct Kept {
    first: i32,
    last: i32,
    base_offset: i64,
}

/// The result of the check of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SequenceCheck {
    Next,
    /// It was appended at that offset.
    Again(i64),
    /// It is refused with that error.
    Wrong(i16),
}

impl TestProducer {
    /// `error_of_passed` is for a batch that was appended, or not, so long ago that it is no longer known.
    pub(super) fn check(&self, batch: &SentBatch, error_of_passed: i16) -> SequenceCheck {
        if batch.epoch != self.epoch {
            return self.check_other_epoch(batch);
        }
        let (first, last) = (batch.base_sequence, after(batch.base_sequence, batch.count - 1));
        if let Some(kept) = self.batches.iter().find(|kept| (kept.first, kept.last) == (first, last)) {
            return SequenceCheck::Again(kept.base_offset);
        }
        let next = self.batches.back().map_or(0, |kept| after(kept.last, 1));
        match next.wrapping_sub(first) & i32::MAX {
            0 => SequenceCheck::Next,
            // Half of all sequence numbers count as earlier ones.
            1..0x4000_0000 => SequenceCheck::Wrong(error_of_passed),
            _ => SequenceCheck::Wrong(OUT_OF_ORDER_SEQUENCE),
        }
    }

    fn check_other_epoch(&self, batch: &SentBatch) -> SequenceCheck {
        match batch {
            batch if batch.epoch < self.epoch => SequenceCheck::Wrong(INVALID_PRODUCER_EPOCH),
            batch if batch.base_sequence != 0 => SequenceCheck::Wrong(OUT_OF_ORDER_SEQUENCE),
            _ => SequenceCheck::Next,
        }
    }

    pub(super) fn appended(&mut self, batch: &SentBatch, base_offset: i64) {
        if self.epoch != batch.epoch {
            *self = Self { epoch: batch.epoch, ..Self::default() };
        }
        let (first, last) = (batch.base_sequence, after(batch.base_sequence, batch.count - 1));
        self.batches.push_back(Kept { first, last, base_offset });
        if self.batches.len() > KEPT {
            self.batches.pop_front();
        }
    }
}

/// The sequence so many records later: 0 comes after 2^31 - 1.
fn after(sequence: i32, count: i32) -> i32 {
    sequence.wrapping_add(count) & i32::MAX
}
