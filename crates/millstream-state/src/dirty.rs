//! The keys updated since the last flush, in the order of their last update.

use crate::RecordContext;

/// What an entry has in place of a row number while it is not dirty.
pub(crate) const CLEAN: u32 = u32::MAX;

/// What a key was at the last flush.
#[derive(Clone, Debug)]
pub(crate) enum Before<V> {
    /// Not looked up: the engine still has it, since the table did not have the key.
    InEngine,
    /// Not there.
    Absent,
    /// There; the value is kept only where old values are asked for.
    Present(Option<V>),
}

/// An updated key.
pub(crate) struct DirtyRow<V> {
    pub(crate) entry: u32,
    sequence: u64,
    /// The record that wrote last.
    pub(crate) context: RecordContext,
    /// The key as of the last flush. An abort under exactly-once will put the store back from here.
    pub(crate) before: Before<V>,
}

/// All updated keys. Rows stand in the order of first update; a renewed sequence number tells the order of the last.
pub(crate) struct DirtyRows<V> {
    rows: Vec<DirtyRow<V>>,
    next_sequence: u64,
    /// Whether an update of an older row broke the order.
    shuffled: bool,
}

impl<V> DirtyRows<V> {
    pub(crate) fn new() -> Self {
        Self { rows: Vec::new(), next_sequence: 0, shuffled: false }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The entries of all rows.
    pub(crate) fn entries(&self) -> impl Iterator<Item = u32> {
        self.rows.iter().map(|row| row.entry)
    }

    /// Reads something of a row, for the sake of reading it.
    pub(crate) fn touch(&self, row: u32) -> u64 {
        self.rows.get(row as usize).map_or(0, |row| row.sequence)
    }

    /// Adds a row and returns its number.
    ///
    /// # Panics
    /// Beyond 2^32 − 2 rows; the table's entries are fewer.
    pub(crate) fn add(&mut self, entry: u32, before: Before<V>, context: &RecordContext) -> u32 {
        let row = u32::try_from(self.rows.len()).expect("there are no more dirty rows than entries");
        let sequence = self.take_sequence();
        self.rows.push(DirtyRow { entry, sequence, context: context.clone(), before });
        row
    }

    /// Moves a row to the end of the order, with the context of the record that wrote just now.
    pub(crate) fn renew(&mut self, row: u32, context: &RecordContext) {
        let sequence = self.take_sequence();
        let is_last = row as usize + 1 == self.rows.len();
        self.shuffled |= !is_last;
        let row = &mut self.rows[row as usize];
        row.sequence = sequence;
        row.context.clone_from(context);
    }

    /// All rows in the order of last update; none are left. What remains of them goes to [`put_back`](Self::put_back).
    pub(crate) fn take(&mut self) -> Vec<DirtyRow<V>> {
        let mut rows = std::mem::take(&mut self.rows);
        if std::mem::take(&mut self.shuffled) {
            rows.sort_unstable_by_key(|row| row.sequence);
        }
        rows
    }

    /// Takes the rest of what [`take`](Self::take) gave, in order, before any other row is added.
    pub(crate) fn put_back(&mut self, rows: Vec<DirtyRow<V>>) {
        debug_assert!(self.rows.is_empty(), "a flush adds no rows");
        self.rows = rows;
    }

    pub(crate) fn clear(&mut self) {
        self.rows.clear();
        self.shuffled = false;
    }

    fn take_sequence(&mut self) -> u64 {
        self.next_sequence += 1;
        self.next_sequence
    }
}
