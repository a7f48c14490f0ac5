//! Chunks keep their records unchanged, at all offsets and when they are joined.

use millstream_types::{Headers, Offset, RecordBytes, Timestamp, TopicPartition};
use proptest::prelude::*;

use super::{Chunk, ChunkBuilder};

fn partition() -> TopicPartition {
    TopicPartition::new("t", 0)
}

/// A batch of records with these values, as a producer builds it.
fn batch(values: &[&str]) -> Chunk {
    let mut builder = ChunkBuilder::new();
    for value in values {
        builder.push_next(&RecordBytes::new(Timestamp::from_millis(1), None, Some(value.as_bytes())));
    }
    builder.take(&partition()).expect("a record at least")
}

fn show(chunk: &Chunk) -> Vec<String> {
    let value = |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
    chunk.iter().map(|record| format!("{}:{}", record.offset(), value(record.value()))).collect()
}

#[test]
fn the_offsets_of_a_batch_are_relative_to_its_base() {
    let chunk = batch(&["a", "b", "c"]).based_at(Offset::new(70));
    assert_eq!(show(&chunk), ["70:a", "71:b", "72:c"]);
    assert_eq!(chunk.next_offset, Offset::new(73));
    assert_eq!(show(&chunk.from_offset(Offset::new(72))), ["72:c"]);
    assert_eq!(show(&chunk.from_offset(Offset::new(5))).len(), 3);
    assert!(chunk.from_offset(Offset::new(73)).is_empty());
}

#[test]
fn a_chunk_grows_only_while_its_buffer_is_not_shared() {
    let mut chunk = batch(&["a", "b"]).based_at(Offset::new(10)).from_offset(Offset::new(11));
    let more = batch(&["c"]).based_at(Offset::new(15));
    let reader = chunk.clone();
    assert!(!chunk.try_extend(&more));
    drop(reader);
    assert!(chunk.try_extend(&more));
    assert_eq!(show(&chunk), ["11:b", "15:c"]);
    assert_eq!(chunk.next_offset, Offset::new(16));
}

#[test]
fn a_builder_is_empty_after_a_take_and_keeps_its_capacity() {
    let mut builder = ChunkBuilder::with_capacity(1_000, 100_000);
    assert!(builder.take(&partition()).is_none());
    builder.push_next(&RecordBytes::new(Timestamp::from_millis(1), None, Some(b"small")));
    let chunk = builder.take(&partition()).expect("a record");
    assert_eq!(show(&chunk), ["0:small"]);
    assert!(builder.is_empty(), "what was taken is gone");
    builder.push_next(&RecordBytes::new(Timestamp::from_millis(1), None, Some(&[b'x'; 80_000])));
    assert_eq!(builder.take(&partition()).map(|chunk| chunk.record(0).size_bytes()), Some(80_000));
    assert!(builder.take(&partition()).is_none());
}

fn part() -> impl Strategy<Value = Option<Vec<u8>>> {
    prop::option::of(prop::collection::vec(any::<u8>(), 0..9))
}

fn headers() -> impl Strategy<Value = Headers> {
    let header = ("[a-zé]{0,3}", part()).prop_map(|(name, value)| millstream_types::Header { name, value });
    prop::collection::vec(header, 0..3).prop_map(|headers| headers.into_iter().collect())
}

proptest! {
    #[test]
    fn every_record_is_unchanged(
        records in prop::collection::vec((0..3_i64, any::<i64>(), part(), part(), headers()), 0..20),
    ) {
        let mut builder = ChunkBuilder::new();
        let (mut next, mut offsets) = (0, Vec::new());
        for (gap, time, key, value, headers) in &records {
            offsets.push(Offset::new(next + gap));
            next += gap + 1;
            let (offset, time) = (Offset::new(next - 1), Timestamp::from_millis(*time));
            builder.push(offset, &RecordBytes::new(time, key.as_deref(), value.as_deref()).with_headers(headers));
        }
        let chunk = builder.finish(partition(), Offset::new(next), Offset::new(next));
        prop_assert_eq!(chunk.len(), records.len());
        for (index, (_, time, key, value, headers)) in records.iter().enumerate() {
            let record = chunk.record(index);
            prop_assert_eq!((record.offset(), record.timestamp().as_millis()), (offsets[index], *time));
            prop_assert_eq!((record.key(), record.value()), (key.as_deref(), value.as_deref()));
            prop_assert_eq!(&record.headers(), headers);
        }
    }
}
