//! Counts the bytes of chunks that are still held.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many bytes of records are in use, wherever the chunks are that hold them.
///
/// A reader counts what it hands over: per partition, and in all. What was handed over counts until the last chunk that
/// shares its buffer is dropped. So a reader can stop to fetch while its records wait elsewhere to be processed.
///
/// # Examples
/// ```
/// use millstream_log::{BytesInUse, ChunkBuilder};
/// use millstream_types::{RecordBytes, Offset, Timestamp, TopicPartition};
///
/// let all = BytesInUse::default();
/// let of_partition = all.part();
/// let mut builder = ChunkBuilder::new();
/// builder.push(Offset::ZERO, &RecordBytes::new(Timestamp::from_millis(9), None, Some(b"value")));
/// let chunk = builder.count_in(&of_partition).finish(TopicPartition::new("t", 0), Offset::new(1), Offset::new(1));
/// assert_eq!(of_partition.bytes(), chunk.buffer_bytes());
/// assert_eq!(all.all_bytes(), chunk.buffer_bytes());
/// drop(chunk);
/// assert_eq!(all.all_bytes(), 0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct BytesInUse {
    own: Arc<AtomicUsize>,
    all: Arc<AtomicUsize>,
}

impl BytesInUse {
    /// A count of its own that adds to the same sum.
    #[must_use]
    pub fn part(&self) -> Self {
        Self { own: Arc::default(), all: Arc::clone(&self.all) }
    }

    /// Bytes in use of this part.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.own.load(Ordering::Relaxed)
    }

    /// Bytes in use of all parts together.
    #[must_use]
    pub fn all_bytes(&self) -> usize {
        self.all.load(Ordering::Relaxed)
    }

    pub(super) fn hold(&self, bytes: usize) -> HeldBytes {
        self.own.fetch_add(bytes, Ordering::Relaxed);
        self.all.fetch_add(bytes, Ordering::Relaxed);
        HeldBytes { count: self.clone(), bytes }
    }
}

/// Bytes that count until this is dropped.
#[derive(Debug)]
pub(super) struct HeldBytes {
    count: BytesInUse,
    bytes: usize,
}

impl Drop for HeldBytes {
    fn drop(&mut self) {
        self.count.own.fetch_sub(self.bytes, Ordering::Relaxed);
        self.count.all.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
