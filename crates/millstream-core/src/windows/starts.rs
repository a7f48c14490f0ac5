//! The starts of the windows of a record.

use millstream_types::Timestamp;

/// The starts of windows at equal distances, the earliest first.
#[derive(Clone, Debug)]
pub(crate) struct Starts {
    next: i64,
    advance: i64,
    left: i64,
}

impl Starts {
    /// `count` starts from `first` on, `advance` apart.
    pub(super) fn new(first: i64, advance: i64, count: i64) -> Self {
        Self { next: first, advance, left: count }
    }

    pub(super) fn one(start: Timestamp) -> Self {
        Self::new(start.as_millis(), 0, 1)
    }

    pub(super) fn none() -> Self {
        Self::new(0, 0, 0)
    }
}

impl Iterator for Starts {
    type Item = Timestamp;

    #[inline]
    fn next(&mut self) -> Option<Timestamp> {
        if self.left <= 0 {
            return None;
        }
        let start = self.next;
        self.left -= 1;
        // The last one is at most the record's time; only what would follow it can be too large.
        self.next = start.saturating_add(self.advance);
        Some(Timestamp::from_millis(start))
    }
}
