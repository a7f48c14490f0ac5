//! Reads a text in large blocks of whole lines.

use std::borrow::Cow;
use std::io::{self, ErrorKind, Read};

/// The size of a block, and so the maximum length of a record. A longer line becomes several records. Even when every
/// byte is replaced by U+FFFD, which has three bytes, a block fits into a record of 1 MiB, Kafka's default limit.
const BLOCK_BYTES: usize = 256 * 1024;

/// A text in blocks.
pub(super) struct Blocks<R> {
    reader: R,
    buffer: Vec<u8>,
    /// The bytes handed out by the last call, at the beginning of the buffer.
    taken: usize,
    /// The bytes read, those taken included.
    filled: usize,
    at_end: bool,
}

/// Whole lines, as text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block<'a> {
    /// The lines. Invalid bytes are replaced by U+FFFD.
    pub(super) text: Cow<'a, str>,
    /// How many bytes were read for it.
    pub(super) bytes: usize,
    /// Lines that were not UTF-8.
    pub(super) invalid_lines: usize,
    /// Whether the block ends inside a line, which is longer than a block.
    pub(super) is_cut: bool,
}

impl<R: Read> Blocks<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, buffer: vec![0; BLOCK_BYTES], taken: 0, filled: 0, at_end: false }
    }

    /// The next block; `None` at the end. It does not wait for more while there is a whole line.
    ///
    /// A line longer than a block continues in the next one. It is cut after its last space, or between two characters if
    /// it has none.
    pub(super) fn next(&mut self) -> io::Result<Option<Block<'_>>> {
        self.buffer.copy_within(self.taken..self.filled, 0);
        self.filled -= self.taken;
        let (mut searched, mut is_cut) = (0, false);
        self.taken = loop {
            let fresh = &self.buffer[searched..self.filled];
            if let Some(end_of_line) = fresh.iter().rposition(|byte| *byte == b'\n') {
                break searched + end_of_line + 1;
            }
            if self.at_end {
                break self.filled;
            }
            if self.filled == self.buffer.len() {
                is_cut = true;
                break cut(&self.buffer);
            }
            searched = self.filled;
            self.fill()?;
        };
        let bytes = &self.buffer[..self.taken];
        Ok((!bytes.is_empty()).then(|| Block::new(bytes, is_cut)))
    }

    fn fill(&mut self) -> io::Result<()> {
        loop {
            match self.reader.read(&mut self.buffer[self.filled..]) {
                Ok(0) => self.at_end = true,
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            return Ok(());
        }
    }
}

impl<'a> Block<'a> {
    fn new(bytes: &'a [u8], is_cut: bool) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let invalid_lines = match text {
            Cow::Borrowed(_) => 0,
            Cow::Owned(_) => {
                bytes.split(|byte| *byte == b'\n').filter(|line| std::str::from_utf8(line).is_err()).count()
            }
        };
        Self { text, bytes: bytes.len(), invalid_lines, is_cut }
    }
}

/// Where to cut a line that fills the buffer: after its last space, otherwise between two characters.
fn cut(buffer: &[u8]) -> usize {
    let space = buffer.iter().rposition(u8::is_ascii_whitespace);
    let character = || buffer.iter().rposition(|byte| !is_continuation(*byte)).filter(|start| *start > 0);
    space.map(|space| space + 1).or_else(character).unwrap_or(buffer.len())
}

/// Whether this byte continues a UTF-8 character.
fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// Gives at most as many bytes at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(buffer.len());
            self.0.read(&mut buffer[..length])
        }
    }

    fn read(text: &[u8], step: usize) -> (Vec<String>, usize) {
        let (mut blocks, mut texts, mut invalid_lines) = (Blocks::new(Slow(text, step)), Vec::new(), 0);
        while let Some(block) = blocks.next().unwrap() {
            invalid_lines += block.invalid_lines;
            texts.push(block.text.into_owned());
        }
        (texts, invalid_lines)
    }

    #[test]
    fn blocks_are_whole_lines_however_the_bytes_come() {
        for step in [1, 2, 3, 7, 100] {
            let (texts, _) = read("one\ntwö\n\nthree".as_bytes(), step);
            assert_eq!(texts.concat(), "one\ntwö\n\nthree", "{step} at a time");
            let (last, before) = texts.split_last().unwrap();
            assert_eq!((last.as_str(), before.iter().all(|text| text.ends_with('\n'))), ("three", true));
        }
    }

    #[test]
    fn nothing_is_no_block() {
        assert_eq!(read(b"", 1), (vec![], 0));
    }

    #[test]
    fn lines_that_are_not_utf8_are_counted_and_read() {
        let (texts, invalid_lines) = read(b"good\nb\xffd\n\xc3\nalso good\n", 100);
        assert_eq!((texts.concat().as_str(), invalid_lines), ("good\nb\u{fffd}d\n\u{fffd}\nalso good\n", 2));
    }

    #[test]
    fn a_long_line_is_cut_between_words() {
        let line = "word ".repeat(BLOCK_BYTES / 5 + 10);
        let (texts, _) = read(line.as_bytes(), usize::MAX);
        assert_eq!(texts.len(), 2);
        assert!(texts[0].ends_with("word ") && texts.concat() == line);
    }

    #[test]
    fn a_long_word_is_cut_between_characters() {
        let word = "x".to_owned() + &"é".repeat(BLOCK_BYTES);
        let (texts, invalid_lines) = read(word.as_bytes(), usize::MAX);
        assert_eq!((texts.concat() == word, invalid_lines), (true, 0));
    }
}
