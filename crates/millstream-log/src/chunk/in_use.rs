//! Counts the bytes of chunks that are in use.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the bytes of records that are in use.
///
/// A fetcher counts the chunks that it returns, for each partition and in total. A chunk counts until the last one that
/// shares its buffer is dropped. So the fetcher can stop while its records are not processed yet.
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
    /// A separate count that adds to the same total.
    #[must_use]
    pub fn part(&self) -> Self {
        Self { own: Arc::default(), all: Arc::clone(&self.all) }
    }

    /// The bytes in use of this count.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.own.load(Ordering::Relaxed)
    }

    /// The bytes in use of all counts with the same total.
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

/// Bytes that are counted until this is dropped.
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
