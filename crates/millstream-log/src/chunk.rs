//! A run of records of one partition, in one shared buffer.

use std::ops::Range;
use std::sync::Arc;

use millstream_types::{Header, Headers, Offset, Timestamp, TopicPartition};

/// Marks a null key or value in a [`Span`].
const NULL: u32 = u32::MAX;

/// Where one record lies in the buffer: key, then value, then headers, each right behind the other.
#[derive(Clone, Copy, Debug)]
struct Span {
    /// Counted from its chunk's `base`.
    offset: i64,
    timestamp: i64,
    start: u32,
    key_len: u32,
    value_len: u32,
    headers_len: u32,
}

/// Consecutive records of one partition. Cloning shares the buffer.
///
/// Offsets rise and may have gaps (compaction, transaction markers); [`next_offset`](Self::next_offset) passes such a
/// gap at the end, so that a reader's lag reaches zero.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// Whose records these are.
    pub partition: TopicPartition,
    /// The offset to read on from after this chunk.
    pub next_offset: Offset,
    /// The partition's end as known when the chunk was made.
    pub end_offset: Offset,
    /// What the spans' offsets count from: a batch is filled before a log says where it lands.
    base: i64,
    records: Arc<Records>,
    range: Range<usize>,
}

#[derive(Debug, Default)]
struct Records {
    bytes: Vec<u8>,
    spans: Vec<Span>,
}

impl Chunk {
    /// How many records it holds; none is possible (only `next_offset` moved).
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.range.len()
    }

    /// Whether it holds no record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.range.is_empty()
    }

    /// The record at `index`, counted from 0 in this chunk.
    ///
    /// # Panics
    /// When `index` is not less than [`len`](Self::len).
    #[must_use]
    #[inline]
    pub fn record(&self, index: usize) -> RecordView<'_> {
        self.view(&self.records.spans[self.range.clone()][index])
    }

    /// The records, in order.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = RecordView<'_>> {
        self.records.spans[self.range.clone()].iter().map(|span| self.view(span))
    }

    #[inline]
    fn view(&self, span: &Span) -> RecordView<'_> {
        RecordView { bytes: &self.records.bytes, span: Span { offset: self.base + span.offset, ..*span } }
    }

    /// The part from the first record at or after `offset`, sharing the buffer.
    #[must_use]
    pub fn from_offset(&self, offset: Offset) -> Self {
        let spans = &self.records.spans[self.range.clone()];
        let skipped = spans.partition_point(|span| self.base + span.offset < offset.number());
        Self { range: self.range.start + skipped..self.range.end, ..self.clone() }
    }

    /// Bytes of the shared buffer, the bookkeeping per record included.
    #[must_use]
    pub fn buffer_bytes(&self) -> usize {
        self.records.buffer_bytes()
    }

    /// The chunk with its offsets counted from `base` on, as a partition does that takes a batch in.
    pub(crate) fn based_at(self, base: Offset) -> Self {
        let next_offset = Offset::new(base.number() + self.next_offset.number() - self.base);
        Self { base: base.number(), next_offset, ..self }
    }

    /// Copies the records of `other`, whose offsets come after, to the end; `false`, having done nothing, while
    /// somebody else holds the buffer.
    pub(crate) fn try_extend(&mut self, other: &Self) -> bool {
        let Some(records) = Arc::get_mut(&mut self.records) else { return false };
        for view in other.iter() {
            records.push_view(&view, self.base);
        }
        self.range.end = records.spans.len();
        self.next_offset = other.next_offset;
        true
    }
}

impl Records {
    fn buffer_bytes(&self) -> usize {
        self.bytes.len() + self.spans.len() * size_of::<Span>()
    }

    fn push_view(&mut self, view: &RecordView<'_>, base: i64) {
        let start = length(self.bytes.len());
        self.bytes.extend_from_slice(view.raw());
        self.spans.push(Span { offset: view.span.offset - base, start, ..view.span });
    }
}

