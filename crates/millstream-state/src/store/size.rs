//! An estimate of the mean size of encoded rows.

/// The number of rows after which the weight of older ones is halved.
const ROWS_MAX: usize = 1 << 16;

/// The mean size of recently encoded rows.
pub(super) struct MeanSize {
    bytes: usize,
    rows: usize,
}

impl MeanSize {
    /// An initial guess, which the first row replaces.
    pub(super) fn guess(bytes: usize) -> Self {
        Self { bytes, rows: 0 }
    }

    /// Whether no row was seen yet.
    pub(super) fn is_guess(&self) -> bool {
        self.rows == 0
    }

    pub(super) fn learn(&mut self, bytes: usize) {
        if self.is_guess() {
            self.bytes = 0;
        }
        if self.rows >= ROWS_MAX {
            self.bytes /= 2;
            self.rows /= 2;
        }
        self.bytes += bytes;
        self.rows += 1;
    }

    /// The estimated size of `rows` rows.
    pub(super) fn of(&self, rows: usize) -> usize {
        rows.saturating_mul(self.bytes / self.rows.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::{MeanSize, ROWS_MAX};

    #[test]
    fn the_mean_follows_recent_rows() {
        let mut size = MeanSize::guess(100);
        assert_eq!((size.of(2), size.is_guess()), (200, true));
        size.learn(10);
        assert_eq!((size.of(2), size.is_guess()), (20, false));
        (0..1_000).for_each(|_| size.learn(10));
        assert_eq!(size.of(100), 1_000);
        (0..3 * ROWS_MAX).for_each(|_| size.learn(50));
        assert!((4_500..=5_000).contains(&size.of(100)), "older rows count less");
    }
}
