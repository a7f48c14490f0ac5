//! The mean size of encoded rows, learned as they pass.

/// Rows after which older ones count half.
const ROWS_MAX: usize = 1 << 16;

/// A mean over the rows encoded lately.
pub(crate) struct MeanSize {
    bytes: usize,
    rows: usize,
}

impl MeanSize {
    /// A first guess, outweighed by the first rows seen.
    pub(crate) fn guess(bytes: usize) -> Self {
        Self { bytes, rows: 1 }
    }

    pub(crate) fn learn(&mut self, bytes: usize) {
        if self.rows >= ROWS_MAX {
            self.bytes /= 2;
            self.rows /= 2;
        }
        self.bytes += bytes;
        self.rows += 1;
    }

    /// What `rows` rows take, about.
    pub(crate) fn of(&self, rows: usize) -> usize {
        rows.saturating_mul(self.bytes / self.rows)
    }
}
