//! What the tests share: reading all that is there, and what should come out.

mod building;
mod committed;
mod damage;
mod golden;
mod model;
mod rules;

use millstream_log::{ChunkBuilder, RecordView};
use millstream_types::{Offset, TopicPartition};

use super::testing::TestBatch;
use super::{Aborted, BatchError, Batches};

/// A record as it was read, or should be.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    offset: i64,
    timestamp: i64,
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    headers: Vec<(String, Option<Vec<u8>>)>,
}

impl From<RecordView<'_>> for Seen {
    fn from(view: RecordView<'_>) -> Self {
        Self {
            offset: view.offset().number(),
            timestamp: view.timestamp().as_millis(),
            key: view.key().map(<[u8]>::to_vec),
            value: view.value().map(<[u8]>::to_vec),
            headers: view.headers().iter().map(|header| (header.name.clone(), header.value.clone())).collect(),
        }
    }
}

/// What a batch holds, control or not.
fn content(batch: &TestBatch) -> Vec<Seen> {
    let seen = |record: &super::testing::TestRecord| Seen {
        offset: batch.base_offset + i64::from(record.offset_delta),
        timestamp: batch.log_append_time.unwrap_or(batch.base_timestamp.saturating_add(record.timestamp_delta)),
        key: record.key.clone(),
        value: record.value.clone(),
        headers: record.headers.clone(),
    };
    batch.records.iter().map(seen).collect()
}

fn encode(batches: &[TestBatch]) -> Vec<u8> {
    batches.iter().flat_map(TestBatch::encode).collect()
}

fn open(bytes: &[u8], position: i64) -> Result<Batches, BatchError> {
    Batches::new(bytes.to_vec(), Offset::new(position), Vec::new())
}

/// Reads once; what was copied comes also before an error.
fn read(batches: &mut Batches, limit: usize) -> (Vec<Seen>, Result<(), BatchError>) {
    let mut chunk = ChunkBuilder::new();
    let result = batches.read(limit, &mut chunk);
    let chunk = chunk.finish(TopicPartition::new("t", 0), batches.position(), batches.next_offset());
    (chunk.iter().map(Seen::from).collect(), result)
}

/// Reads to the end, with the limits in turn, and checks what holds after each call.
fn read_all(batches: &mut Batches, limits: &[usize]) -> (Vec<Seen>, Result<(), BatchError>) {
    let mut all = Vec::new();
    for limit in limits.iter().cycle() {
        if batches.is_empty() {
            assert_eq!(batches.position(), batches.next_offset());
            break;
        }
        let before = batches.position();
        let (seen, result) = read(batches, *limit);
        assert!(seen.len() <= *limit && batches.position() <= batches.next_offset());
        assert!(seen.iter().all(|record| (before.number()..batches.position().number()).contains(&record.offset)));
        let is_short = seen.len() < *limit;
        all.extend(seen);
        if result.is_err() {
            assert_eq!(read(batches, *limit), (Vec::new(), result.clone()), "an error stays, and gives nothing more");
            return (all, result);
        }
        assert!(!is_short || batches.is_empty(), "a call stops at its limit or at the end");
    }
    (all, Ok(()))
}

fn offsets(seen: &[Seen]) -> Vec<i64> {
    seen.iter().map(|record| record.offset).collect()
}
