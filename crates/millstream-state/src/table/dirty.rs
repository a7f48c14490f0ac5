//! The keys updated since the last flush, in the order of their last update.

use std::collections::VecDeque;

use crate::RecordContext;

/// The row number of an entry that is not dirty.
pub(crate) const CLEAN: u32 = u32::MAX;

/// Partial flushes let the numbers grow; beyond this one they are assigned from zero again.
const NUMBERS_REUSED_FROM: u32 = u32::MAX / 2;

/// The value of a key as of the last flush.
#[derive(Clone, Debug)]
pub(crate) enum Before<V> {
    /// Not read, because the table did not have the key: the engine still has the value.
    InEngine,
    /// The key had no value.
    Absent,
    /// The key had a value, which is kept only if old values are forwarded.
    Present(Option<V>),
}

/// An updated key.
pub(crate) struct DirtyRow<V> {
    pub(crate) entry: u32,
    sequence: u64,
    /// The context of the last update.
    pub(crate) context: RecordContext,
    /// The value as of the last flush.
    pub(crate) before: Before<V>,
}

/// The places of rows in the order of their sequence numbers. Apart from the rows, so that sorting is compiled once and not
/// for each type of value.
fn sorted_places(mut sequences: Vec<(u64, usize)>) -> Vec<usize> {
    sequences.sort_unstable();
    sequences.into_iter().map(|(_, place)| place).collect()
}

/// All updated keys. Rows are in the order of first update; a renewed sequence number gives the order of the last.
pub(crate) struct DirtyRows<V> {
    rows: VecDeque<DirtyRow<V>>,
    /// The number of the first row. Later rows have consecutive numbers.
    first: u32,
    next_sequence: u64,
    /// Whether the rows are not in the order of the last update.
    shuffled: bool,
}

impl<V> DirtyRows<V> {
    pub(crate) fn new() -> Self {
        Self { rows: VecDeque::new(), first: 0, next_sequence: 0, shuffled: false }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The entries of all rows.
    pub(crate) fn entries(&self) -> impl Iterator<Item = u32> {
        self.rows.iter().map(|row| row.entry)
    }

    /// Loads a row into the processor's cache.
    pub(crate) fn prefetch(&self, number: u32) -> u64 {
        self.rows.get(self.position_of(number)).map_or(0, |row| row.sequence)
    }

    /// Adds a row and returns its number.
    ///
    /// # Panics
    /// With more than 2^31 rows; the table has fewer entries.
    pub(crate) fn add(&mut self, entry: u32, before: Before<V>, context: &RecordContext) -> u32 {
        let number = u32::try_from(self.rows.len()).ok().and_then(|count| self.first.checked_add(count));
        let number = number.expect("there are at most as many dirty rows as entries");
        let sequence = self.take_sequence();
        self.rows.push_back(DirtyRow { entry, sequence, context: context.clone(), before });
        number
    }

    /// Moves a row to the end of the order, with the context of the present update.
    pub(crate) fn renew(&mut self, number: u32, context: &RecordContext) {
        let (sequence, position) = (self.take_sequence(), self.position_of(number));
        let is_last = position + 1 == self.rows.len();
        self.shuffled |= !is_last;
        let row = &mut self.rows[position];
        row.sequence = sequence;
        row.context.clone_from(context);
    }

    /// Sorts the rows by last update. Calls `renumber` for each entry whose row has a new number.
    pub(crate) fn sort(&mut self, mut renumber: impl FnMut(u32, u32)) {
        if std::mem::take(&mut self.shuffled) || self.first > NUMBERS_REUSED_FROM {
            let mut sequences = Vec::with_capacity(self.rows.len());
            for row in &self.rows {
                sequences.push((row.sequence, sequences.len()));
            }
            self.arrange(sorted_places(sequences));
            self.first = 0;
            self.rows.iter().zip(0..).for_each(|(row, number)| renumber(row.entry, number));
        }
    }

    /// Moves to each place the row whose place is given for it. Such moves form cycles, which are followed one by one.
    fn arrange(&mut self, mut order: Vec<usize>) {
        for first in 0..order.len() {
            let mut place = first;
            loop {
                let from = std::mem::replace(&mut order[place], place);
                if from == first {
                    break;
                }
                self.rows.swap(place, from);
                place = from;
            }
        }
    }

    /// Removes the first row. After the last one, numbers start again and the memory is reused.
    pub(crate) fn pop(&mut self) -> Option<DirtyRow<V>> {
        let row = self.rows.pop_front()?;
        if self.rows.is_empty() {
            self.clear();
        } else {
            self.first += 1;
        }
        Some(row)
    }

    /// Puts back the last row that [`pop`](Self::pop) returned, with its number.
    pub(crate) fn put_back(&mut self, row: DirtyRow<V>, number: u32) {
        self.rows.push_front(row);
        self.first = number;
    }

    pub(crate) fn clear(&mut self) {
        self.rows.clear();
        self.first = 0;
        self.shuffled = false;
    }

    fn position_of(&self, number: u32) -> usize {
        number.wrapping_sub(self.first) as usize
    }

    fn take_sequence(&mut self) -> u64 {
        self.next_sequence += 1;
        self.next_sequence
    }
}
