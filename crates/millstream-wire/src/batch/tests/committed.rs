//! What `read_committed` skips, against a model that sees the whole log at once.

use proptest::prelude::*;

use super::*;
use crate::batch::testing::TestCodec;

fn committed(bytes: &[u8], position: i64, aborted: &[(i64, i64)]) -> Batches {
    let aborted = aborted.iter().map(|&(producer_id, first_offset)| Aborted { producer_id, first_offset });
    Batches::new(bytes.to_vec(), Offset::new(position), aborted.collect()).unwrap()
}

/// A batch of two records in a transaction.
fn in_transaction(producer_id: i64, base_offset: i64) -> TestBatch {
    TestBatch { transactional: true, ..outside_transaction(producer_id, base_offset) }
}

/// A batch of two records without a transaction.
fn outside_transaction(producer_id: i64, base_offset: i64) -> TestBatch {
    TestBatch { producer_id, ..TestBatch::numbered(base_offset, 2) }
}

#[test]
fn an_aborted_transaction_is_dropped_to_its_marker_and_no_further() {
    let log = [
        in_transaction(1, 0),
        in_transaction(2, 2),
        outside_transaction(1, 4),
        in_transaction(1, 6),
        TestBatch::abort_marker(8, 1),
        in_transaction(1, 9),
        TestBatch::commit_marker(11, 1),
        TestBatch::commit_marker(12, 2),
        in_transaction(1, 13),
        TestBatch::abort_marker(15, 1),
    ];
    let mut batches = committed(&encode(&log), 0, &[(1, 13), (1, 0)]);
    let (seen, result) = read_all(&mut batches, &[3]);
    assert_eq!((offsets(&seen), result), (vec![2, 3, 4, 5, 9, 10], Ok(())));
    assert_eq!(batches.position().number(), 16);
}

#[test]
fn an_aborted_batch_is_not_looked_into() {
    let damaged = TestBatch { codec: TestCodec::Zstd, ..in_transaction(1, 0) }.encode_around(2, b"no zstd");
    let bytes = [damaged, TestBatch::abort_marker(2, 1).encode()].concat();
    let mut batches = committed(&bytes, 0, &[(1, 0)]);
    assert_eq!(read(&mut batches, 1), (Vec::new(), Ok(())));
    assert!(batches.is_empty());
    assert!(read(&mut committed(&bytes, 0, &[]), 1).1.is_err(), "the same bytes, if nothing is aborted");
}

#[test]
fn a_marker_before_the_position_ends_its_transaction() {
    let bytes = encode(&[
        in_transaction(1, 0),
        TestBatch::abort_marker(2, 1),
        in_transaction(1, 3),
        TestBatch::commit_marker(5, 1),
    ]);
    let (seen, _) = read_all(&mut committed(&bytes, 4, &[(1, 0)]), &[9]);
    assert_eq!(offsets(&seen), [4]);
}

#[test]
fn unknown_and_empty_markers_are_ignored_and_those_without_a_type_are_corrupt() {
    let after = |key: &[u8]| {
        let mut marker = TestBatch::abort_marker(2, 1);
        marker.records[0].key = Some(key.to_vec());
        let bytes = encode(&[in_transaction(1, 0), marker, in_transaction(1, 3)]);
        let (seen, result) = read_all(&mut committed(&bytes, 0, &[(1, 0)]), &[9]);
        (offsets(&seen), result)
    };
    assert_eq!(after(&[0, 9, 0, 0, 7]), (vec![3, 4], Ok(())), "a newer version of the marker");
    assert_eq!(after(&[0, 0, 0, 2]), (vec![], Ok(())), "a type that is unknown");
    let what = "a control record has no type";
    assert_eq!(after(&[0, 0, 0]), (vec![], Err(BatchError::Corrupt { offset: Offset::new(2), what })));
    let empty = TestBatch { records: Vec::new(), ..TestBatch::abort_marker(2, 1) };
    let bytes = encode(&[in_transaction(1, 0), empty, in_transaction(1, 3)]);
    assert_eq!(read_all(&mut committed(&bytes, 0, &[(1, 0)]), &[9]), (Vec::new(), Ok(())));
}

#[test]
fn a_damaged_marker_is_reported() {
    let mut bytes = encode(&[TestBatch::commit_marker(0, 1)]);
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    assert!(matches!(read(&mut committed(&bytes, 0, &[]), 1).1, Err(BatchError::Checksum { .. })));
    assert!(matches!(read(&mut committed(&bytes, 0, &[(1, 0)]), 1).1, Err(BatchError::Checksum { .. })));
}

/// What a producer does next.
#[derive(Clone, Copy, Debug)]
enum Act {
    Write { producer: i64, transactional: bool },
    End { producer: i64, commit: bool },
}

/// A log, and its transactions: producer, first offset, marker's offset, whether committed.
fn play(acts: &[Act]) -> (Vec<TestBatch>, Vec<(i64, i64, i64, bool)>) {
    let (mut log, mut ended, mut open) = (Vec::new(), Vec::new(), std::collections::BTreeMap::new());
    let ends = (0..3).map(|producer| Act::End { producer, commit: producer != 1 });
    for act in acts.iter().copied().chain(ends) {
        let next = log.last().map_or(0, TestBatch::next_offset);
        match act {
            Act::Write { producer, transactional } => {
                // While a transaction is open, a producer writes only within it.
                let transactional = transactional || open.contains_key(&producer);
                if transactional {
                    log.push(in_transaction(producer, next));
                    open.entry(producer).or_insert(next);
                } else {
                    log.push(outside_transaction(producer, next));
                }
            }
            Act::End { producer, commit } => {
                if let Some(first) = open.remove(&producer) {
                    let marker = if commit { TestBatch::commit_marker } else { TestBatch::abort_marker };
                    log.push(marker(next, producer));
                    ended.push((producer, first, next, commit));
                }
            }
        }
    }
    (log, ended)
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0..3i64, any::<bool>()).prop_map(|(producer, transactional)| Act::Write { producer, transactional }),
        1 => (0..3i64, any::<bool>()).prop_map(|(producer, commit)| Act::End { producer, commit }),
    ]
}

proptest! {
    #[test]
    fn what_is_delivered_is_what_was_not_aborted(
        acts in prop::collection::vec(act(), 0..40),
        from in any::<prop::sample::Index>(),
        limit in 1..5usize,
        reversed in any::<bool>(),
    ) {
        let (log, transactions) = play(&acts);
        let position = from.index(log.last().map_or(0, TestBatch::next_offset) as usize + 1) as i64;
        let response: Vec<_> = log.iter().filter(|batch| batch.next_offset() > position).cloned().collect();
        let aborted = transactions.iter().filter(|(_, _, end, commit)| !commit && *end >= position);
        let mut aborted: Vec<(i64, i64)> = aborted.map(|&(producer, first, ..)| (producer, first)).collect();
        if reversed {
            aborted.reverse();
        }
        let dropped = |batch: &TestBatch| {
            let within = |first, end| (first..end).contains(&batch.base_offset);
            transactions.iter().any(|&(id, first, end, commit)| id == batch.producer_id && !commit && within(first, end))
        };
        let kept = log.iter().filter(|batch| !batch.control && !dropped(batch)).flat_map(content);
        let expected: Vec<Seen> = kept.filter(|record| record.offset >= position).collect();
        let mut batches = committed(&encode(&response), position, &aborted);
        prop_assert_eq!(read_all(&mut batches, &[limit]), (expected, Ok(())));
    }
}
