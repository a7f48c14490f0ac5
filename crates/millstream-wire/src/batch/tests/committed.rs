//! What `read_committed` drops, against a model that looks at the whole log at once.

use proptest::prelude::*;

use super::*;
use crate::batch::testing::TestCodec;

fn committed(bytes: &[u8], position: i64, aborted: &[(i64, i64)]) -> Batches {
    let aborted = aborted.iter().map(|&(producer_id, first_offset)| Aborted { producer_id, first_offset });
    Batches::new(bytes.to_vec(), Offset::new(position), aborted.collect()).unwrap()
}

fn of(producer_id: i64, transactional: bool, base_offset: i64) -> TestBatch {
    TestBatch { producer_id, transactional, ..TestBatch::numbered(base_offset, 2) }
}

#[test]
fn an_aborted_transaction_is_dropped_to_its_marker_and_no_further() {
    let log = [
        of(1, true, 0),
        of(2, true, 2),
        of(1, false, 4),
        of(1, true, 6),
        TestBatch::marker(8, 1, false),
        of(1, true, 9),
        TestBatch::marker(11, 1, true),
        TestBatch::marker(12, 2, true),
        of(1, true, 13),
        TestBatch::marker(15, 1, false),
    ];
    let mut batches = committed(&encode(&log), 0, &[(1, 13), (1, 0)]);
    let (seen, result) = read_all(&mut batches, &[3]);
    assert_eq!((offsets(&seen), result), (vec![2, 3, 4, 5, 9, 10], Ok(())));
    assert_eq!(batches.position().number(), 16);
}

#[test]
fn an_aborted_batch_is_not_looked_into() {
    let damaged = TestBatch { codec: TestCodec::Zstd, ..of(1, true, 0) }.encode_around(2, b"no zstd");
    let bytes = [damaged, TestBatch::marker(2, 1, false).encode()].concat();
    let mut batches = committed(&bytes, 0, &[(1, 0)]);
    assert_eq!(read(&mut batches, 1), (Vec::new(), Ok(())));
    assert!(batches.is_empty());
    assert!(read(&mut committed(&bytes, 0, &[]), 1).1.is_err(), "the same bytes, if nothing is aborted");
}

#[test]
fn a_marker_before_the_position_ends_its_transaction() {
    let bytes =
        encode(&[of(1, true, 0), TestBatch::marker(2, 1, false), of(1, true, 3), TestBatch::marker(5, 1, true)]);
    let (seen, _) = read_all(&mut committed(&bytes, 4, &[(1, 0)]), &[9]);
    assert_eq!(offsets(&seen), [4]);
}

#[test]
fn markers_that_are_unknown_or_empty_end_nothing_and_those_without_a_type_are_corrupt() {
    let after = |key: &[u8]| {
        let mut marker = TestBatch::marker(2, 1, false);
        marker.records[0].key = Some(key.to_vec());
        let bytes = encode(&[of(1, true, 0), marker, of(1, true, 3)]);
        let (seen, result) = read_all(&mut committed(&bytes, 0, &[(1, 0)]), &[9]);
        (offsets(&seen), result)
    };
    assert_eq!(after(&[0, 9, 0, 0, 7]), (vec![3, 4], Ok(())), "a newer version of the marker");
    assert_eq!(after(&[0, 0, 0, 2]), (vec![], Ok(())), "a type that is unknown");
    let what = "a control record has no type";
    assert_eq!(after(&[0, 0, 0]), (vec![], Err(BatchError::Corrupt { offset: Offset::new(2), what })));
    let empty = TestBatch { records: Vec::new(), ..TestBatch::marker(2, 1, false) };
    let bytes = encode(&[of(1, true, 0), empty, of(1, true, 3)]);
    assert_eq!(read_all(&mut committed(&bytes, 0, &[(1, 0)]), &[9]), (Vec::new(), Ok(())));
}

#[test]
fn a_damaged_marker_is_reported() {
    let mut bytes = encode(&[TestBatch::marker(0, 1, true)]);
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
                // In a transaction, a producer writes nothing beside it.
                let transactional = transactional || open.contains_key(&producer);
                log.push(of(producer, transactional, next));
                if transactional {
                    open.entry(producer).or_insert(next);
                }
            }
            Act::End { producer, commit } => {
                if let Some(first) = open.remove(&producer) {
                    log.push(TestBatch::marker(next, producer, commit));
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
