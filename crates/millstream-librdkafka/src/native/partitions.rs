//! librdkafka's lists of partitions with offsets.

use std::ptr::NonNull;

use millstream_log::CommittedOffset;
use millstream_types::{Offset, Partition, Timestamp, Topic, TopicPartition};
use rdkafka_sys as sys;

use super::{NativeError, c_string, topic_of};

/// librdkafka's number for all partitions of a topic (`RD_KAFKA_PARTITION_UA`), which the bindings lack.
const ANY_PARTITION: i32 = -1;

/// An offset, or a position that librdkafka looks up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogicalOffset {
    Earliest,
    Latest,
    At(Offset),
    None,
}

impl LogicalOffset {
    fn number(self) -> i64 {
        match self {
            Self::Earliest => i64::from(sys::RD_KAFKA_OFFSET_BEGINNING),
            Self::Latest => i64::from(sys::RD_KAFKA_OFFSET_END),
            Self::At(offset) => offset.number(),
            Self::None => i64::from(sys::RD_KAFKA_OFFSET_INVALID),
        }
    }

    /// The number in a `ListOffsets` request, where −1 is the end and −2 the beginning, unlike elsewhere.
    fn as_spec(self) -> i64 {
        match self {
            Self::Earliest => sys::rd_kafka_OffsetSpec_t::RD_KAFKA_OFFSET_SPEC_EARLIEST as i64,
            Self::Latest => sys::rd_kafka_OffsetSpec_t::RD_KAFKA_OFFSET_SPEC_LATEST as i64,
            Self::At(_) | Self::None => self.number(),
        }
    }
}

/// A list of partitions.
pub(crate) struct Partitions(NonNull<sys::rd_kafka_topic_partition_list_t>);

// SAFETY: a list is plain memory without ties to a thread; it is written only through `&mut`.
unsafe impl Send for Partitions {}

/// An entry of a list.
pub(crate) struct Entry {
    pub(crate) partition: TopicPartition,
    pub(crate) offset: Option<Offset>,
    pub(crate) metadata: String,
    pub(crate) result: Result<(), NativeError>,
}

impl Entry {
    /// The partition and its committed offset, if it has one. For responses to a request for committed offsets.
    ///
    /// # Errors
    /// The error of the partition in the response.
    pub(crate) fn into_committed(self) -> Result<(TopicPartition, Option<CommittedOffset>), NativeError> {
        self.result?;
        let committed = self.offset.map(|offset| CommittedOffset { offset, metadata: self.metadata });
        Ok((self.partition, committed))
    }
}

impl Partitions {
    pub(crate) fn new() -> Self {
        // SAFETY: has no preconditions.
        let raw = unsafe { sys::rd_kafka_topic_partition_list_new(0) };
        Self(NonNull::new(raw).expect("librdkafka aborts when memory is out"))
    }

