//! The report at the end: the top words and the figures.

use std::io::{self, Write};
use std::time::Duration;

use super::Counts;

/// The report.
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
    /// Warnings about the texts: lines that were not UTF-8 or too long.
    pub notes: Vec<String>,
    /// Files left out because they are no text.
    pub binary_files: usize,
    /// The records of each part of the pipeline.
    pub stages: Vec<Stage>,
    /// Every word and its count.
    pub counts: Counts,
}

/// A part of the pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// The name of its records.
    pub what: &'static str,
    /// How many records.
    pub records: u64,
}

impl Report {
    /// Writes the top words and the figures.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn write(&self, out: &mut dyn Write, top: usize) -> io::Result<()> {
        self.counts.write_top(out, top)?;
        self.write_figures(out)
    }

    fn write_figures(&self, out: &mut dyn Write) -> io::Result<()> {
        let words = self.counts.words();
        let per_second = |count: u64| grouped((count as f64 / self.elapsed.as_secs_f64()) as u64);
        let (seconds, bytes) = (self.elapsed.as_secs_f64(), mebibytes(self.bytes));
        let texts = if self.texts == 1 { "1 text".to_owned() } else { format!("{} texts", grouped(self.texts as u64)) };
        writeln!(out, "{texts}, {bytes} MiB, {} lines", grouped(self.lines))?;
        self.counts.write_sum(out)?;
        writeln!(out, "{seconds:.2} s, {} words/s", per_second(words))?;
        writeln!(out)?;
        for Stage { what, records } in &self.stages {
            writeln!(out, "{:>15} {what} ({}/s)", grouped(*records), per_second(*records))?;
        }
        Ok(())
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
            notes: Vec::new(),
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
    fn the_figures_follow_the_top_words() {
        let mut out = Vec::new();
        report(&[("of", 20), ("the", 1980)]).write(&mut out, 10).expect("a buffer takes everything");
        let expected = "1,980  the\n   20  of\n\n1 text, 1.0 MiB, 1,000 lines\n2,000 words, 2 of them distinct\n\
                        2.00 s, 1,000 words/s\n\n          1,000 lines (500/s)\n";
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }
}