/// A record inside a [`Chunk`].
#[derive(Clone, Copy, Debug)]
pub struct RecordView<'a> {
    bytes: &'a [u8],
    span: Span,
}

impl<'a> RecordView<'a> {
    /// Its place in the partition.
    #[must_use]
    #[inline]
    pub fn offset(&self) -> Offset {
        Offset::new(self.span.offset)
    }

    /// Its time as the log has it; may be negative.
    #[must_use]
    #[inline]
    pub fn timestamp(&self) -> Timestamp {
        Timestamp::from_millis(self.span.timestamp)
    }

    /// The key's bytes, or null.
    #[must_use]
    #[inline]
    pub fn key(&self) -> Option<&'a [u8]> {
        self.slice(0, self.span.key_len)
    }

    /// The value's bytes, or null.
    #[must_use]
    #[inline]
    pub fn value(&self) -> Option<&'a [u8]> {
        self.slice(present_len(self.span.key_len), self.span.value_len)
    }

    /// The headers; without any, this allocates nothing.
    #[must_use]
    #[inline]
    pub fn headers(&self) -> Headers {
        if self.span.headers_len == 0 {
            return Headers::new();
        }
        let at = present_len(self.span.key_len) + present_len(self.span.value_len);
        self.slice(at, self.span.headers_len).map(read_headers).unwrap_or_default()
    }

    /// Bytes of key, value and headers.
    #[must_use]
    #[inline]
    pub fn size_bytes(&self) -> usize {
        (present_len(self.span.key_len) + present_len(self.span.value_len) + self.span.headers_len) as usize
    }

    /// Key, value and headers as they lie in the buffer.
    fn raw(&self) -> &'a [u8] {
        let start = self.span.start as usize;
        &self.bytes[start..start + self.size_bytes()]
    }

    #[inline]
    fn slice(&self, at: u32, len: u32) -> Option<&'a [u8]> {
        (len != NULL).then(|| {
            let start = (self.span.start + at) as usize;
            &self.bytes[start..start + len as usize]
        })
    }
}

#[inline]
fn present_len(len: u32) -> u32 {
    if len == NULL { 0 } else { len }
}

/// Gathers records of one partition into a [`Chunk`].
///
/// # Examples
/// ```
/// use millstream_log::ChunkBuilder;
/// use millstream_types::{Headers, Offset, Timestamp, TopicPartition};
///
/// let mut builder = ChunkBuilder::new();
/// builder.push(Offset::new(5), Timestamp::from_millis(9), Some(b"k"), None, &Headers::new());
/// let chunk = builder.finish(TopicPartition::new("t", 0), Offset::new(6), Offset::new(6));
/// assert_eq!(chunk.record(0).key(), Some(&b"k"[..]));
/// assert_eq!(chunk.record(0).value(), None);
/// ```
#[derive(Debug, Default)]
pub struct ChunkBuilder {
    records: Records,
}

impl ChunkBuilder {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Room for about this much.
    #[must_use]
    pub fn with_capacity(records: usize, bytes: usize) -> Self {
        Self { records: Records { bytes: Vec::with_capacity(bytes), spans: Vec::with_capacity(records) } }
    }