    /// These partitions, without offsets.
    pub(crate) fn of<'a>(partitions: impl IntoIterator<Item = &'a TopicPartition>) -> Self {
        Self::at(partitions.into_iter().map(|partition| (partition, LogicalOffset::None)))
    }

    /// These partitions at these offsets.
    pub(crate) fn at<'a>(partitions: impl IntoIterator<Item = (&'a TopicPartition, LogicalOffset)>) -> Self {
        let mut list = Self::new();
        for (partition, offset) in partitions {
            list.add(partition, offset.number());
        }
        list
    }

    /// These partitions with the same position, for a `ListOffsets` request.
    pub(crate) fn with_spec<'a>(
        partitions: impl IntoIterator<Item = &'a TopicPartition>,
        position: LogicalOffset,
    ) -> Self {
        let mut list = Self::new();
        for partition in partitions {
            list.add(partition, position.as_spec());
        }
        list
    }

    /// These partitions with times in place of offsets, for a `ListOffsets` request.
    pub(crate) fn at_times<'a>(times: impl IntoIterator<Item = (&'a TopicPartition, Timestamp)>) -> Self {
        let mut list = Self::new();
        for (partition, time) in times {
            list.add(partition, time.as_millis().max(0));
        }
        list
    }

    /// Offsets to commit, with their metadata.
    pub(crate) fn committing<'a>(offsets: impl IntoIterator<Item = &'a (TopicPartition, CommittedOffset)>) -> Self {
        let mut list = Self::new();
        for (partition, committed) in offsets {
            list.add(partition, committed.offset.number());
            list.annotate_last(committed.metadata.as_bytes());
        }
        list
    }

    /// All partitions of these topics, for a subscription.
    pub(crate) fn of_topics(topics: &[Topic]) -> Self {
        let list = Self::new();
        for topic in topics {
            let name = c_string(topic.as_str());
            // SAFETY: the list is alive, the name ends with NUL and is copied.
            unsafe { sys::rd_kafka_topic_partition_list_add(list.raw(), name.as_ptr(), ANY_PARTITION) };
        }
        list
    }

    fn add(&mut self, partition: &TopicPartition, offset: i64) {
        let name = c_string(partition.topic.as_str());
        let number = i32::try_from(partition.partition.number()).unwrap_or(i32::MAX);
        // SAFETY: the list is alive and ours, the name ends with NUL and is copied; the entry returned is in the list.
        unsafe { (*sys::rd_kafka_topic_partition_list_add(self.raw(), name.as_ptr(), number)).offset = offset };
    }

    fn annotate_last(&mut self, text: &[u8]) {
        if text.is_empty() {
            return;
        }
        // SAFETY: the list is alive and ours and has an entry, since one was just added. The text is copied into
        // memory of librdkafka's own, which the entry owns from now on and frees with its list.
        unsafe {
            let list = self.0.as_ref();
            let last = usize::try_from(list.cnt).expect("a list has no negative length") - 1;
            let memory = sys::rd_kafka_mem_malloc(std::ptr::null_mut(), text.len());
            std::ptr::copy_nonoverlapping(text.as_ptr(), memory.cast::<u8>(), text.len());
            let entry = &mut *list.elems.add(last);
            (entry.metadata, entry.metadata_size) = (memory, text.len());
        }
    }

    /// Copies a list of librdkafka; null is an empty one.
    ///
    /// # Safety
    /// `raw` must be null or a live list.
    pub(super) unsafe fn copy_of(raw: *const sys::rd_kafka_topic_partition_list_t) -> Self {
        if raw.is_null() {
            return Self::new();
        }
        // SAFETY: the caller vouches for a live list.
        let copy = unsafe { sys::rd_kafka_topic_partition_list_copy(raw) };
        Self(NonNull::new(copy).expect("librdkafka aborts when memory is out"))
    }

    pub(super) fn raw(&self) -> *mut sys::rd_kafka_topic_partition_list_t {
        self.0.as_ptr()
    }

    fn entries_raw(&self) -> &[sys::rd_kafka_topic_partition_t] {
        // SAFETY: the list is alive; it has `cnt` entries from `elems` on, or none and no memory.
        unsafe {
            let list = self.0.as_ref();
            match usize::try_from(list.cnt) {
                Ok(count) if count > 0 => std::slice::from_raw_parts(list.elems, count),
                _ => &[],
            }
        }
    }

    pub(super) fn first_raw(&self) -> Option<&sys::rd_kafka_topic_partition_t> {
        self.entries_raw().first()
    }

    /// The offset of the first entry, if it has one.
    pub(crate) fn first_offset(&self) -> Option<i64> {
        self.first_raw().map(|entry| entry.offset).filter(|offset| *offset >= 0)
    }

    /// The entries in order.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        // SAFETY: every entry of a live list is alive.
        self.entries_raw().iter().map(|entry| unsafe { entry_of(entry) }).collect()
    }

    /// The partitions in order.
    pub(crate) fn names(&self) -> Vec<TopicPartition> {
        // SAFETY: every entry of a live list is alive.
        self.entries_raw().iter().map(|entry| unsafe { name_of(entry) }).collect()
    }
}

impl Drop for Partitions {
    fn drop(&mut self) {
        // SAFETY: the list is ours alone.
        unsafe { sys::rd_kafka_topic_partition_list_destroy(self.0.as_ptr()) };
    }
}

/// # Safety
/// The entry's topic must be a live string that ends with NUL.
unsafe fn name_of(entry: &sys::rd_kafka_topic_partition_t) -> TopicPartition {
    // SAFETY: the caller vouches for it.
    let topic = unsafe { topic_of(entry.topic) };
    TopicPartition { topic, partition: Partition::new(u32::try_from(entry.partition).unwrap_or_default()) }
}

/// Copies an entry of librdkafka.
///
/// # Safety
/// The entry must be alive.
pub(super) unsafe fn entry_of(entry: &sys::rd_kafka_topic_partition_t) -> Entry {
    // SAFETY: a live entry has a name, and `metadata_size` bytes of metadata or none.
    unsafe {
        let metadata = if entry.metadata.is_null() {
            &[]
        } else {
            std::slice::from_raw_parts(entry.metadata.cast::<u8>(), entry.metadata_size)
        };
        Entry {
            partition: name_of(entry),
            offset: (entry.offset >= 0).then(|| Offset::new(entry.offset)),
            metadata: String::from_utf8_lossy(metadata).into_owned(),
            result: NativeError::check(entry.err),
        }
    }
}
