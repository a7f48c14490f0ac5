//! Tests of the order of records, of waits, and of the offsets to commit.

#![allow(clippy::unwrap_used)]

use millstream_log::ChunkBuilder;
use millstream_types::{MonotonicTime, Offset, RecordBytes, Timestamp};
use proptest::prelude::*;

use super::*;

fn partition(input: usize) -> TopicPartition {
    TopicPartition::new(format!("topic-{input}"), 0)
}

fn inputs(count: usize, max_idle: Option<Duration>) -> Inputs {
    Inputs::new((0..count).map(|input| (partition(input), Presence::Exists)), max_idle, 1000)
}

/// A chunk of records with these offsets and timestamps, with its next and end offset.
fn chunk(input: usize, records: &[(i64, i64)], next: i64, end: i64) -> Chunk {
    let mut builder = ChunkBuilder::new();
    for &(offset, timestamp) in records {
        let timestamp = Timestamp::from_millis(timestamp);
        builder.push(Offset::new(offset), &RecordBytes::new(timestamp, None, None));
    }
    builder.finish(partition(input), Offset::new(next), Offset::new(end))
}

/// Fills the heads as a task does. Records with a negative timestamp are skipped.
fn fill_heads(inputs: &mut Inputs) {
    for queue in inputs.iter_mut() {
        while queue.head().is_none()
            && let Some((offset, timestamp)) = queue.peek().map(|record| (record.offset(), record.timestamp()))
        {
            queue.take(offset, Some(timestamp).filter(|timestamp| timestamp.is_valid()));
        }
    }
}

fn at(millis: u64) -> MonotonicTime {
    MonotonicTime::after_start(Duration::from_millis(millis))
}

/// Takes the next record. Returns its input and timestamp.
fn next(inputs: &mut Inputs, now_millis: u64) -> Option<(usize, i64)> {
    fill_heads(inputs);
    match inputs.choose(at(now_millis)) {
        Choice::Wait => None,
        Choice::Take { input, .. } => {
            let timestamp = inputs.queue(input).head().unwrap().timestamp.as_millis();
            inputs.queue_mut(input).drop_head();
            Some((input, timestamp))
        }
    }
}

#[test]
fn the_smallest_head_comes_first_and_the_first_input_of_equals() {
    let mut inputs = inputs(2, None);
    inputs.push(chunk(0, &[(0, 5), (1, 1), (2, 7)], 3, 3));
    inputs.push(chunk(1, &[(0, 4), (1, 5)], 2, 2));
    let taken: Vec<_> = std::iter::from_fn(|| next(&mut inputs, 0)).collect();
    assert_eq!(taken, [(1, 4), (0, 5), (0, 1), (1, 5), (0, 7)], "a partition's own order is kept");
}

#[test]
fn a_chunk_of_another_partition_is_dropped() {
    let mut inputs = inputs(1, None);
    inputs.push(chunk(3, &[(0, 5)], 1, 1));
    assert_eq!(next(&mut inputs, 0), None);
}

#[test]
fn there_is_room_until_the_limit_is_exceeded() {
    let mut inputs = Inputs::new([(partition(0), Presence::Exists)], None, 2);
    inputs.push(chunk(0, &[(0, 0), (1, 1)], 2, 9));
    assert!(inputs.has_room(0));
    inputs.push(chunk(0, &[(2, 2)], 3, 9));
    assert!(!inputs.has_room(0));
    fill_heads(&mut inputs);
    assert!(!inputs.has_room(0), "the head counts");
    next(&mut inputs, 0);
    assert!(inputs.has_room(0));
}

/// Rule 7.
#[test]
fn without_idling_there_are_no_waits() {
    let mut inputs = inputs(2, None);
    inputs.push(chunk(0, &[(0, 5)], 1, 1));
    assert_eq!(next(&mut inputs, 0), Some((0, 5)));
}

/// Rule 7.
#[test]
fn an_input_whose_lag_is_unknown_is_waited_for() {
    let mut inputs = inputs(2, Some(Duration::ZERO));
    inputs.push(chunk(0, &[(0, 5)], 1, 1));
    assert_eq!(next(&mut inputs, u64::MAX), None);
    inputs.push(chunk(1, &[], 0, 0));
    assert_eq!(next(&mut inputs, 0), Some((0, 5)), "now it is known to be empty");
}

