//! Words and their counts.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::WordCountError;
use super::report::grouped;

/// Every word and its count, sorted by word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(Vec<(String, i64)>);

impl FromIterator<(String, i64)> for Counts {
    fn from_iter<I: IntoIterator<Item = (String, i64)>>(counts: I) -> Self {
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_unstable();
        Self(counts)
    }
}

impl Counts {
    /// All words, repeated ones too.
    #[must_use]
    pub fn words(&self) -> u64 {
        self.0.iter().map(|(_, count)| count.unsigned_abs()).sum()
    }

    /// Words that differ.
    #[must_use]
    pub fn distinct(&self) -> u64 {
        self.0.len() as u64
    }

    /// The most frequent words, the most frequent first; words of the same count in the order of the alphabet.
    #[must_use]
    pub fn top(&self, limit: usize) -> Vec<&(String, i64)> {
        let mut words: Vec<_> = self.0.iter().collect();
        let order = |a: &&(String, i64), b: &&(String, i64)| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0));
        if limit < words.len() {
            words.select_nth_unstable_by(limit, order);
            words.truncate(limit);
        }
        words.sort_unstable_by(order);
        words
    }

    /// Writes the most frequent words, and an empty line behind them.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn write_top(&self, out: &mut dyn Write, limit: usize) -> io::Result<()> {
        let top = self.top(limit);
        let width = top.first().map_or(0, |(_, count)| grouped(count.unsigned_abs()).len());
        for (word, count) in &top {
            writeln!(out, "{:>width$}  {word}", grouped(count.unsigned_abs()))?;
        }
        if top.is_empty() { Ok(()) } else { writeln!(out) }
    }

    /// Writes how many words there are.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn write_sum(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{} words, {} of them distinct", grouped(self.words()), grouped(self.distinct()))
    }

    /// Writes every word and its count, tab-separated, a line each, sorted by word.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_file(&self, path: &Path) -> Result<(), WordCountError> {
        let write = || {
            let mut out = BufWriter::new(File::create(path)?);
            for (word, count) in &self.0 {
                writeln!(out, "{word}\t{count}")?;
            }
            out.flush()
        };
        write().map_err(|source| WordCountError::Unwritable { path: path.to_owned(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_words_are_the_most_frequent_then_the_first() {
        let counts: Counts = [("a", 1), ("b", 3), ("c", 2), ("d", 3)]
            .map(|(word, count)| (word.to_owned(), count))
            .into_iter()
            .collect();
        let top = |limit| counts.top(limit).iter().map(|(word, _)| word.as_str()).collect::<String>();
        assert_eq!([top(0), top(1), top(3), top(9)], ["", "b", "bdc", "bdca"]);
    }
}