    /// How many records it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.spans.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.spans.is_empty()
    }

    /// Bytes of the records it has.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        self.records.bytes.len()
    }

    /// Copies a record to the end. Offsets must rise.
    ///
    /// # Panics
    /// When the buffer would pass 4 GiB: adapters hand over a chunk long before.
    #[inline]
    pub fn push(
        &mut self,
        offset: Offset,
        timestamp: Timestamp,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &Headers,
    ) {
        let bytes = &mut self.records.bytes;
        let start = length(bytes.len());
        let key_len = push_nullable(bytes, key);
        let value_len = push_nullable(bytes, value);
        let headers_len = if headers.is_empty() { 0 } else { write_headers(headers, bytes) };
        length(bytes.len());
        self.records.spans.push(Span {
            offset: offset.number(),
            timestamp: timestamp.as_millis(),
            start,
            key_len,
            value_len,
            headers_len,
        });
    }

    /// The chunk; `next_offset` is where reading goes on after it.
    #[must_use]
    pub fn finish(self, partition: TopicPartition, next_offset: Offset, end_offset: Offset) -> Chunk {
        let range = 0..self.records.spans.len();
        Chunk { partition, next_offset, end_offset, base: 0, records: Arc::new(self.records), range }
    }

    /// Copies a record to the end, at the offset after the last one.
    pub(crate) fn push_next(
        &mut self,
        timestamp: Timestamp,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &Headers,
    ) {
        let offset = self.records.spans.last().map_or(0, |last| last.offset + 1);
        self.push(Offset::new(offset), timestamp, key, value, headers);
    }

    /// Copies a record as it is, its offset and headers included. Offsets must rise.
    pub(crate) fn push_view(&mut self, view: &RecordView<'_>) {
        self.records.push_view(view, 0);
    }

    /// What was gathered so far, if anything, as a chunk whose offsets count from 0; the builder starts again.
    ///
    /// A nearly full buffer is handed over, a nearly empty one is copied and kept: memory follows what is used.
    pub(crate) fn take(&mut self, partition: &TopicPartition) -> Option<Chunk> {
        let count = self.len();
        if count == 0 {
            return None;
        }
        let filled = if self.records.bytes.len() * 2 < self.records.bytes.capacity() {
            let copied = Records { bytes: self.records.bytes.clone(), spans: self.records.spans.clone() };
            self.records.bytes.clear();
            self.records.spans.clear();
            copied
        } else {
            let room = Self::with_capacity(count, self.records.bytes.len());
            std::mem::replace(&mut self.records, room.records)
        };
        let next_offset = Offset::new(i64::try_from(count).expect("a chunk holds fewer than 2^32 records"));
        Some(Self { records: filled }.finish(partition.clone(), next_offset, next_offset))
    }
}

#[inline]
fn push_nullable(bytes: &mut Vec<u8>, part: Option<&[u8]>) -> u32 {
    part.map_or(NULL, |part| {
        bytes.extend_from_slice(part);
        length(part.len())
    })
}

#[inline]
fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).ok().filter(|length| *length != NULL).expect("a chunk holds less than 4 GiB")
}

/// Inside a chunk: per header `name length ‖ name ‖ value length (or NULL) ‖ value`, lengths in 4 bytes. Says how many
/// bytes that took.
fn write_headers(headers: &Headers, bytes: &mut Vec<u8>) -> u32 {
    let start = bytes.len();
    for header in headers {
        bytes.extend_from_slice(&length(header.name.len()).to_le_bytes());
        bytes.extend_from_slice(header.name.as_bytes());
        let value_len = header.value.as_ref().map_or(NULL, |value| length(value.len()));
        bytes.extend_from_slice(&value_len.to_le_bytes());
        bytes.extend_from_slice(header.value.as_deref().unwrap_or_default());
    }
    length(bytes.len() - start)
}

fn read_headers(mut bytes: &[u8]) -> Headers {
    std::iter::from_fn(|| read_header(&mut bytes)).collect()
}

fn read_header(bytes: &mut &[u8]) -> Option<Header> {
    let name_len = read_length(bytes)?;
    let name = take(bytes, name_len)?;
    let value_len = read_length(bytes)?;
    let value = if value_len == NULL { None } else { Some(take(bytes, value_len)?.to_vec()) };
    Some(Header { name: String::from_utf8_lossy(name).into_owned(), value })
}

fn read_length(bytes: &mut &[u8]) -> Option<u32> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    *bytes = rest;
    Some(u32::from_le_bytes(*length))
}

fn take<'a>(bytes: &mut &'a [u8], length: u32) -> Option<&'a [u8]> {
    let (part, rest) = bytes.split_at_checked(length as usize)?;
    *bytes = rest;
    Some(part)
}
