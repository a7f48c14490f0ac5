//! What is shown when it is done: the top words and the figures; and the file of all counts.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use super::WordCountError;

/// What came out.
#[derive(Clone, Debug)]
pub struct Report {
    /// How long it took, from the start to the last count read from the output topic.
    pub elapsed: Duration,
    /// Texts read.
    pub texts: usize,
    /// Bytes read.
    pub bytes: u64,
    /// Lines read; each was a record.
    pub lines: u64,
    /// Lines that were not UTF-8: what could not be read in them was replaced.
    pub invalid_lines: u64,
    /// Files left out because they are no text.
    pub binary_files: usize,
    /// What went through each part of the pipeline.
    pub stages: Vec<Stage>,
    /// Every word and its count, sorted by word.
    pub counts: Vec<(String, i64)>,
}

/// A part of the pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// What went through.
    pub what: &'static str,
    /// How many records.
    pub records: u64,
}

impl Report {
    /// All words, repeated ones too.
    #[must_use]
    pub fn words(&self) -> u64 {
        self.counts.iter().map(|(_, count)| count.unsigned_abs()).sum()
    }

    /// The most frequent words, the most frequent first; words of the same count in the order of the alphabet.
    #[must_use]
    pub fn top(&self, limit: usize) -> Vec<&(String, i64)> {
        let mut words: Vec<_> = self.counts.iter().collect();
        let order = |a: &&(String, i64), b: &&(String, i64)| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0));
        if limit < words.len() {
            words.select_nth_unstable_by(limit, order);
            words.truncate(limit);
        }
        words.sort_unstable_by(order);
        words
    }

    /// Writes the top words and the figures.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn write(&self, out: &mut dyn Write, top: usize) -> io::Result<()> {
        let top = self.top(top);
        let width = top.first().map_or(0, |(_, count)| grouped(count.unsigned_abs()).len());
        for (word, count) in &top {
            writeln!(out, "{:>width$}  {word}", grouped(count.unsigned_abs()))?;
        }
        if !top.is_empty() {
            writeln!(out)?;
        }
        self.write_figures(out)
    }

    fn write_figures(&self, out: &mut dyn Write) -> io::Result<()> {
        let (words, distinct) = (self.words(), self.counts.len() as u64);
        let per_second = |count: u64| grouped((count as f64 / self.elapsed.as_secs_f64()) as u64);
        let (seconds, bytes) = (self.elapsed.as_secs_f64(), mebibytes(self.bytes));
        let texts = if self.texts == 1 { "1 text".to_owned() } else { format!("{} texts", grouped(self.texts as u64)) };
        writeln!(out, "{texts}, {bytes} MiB, {} lines", grouped(self.lines))?;
        writeln!(out, "{} words, {} of them distinct", grouped(words), grouped(distinct))?;
        writeln!(out, "{seconds:.2} s, {} words/s", per_second(words))?;
        writeln!(out)?;
        for Stage { what, records } in &self.stages {
            writeln!(out, "{:>15} {what} ({}/s)", grouped(*records), per_second(*records))?;
        }
        Ok(())
    }

    /// Writes every word and its count, tab-separated, a line each, sorted by word.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_counts(&self, path: &Path) -> Result<(), WordCountError> {
        let write = || {
            let mut out = BufWriter::new(File::create(path)?);
            for (word, count) in &self.counts {
                writeln!(out, "{word}\t{count}")?;
            }
            out.flush()
        };
        write().map_err(|source| WordCountError::Unwritable { path: path.to_owned(), source })
    }
}

/// A number with commas between groups of three digits.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes in MiB, to the tenth.
pub(super) fn mebibytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / (1024.0 * 1024.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(counts: &[(&str, i64)]) -> Report {
        Report {
            elapsed: Duration::from_secs(2),
            texts: 1,
            bytes: 1024 * 1024,
            lines: 1000,
            invalid_lines: 0,
            binary_files: 0,
            stages: vec![Stage { what: "lines", records: 1000 }],
            counts: counts.iter().map(|(word, count)| ((*word).to_owned(), *count)).collect(),
        }
    }

    #[test]
    fn numbers_are_grouped_by_three_digits() {
        let texts = [0, 999, 1_000, 1_234_567].map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn the_top_words_are_the_most_frequent_then_the_first() {
        let report = report(&[("a", 1), ("b", 3), ("c", 2), ("d", 3)]);
        let top = |limit| report.top(limit).iter().map(|(word, _)| word.as_str()).collect::<String>();
        assert_eq!([top(0), top(1), top(3), top(9)], ["", "b", "bdc", "bdca"]);
    }

    #[test]
    fn the_figures_follow_the_top_words() {
        let mut out = Vec::new();
        report(&[("of", 20), ("the", 1980)]).write(&mut out, 10).expect("a buffer takes everything");
        let expected = "1,980  the\n   20  of\n\n1 text, 1.0 MiB, 1,000 lines\n2,000 words, 2 of them distinct\n\
                        2.00 s, 1,000 words/s\n\n          1,000 lines (500/s)\n";
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }
}