/// Rule 7.
#[test]
fn records_known_to_be_in_the_log_are_waited_for() {
    let mut inputs = inputs(2, Some(Duration::ZERO));
    inputs.push(chunk(0, &[(0, 5)], 1, 1));
    inputs.push(chunk(1, &[(0, 9)], 1, 3));
    assert_eq!(next(&mut inputs, 0), Some((0, 5)));
    inputs.push(chunk(0, &[(1, 10)], 2, 2));
    assert_eq!(next(&mut inputs, 0), Some((1, 9)));
    assert_eq!(next(&mut inputs, u64::MAX), None, "two more are in the log");
    inputs.push(chunk(1, &[], 3, 3));
    assert_eq!(next(&mut inputs, 0), Some((0, 10)), "they were transaction markers");
}

/// Rule 7.
#[test]
fn a_late_producer_is_waited_for_as_long_as_configured() {
    let mut inputs = inputs(2, Some(Duration::from_millis(100)));
    inputs.push(chunk(0, &[(0, 5), (1, 6)], 2, 2));
    inputs.push(chunk(1, &[], 0, 0));
    assert_eq!(next(&mut inputs, 1_000), None);
    assert_eq!(inputs.wait_ends(at(1_000)), Some(at(1_100)));
    assert_eq!(next(&mut inputs, 1_099), None);
    assert_eq!(next(&mut inputs, 1_100), Some((0, 5)));
    inputs.push(chunk(1, &[(0, 1)], 1, 1));
    assert_eq!(next(&mut inputs, 1_100), Some((1, 1)));
    assert_eq!(next(&mut inputs, 1_100), None, "the wait starts again");
    assert_eq!(next(&mut inputs, 1_200), Some((0, 6)));
    assert_eq!(inputs.wait_ends(at(1_200)), None);
}

/// A task of a foreign-key join that waited for older records of another task ran through its turns without a pause, as its own wait for
/// an input without records had ended: 75,000 turns a second, of which 70,000 did nothing.
#[test]
fn a_wait_that_is_over_wakes_nobody() {
    let mut inputs = inputs(2, Some(Duration::from_millis(100)));
    inputs.push(chunk(0, &[(0, 5)], 1, 1));
    inputs.push(chunk(1, &[], 0, 0));
    fill_heads(&mut inputs);
    assert_eq!(inputs.choose(at(1_000)), Choice::Wait);
    assert_eq!(inputs.wait_ends(at(1_099)), Some(at(1_100)));
    assert_eq!(inputs.wait_ends(at(1_100)), None, "the task may process now, and does if nothing else is waited for");
}

#[test]
fn a_partition_that_does_not_exist_is_not_waited_for() {
    let partitions = [(partition(0), Presence::Exists), (partition(1), Presence::Missing)];
    let mut inputs = Inputs::new(partitions, Some(Duration::from_secs(1)), 1000);
    inputs.push(chunk(0, &[(0, 5)], 1, 1));
    fill_heads(&mut inputs);
    assert_eq!(inputs.choose(MonotonicTime::START), Choice::Take { input: 0, enforced: false });
}

#[test]
fn only_a_wait_that_ended_counts_as_enforced() {
    let mut inputs = inputs(2, Some(Duration::ZERO));
    inputs.push(chunk(0, &[(0, 5)], 1, 1));
    inputs.push(chunk(1, &[(0, 6)], 1, 1));
    fill_heads(&mut inputs);
    assert_eq!(inputs.choose(MonotonicTime::START), Choice::Take { input: 0, enforced: false });
    inputs.queue_mut(0).drop_head();
    assert_eq!(inputs.choose(MonotonicTime::START), Choice::Take { input: 1, enforced: true });
}

