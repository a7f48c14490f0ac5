//! The position of a partition that is being read.

use millstream_types::Offset;

/// The most records of a chunk that a fetcher returns: between chunks a task processes its other partitions.
pub const CHUNK_RECORDS_MAX: usize = 1_000;

/// The position of a partition that a fetcher reads, and whether a chunk is due.
///
/// A chunk is due when the position has advanced, even without records. The end of a partition is reported by an empty chunk:
/// at the start, if the partition is read from its end, and whenever the fetcher asks for it.
///
/// # Examples
/// ```
/// use millstream_log::ReadPosition;
/// use millstream_types::Offset;
///
/// let mut position = ReadPosition::new(Offset::new(5), Offset::new(5));
/// assert!(position.take_due(), "the first chunk, which is empty");
/// assert!(!position.take_due());
///
/// position.advance(Offset::new(7));
/// assert_eq!(position.next(), Offset::new(7));
/// assert!(position.take_due());
///
/// position.report_end();
/// assert!(position.take_due(), "an empty chunk");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ReadPosition {
    next: Offset,
    /// The position after the last chunk.
    returned: Offset,
    is_end_due: bool,
}

impl ReadPosition {
    /// A partition that is read from `next` on and ends at `end`.
    #[must_use]
    pub fn new(next: Offset, end: Offset) -> Self {
        Self { next, returned: next, is_end_due: next == end }
    }

    /// The offset of the next record.
    #[must_use]
    pub fn next(&self) -> Offset {
        self.next
    }

    /// Moves on to this offset, or stays if it is smaller.
    pub fn advance(&mut self, next: Offset) {
        self.next = self.next.max(next);
    }

    /// Makes a chunk due, even if there are no new records.
    pub fn report_end(&mut self) {
        self.is_end_due = true;
    }

    /// Whether the end is to be reported by an empty chunk.
    #[must_use]
    pub fn is_end_due(&self) -> bool {
        self.is_end_due
    }

    /// Whether a chunk is due. The caller returns it.
    #[must_use]
    pub fn take_due(&mut self) -> bool {
        let has_advanced = std::mem::replace(&mut self.returned, self.next) != self.next;
        std::mem::take(&mut self.is_end_due) || has_advanced
    }
}
