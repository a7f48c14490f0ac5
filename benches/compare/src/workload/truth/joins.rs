//! The expected results of joins, and of what passes every record on.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::super::records::{CLOSE_MS, Made, NUMBER_DIGITS, PARTITIONS, foreign_key, number_of, row_value, value_of};
use super::super::{Case, JOINED_BYTES, SPAN, Workload};
use super::{Fingerprint, Rows, add};

/// The results in their order, where the table or the stores have this many records.
pub(super) fn of_streams(case: Case, row_records: u64) -> Vec<Fingerprint> {
    if case.workload == Workload::StreamJoin {
        return of_both_sides(case, row_records);
    }
    let mut sequence = vec![Fingerprint::default(); PARTITIONS as usize];
    case.input().for_each(case.records, |record| match case.workload {
        Workload::PassThrough => add(&mut sequence, record, record.value),
        _ => {
            let row = row_value(record.key.unwrap_or_default(), row_records, case.keys);
            add(&mut sequence, record, &joined(&row, record.value));
        }
    });
    sequence
}

/// The rows of the join of two tables.
pub(super) fn of_tables(case: Case, row_records: u64) -> Rows {
    let mut rows = Rows::default();
    case.input().for_each(case.records, |record| {
        let key = record.key.unwrap_or_default();
        let row_key = if case.workload == Workload::ForeignKeyJoin { foreign_key(key) } else { key.to_vec() };
        let row = row_value(&row_key, row_records, case.rows());
        *rows.entry_ref(key).or_default() = joined(&row, record.value);
    });
    rows
}

/// The records of a key that were kept: the numbers and times of even ones, and of odd ones.
type Kept = HashMap<Vec<u8>, [Vec<(u64, i64)>; 2], FixedState>;

/// Each pair of an even and an odd record of a key that are close enough, when the later one comes. Each side may have records
/// from before, one of a key.
fn of_both_sides(case: Case, restored: u64) -> Vec<Fingerprint> {
    let mut sequence = vec![Fingerprint::default(); PARTITIONS as usize];
    let mut kept = Kept::default();
    case.input().for_each(case.records, |record| {
        let key = record.key.unwrap_or_default();
        let before = || {
            let row = (restored > 0).then(|| (number_of_value(&row_value(key, restored, case.keys)), CLOSE_MS));
            [Vec::from_iter(row), Vec::from_iter(row)]
        };
        let sides = kept.entry_ref(key).or_insert_with(before);
        add_pairs(&mut sequence, record, sides);
    });
    sequence
}

/// Adds the pairs of a record with the other side, and keeps it. What is too old for all records to come is forgotten.
fn add_pairs(sequence: &mut [Fingerprint], record: &Made<'_>, sides: &mut [Vec<(u64, i64)>; 2]) {
    let number = number_of_value(record.value);
    let (side, span_ms) = ((number % 2) as usize, i64::try_from(SPAN.as_millis()).unwrap_or(i64::MAX));
    sides.iter_mut().for_each(|kept| kept.retain(|(_, time)| record.timestamp_ms - time <= span_ms));
    for (other, _) in &sides[1 - side] {
        let (even, odd) = if side == 0 { (number, *other) } else { (*other, number) };
        add(sequence, record, &joined(&value_of(even), &value_of(odd)));
    }
    sides[side].push((number, record.timestamp_ms));
}

/// The number that a value begins with.
fn number_of_value(value: &[u8]) -> u64 {
    number_of(&value[..NUMBER_DIGITS])
}

/// A row, or the left value, and the number of the other value.
fn joined(row: &[u8], value: &[u8]) -> Vec<u8> {
    [row, &value[..JOINED_BYTES]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_paired_with_those_of_the_other_side_that_are_close_enough() {
        let mut found = vec![Fingerprint::default(); PARTITIONS as usize];
        let mut expected = found.clone();
        let mut sides = [Vec::new(), Vec::new()];
        let feed = [(2, 0), (4, 10), (1, 1_000), (3, 1_010), (6, 2_011)].map(|(number, time)| (value_of(number), time));
        for (value, timestamp_ms) in &feed {
            let record = Made { partition: 0, timestamp_ms: *timestamp_ms, key: Some(b"k"), value };
            add_pairs(&mut found, &record, &mut sides);
        }
        for (even, odd, time) in [(2, 1, 1_000), (4, 1, 1_000), (4, 3, 1_010)] {
            expected[0].add(time, b"k", &joined(&value_of(even), &value_of(odd)));
        }
        assert_eq!(found, expected);
    }
}