/// Rule 8.
#[test]
fn the_offset_to_commit_is_that_of_the_next_record_or_after_the_chunks() {
    let mut inputs = inputs(1, None);
    let committable = |inputs: &Inputs| inputs.queue(0).committable().map(Offset::number);
    assert_eq!(committable(&inputs), None);
    inputs.push(chunk(0, &[(3, 1), (7, -1), (8, 2)], 12, 20));
    assert_eq!(committable(&inputs), Some(3));
    fill_heads(&mut inputs);
    assert_eq!(committable(&inputs), Some(3), "the head is not processed");
    inputs.queue_mut(0).drop_head();
    assert_eq!(committable(&inputs), Some(7));
    fill_heads(&mut inputs);
    assert_eq!(committable(&inputs), Some(8), "a skipped record counts as consumed");
    inputs.queue_mut(0).drop_head();
    assert_eq!(committable(&inputs), Some(12), "a gap at the end is skipped");
}

#[test]
fn skipped_records_at_the_end_advance_the_offset() {
    let mut inputs = inputs(1, None);
    inputs.push(chunk(0, &[(0, -1), (1, -1)], 2, 2));
    assert_eq!(next(&mut inputs, 0), None);
    assert_eq!(inputs.queue(0).committable(), Some(Offset::new(2)));
    assert!(inputs.queue(0).has_moved());
    inputs.queue_mut(0).set_committed(Offset::new(2));
    assert!(!inputs.queue(0).has_moved());
}

/// The chunks of each input.
type Streams = Vec<Vec<Vec<i64>>>;

fn streams() -> impl Strategy<Value = Streams> {
    let chunk = prop::collection::vec(-1_i64..20, 0..6);
    prop::collection::vec(prop::collection::vec(chunk, 0..6), 1..4)
}

proptest! {
    /// With any interleaving of chunks and steps, the records of each partition are taken once and in order, and each is the
    /// smallest of the present heads.
    #[test]
    fn order_holds_under_any_interleaving(streams in streams(), turns in prop::collection::vec(0_usize..8, 0..200)) {
        let mut inputs = inputs(streams.len(), None);
        let mut waiting: Vec<_> = streams.iter().map(|chunks| chunks.iter()).collect();
        let mut offsets = vec![0_i64; streams.len()];
        let mut taken: Vec<Vec<i64>> = vec![Vec::new(); streams.len()];
        for turn in turns.into_iter().chain((0..400).map(|turn| turn % 8)) {
            if let Some(chunks) = waiting.get_mut(turn) {
                let Some(timestamps) = chunks.next() else { continue };
                let start = offsets[turn];
                let records: Vec<_> = (start..).zip(timestamps.iter().copied()).collect();
                offsets[turn] = start + i64::try_from(records.len()).unwrap();
                inputs.push(chunk(turn, &records, offsets[turn], 1_000));
                continue;
            }
            fill_heads(&mut inputs);
            let heads: Vec<_> = inputs.iter().map(InputQueue::head).collect();
            let Choice::Take { input, .. } = inputs.choose(MonotonicTime::START) else { continue };
            let head = heads[input].unwrap();
            let smallest = heads.iter().flatten().map(|head| head.timestamp).min();
            prop_assert_eq!(Some(head.timestamp), smallest);
            prop_assert_eq!(inputs.queue(input).committable(), Some(head.offset));
            inputs.queue_mut(input).drop_head();
            taken[input].push(head.timestamp.as_millis());
        }
        while let Some((input, timestamp)) = next(&mut inputs, 0) {
            taken[input].push(timestamp);
        }
        for (input, chunks) in streams.iter().enumerate() {
            let expected: Vec<i64> = chunks.iter().flatten().copied().filter(|timestamp| *timestamp >= 0).collect();
            prop_assert_eq!(&taken[input], &expected);
            let fetched = inputs.queue(input).committable().map_or(0, Offset::number);
            prop_assert_eq!(fetched, offsets[input]);
        }
    }
}

#[test]
fn an_input_is_stalled_until_its_next_chunk() {
    let mut inputs = inputs(2, None);
    inputs.push(chunk(0, &[], 3, 3));
    inputs.queue_mut(0).set_stalled();
    inputs.push(chunk(1, &[], 3, 3));
    assert!(inputs.queue(0).is_stalled(), "a chunk of another input does not change this");
    inputs.push(chunk(0, &[], 3, 9));
    assert!(!inputs.queue(0).is_stalled());
}
