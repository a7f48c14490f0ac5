//! Requests that are sent in pieces.

use std::io::{self, IoSlice, Write};
use std::time::Duration;

use millstream_types::TopicPartition;

use super::produce;

/// A sink that accepts a fixed number of bytes at a time, and is interrupted before each.
struct Narrow {
    bytes: Vec<u8>,
    width: usize,
    is_interrupted: bool,
}

impl Write for Narrow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.is_interrupted = !self.is_interrupted;
        if self.is_interrupted {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let before = self.bytes.len();
        let bytes = pieces.iter().flat_map(|piece| piece.iter().copied()).take(self.width);
        self.bytes.extend(bytes);
        Ok(self.bytes.len() - before)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Two partitions of one topic, the first with no byte, and one of another.
fn send(width: usize) -> io::Result<Vec<u8>> {
    let partitions = [("a", 0), ("a", 1), ("b", 2)].map(|(topic, number)| TopicPartition::new(topic, number));
    let long = [9; 200];
    let batches: Vec<_> = partitions.iter().zip([&[][..], &[7, 8], &long]).collect();
    let mut sink = Narrow { bytes: Vec::new(), width, is_interrupted: false };
    produce::send(&mut sink, 5, "me", Duration::from_secs(1), &batches)?;
    Ok(sink.bytes)
}

#[test]
fn batches_are_sent_according_to_the_schema() {
    let mut expected = vec![0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 5, 0, 2, b'm', b'e', 0];
    expected.extend([0, 0xff, 0xff, 0, 0, 3, 232, 3]);
    expected.extend([2, b'a', 3, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 7, 8, 0, 0]);
    expected.extend([2, b'b', 2, 0, 0, 0, 2, 0xc9, 1].into_iter().chain([9; 200]).chain([0, 0, 0]));
    expected[3] = expected.len() as u8 - 4;
    for width in [1, 2, 3, 50, 1_000] {
        assert_eq!(send(width).unwrap(), expected, "{width} bytes at a time");
    }
}

#[test]
fn a_sink_that_takes_nothing_ends_it() {
    assert_eq!(send(0).err().map(|error| error.kind()), Some(io::ErrorKind::WriteZero));
}
