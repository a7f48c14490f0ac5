//! The order of a batch's operations in RocksDB.

use millstream_state::{Batch, Operation};

/// The batch's operations, sorted by key where this does not change the effect: RocksDB writes sorted keys in a third of the
/// time. Commits are sorted already, restored changelogs are not. Of several operations on a key only the last is kept.
pub(crate) fn sorted(batch: &Batch) -> Vec<Operation<'_>> {
    let mut operations: Vec<Operation<'_>> = batch.operations().collect();
    let ranges = operations.iter().take_while(|operation| is_range(operation)).count();
    let by_key = &mut operations[ranges..];
    // A range deletion applies to earlier operations only, so no operation may move past it.
    if by_key.iter().any(is_range) {
        return operations;
    }
    by_key.sort_by(|a, b| key(a).cmp(key(b)));
    let mut kept = ranges;
    for next in ranges..operations.len() {
        if kept > ranges && key(&operations[kept - 1]) == key(&operations[next]) {
            kept -= 1;
        }
        operations[kept] = operations[next];
        kept += 1;
    }
    operations.truncate(kept);
    operations
}

fn is_range(operation: &Operation<'_>) -> bool {
    matches!(operation, Operation::DeleteRange(..))
}

fn key<'a>(operation: &Operation<'a>) -> &'a [u8] {
    match operation {
        Operation::Put(key, _) | Operation::Delete(key) | Operation::DeleteRange(key, _) => key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(fill: impl FnOnce(&mut Batch), expected: &[Operation<'_>]) {
        let mut batch = Batch::new();
        fill(&mut batch);
        assert_eq!(sorted(&batch), expected);
    }

    #[test]
    fn sorts_by_key_and_leaves_the_last_of_each() {
        check(|_| {}, &[]);
        check(
            |batch| {
                batch.put(b"b", b"1");
                batch.put(b"a", b"2");
                batch.delete(b"b");
                batch.put(b"c", b"3");
                batch.put(b"a", b"4");
                batch.put(b"a", b"5");
            },
            &[Operation::Put(b"a", b"5"), Operation::Delete(b"b"), Operation::Put(b"c", b"3")],
        );
    }

    #[test]
    fn moves_nothing_past_a_range() {
        let first = Operation::DeleteRange(b"a", b"c");
        check(
            |batch| {
                batch.delete_range(b"a", b"c");
                batch.put(b"b", b"1");
                batch.put(b"a", b"2");
            },
            &[first, Operation::Put(b"a", b"2"), Operation::Put(b"b", b"1")],
        );
        check(
            |batch| {
                batch.put(b"b", b"1");
                batch.put(b"a", b"2");
                batch.delete_range(b"a", b"c");
            },
            &[Operation::Put(b"b", b"1"), Operation::Put(b"a", b"2"), first],
        );
    }
}
