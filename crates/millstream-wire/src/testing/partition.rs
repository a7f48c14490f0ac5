//! A partition of the test brokers.

use std::collections::{BTreeMap, VecDeque};

use super::sequences::TestProducer;
use crate::batch::testing::TestBatch;

/// A partition of the test brokers.
#[derive(Clone, Debug, Default)]
pub(crate) struct TestPartition {
    pub(crate) start: i64,
    /// The batches with the offsets that follow each.
    pub(crate) batches: Vec<(i64, Vec<u8>)>,
    pub(crate) leader: i32,
    pub(crate) epoch: i32,
    /// The leader and epoch that look-ups get, if others than the true ones.
    pub(crate) stale: Option<(i32, i32)>,
    pub(crate) error: i16,
    /// Producers and the first offsets of their aborted transactions.
    pub(crate) aborted: Vec<(i64, i64)>,
    pub(crate) diverges_at: Option<i64>,
    /// A broker that is a follower and has all batches. The leader names it to clients with a rack.
    pub(crate) follower: Option<i32>,
    /// The error of the follower.
    pub(crate) follower_error: i16,
    /// Bytes behind the last batch: a part of one more.
    pub(crate) tail: Vec<u8>,
    /// Each refuses one batch: nothing is appended.
    pub(crate) produce_errors: VecDeque<i16>,
    /// Each is the response to one batch that is appended, or was before.
    pub(crate) produce_errors_after_append: VecDeque<i16>,
    /// The size of the largest batch that is not refused.
    pub(crate) batch_bytes_max: Option<usize>,
    /// What the values of records that are refused begin with.
    pub(crate) refused_values: Option<Vec<u8>>,
    /// The producer state by producer id.
    pub(crate) producers: BTreeMap<i64, TestProducer>,
}

impl TestPartition {
    pub(crate) fn new(leader: i32) -> Self {
        Self { leader, ..Self::default() }
    }

    /// Appends batches of so many numbered records each.
    pub(crate) fn with(mut self, counts: &[i32]) -> Self {
        counts.iter().for_each(|count| self.push(&TestBatch::numbered(self.end(), *count)));
        self
    }

    pub(crate) fn push(&mut self, batch: &TestBatch) {
        self.batches.push((batch.next_offset(), batch.encode()));
    }

    pub(crate) fn end(&self) -> i64 {
        self.batches.last().map_or(self.start, |(next, _)| *next)
    }
}
