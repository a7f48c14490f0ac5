//! The conformance suite for engines.

use std::ops::Bound::{self, Excluded, Included, Unbounded};

use millstream_types::Offset;

use crate::{Batch, Direction, Engine};

/// Runs all cases. `open` must return a new, empty engine.
pub fn engine(open: impl Fn() -> Box<dyn Engine>) {
    let cases: [fn(Box<dyn Engine>); 8] = [
        starts_empty,
        puts_and_deletes,
        reads_several_keys_at_once,
        applies_a_batch_in_order,
        deletes_ranges,
        pages_in_byte_order,
        keeps_the_changelog_offset,
        clears,
    ];
    for case in cases {
        case(open());
    }
}

fn starts_empty(engine: Box<dyn Engine>) {
    assert_eq!(engine.get(b"a").unwrap(), None);
    assert_eq!(engine.changelog_offset().unwrap(), None);
    assert_eq!(keys(&*engine, Unbounded, Unbounded, Direction::Forward, 9), Vec::<Vec<u8>>::new());
}

fn puts_and_deletes(mut engine: Box<dyn Engine>) {
    let large = vec![7; 1 << 20];
    write(&mut *engine, |batch| {
        batch.put(b"a", b"1");
        batch.put(b"", b"empty key");
        batch.put(b"empty value", b"");
        batch.put(b"large", &large);
    });
    assert_eq!(engine.get(b"").unwrap().as_deref(), Some(&b"empty key"[..]));
    assert_eq!(engine.get(b"empty value").unwrap().as_deref(), Some(&b""[..]), "empty is not absent");
    assert_eq!(engine.get(b"large").unwrap(), Some(large));
    write(&mut *engine, |batch| {
        batch.put(b"a", b"2");
        batch.delete(b"");
        batch.delete(b"never there");
    });
    assert_eq!(engine.get(b"a").unwrap().as_deref(), Some(&b"2"[..]));
    assert_eq!(engine.get(b"").unwrap(), None);
}

fn reads_several_keys_at_once(mut engine: Box<dyn Engine>) {
    write(&mut *engine, |batch| {
        batch.put(b"a", b"1");
        batch.put(b"c", b"");
        batch.put(b"", b"2");
    });
    let found = engine.get_many(&[b"c", b"b", b"", b"a", b"c"]).unwrap();
    let values: Vec<Option<&[u8]>> = found.iter().map(Option::as_deref).collect();
    assert_eq!(values, [Some(&b""[..]), None, Some(b"2"), Some(b"1"), Some(b"")], "in the order of the keys");
    assert!(engine.get_many(&[]).unwrap().is_empty());
}

fn applies_a_batch_in_order(mut engine: Box<dyn Engine>) {
    write(&mut *engine, |batch| {
        batch.put(b"put last", b"1");
        batch.delete(b"put last");
        batch.put(b"put last", b"2");
        batch.put(b"deleted last", b"1");
        batch.delete(b"deleted last");
        batch.delete_range(b"p", b"q");
        batch.put(b"put after range", b"3");
    });
    assert_eq!(keys(&*engine, Unbounded, Unbounded, Direction::Forward, 9), [b"put after range"]);
}

fn deletes_ranges(mut engine: Box<dyn Engine>) {
    fill(&mut *engine);
    write(&mut *engine, |batch| batch.delete_range(b"a", b"b"));
    let left: [&[u8]; 3] = [b"b", b"\x7f", b"\x80"];
    assert_eq!(keys(&*engine, Unbounded, Unbounded, Direction::Forward, 9), left, "the end is not included");
    write(&mut *engine, |batch| batch.delete_range(b"", b"\x80"));
    assert_eq!(keys(&*engine, Unbounded, Unbounded, Direction::Forward, 9), [b"\x80"]);
}

/// A page, and its keys.
type Case = (Bound<&'static [u8]>, Bound<&'static [u8]>, Direction, usize, &'static [&'static [u8]]);

fn pages_in_byte_order(mut engine: Box<dyn Engine>) {
    use Direction::{Backward, Forward};
    fill(&mut *engine);
    let table: [Case; 11] = [
        (Unbounded, Unbounded, Forward, 9, &[b"a", b"aa", b"b", b"\x7f", b"\x80"]),
        (Unbounded, Unbounded, Backward, 9, &[b"\x80", b"\x7f", b"b", b"aa", b"a"]),
        (Unbounded, Unbounded, Forward, 2, &[b"a", b"aa"]),
        (Unbounded, Unbounded, Backward, 1, &[b"\x80"]),
        (Included(b"aa"), Included(b"b"), Forward, 9, &[b"aa", b"b"]),
        (Excluded(b"aa"), Excluded(b"\x80"), Backward, 9, &[b"\x7f", b"b"]),
        (Included(b"aaa"), Unbounded, Forward, 1, &[b"b"]),
        (Unbounded, Excluded(b"b"), Backward, 1, &[b"aa"]),
        (Excluded(b"a"), Excluded(b"a"), Forward, 9, &[]),
        (Included(b"b"), Included(b"a"), Backward, 9, &[]),
        (Unbounded, Unbounded, Forward, 0, &[]),
    ];
    for (from, to, direction, limit, expected) in table {
        let found = keys(&*engine, from, to, direction, limit);
        assert_eq!(found, expected, "from {from:?} to {to:?} {direction:?}, at most {limit}");
    }
    let page = engine.page(Included(b"aa"), Unbounded, Forward, 1).unwrap();
    assert_eq!(page, [(b"aa".to_vec(), b"value of aa".to_vec())]);
}

fn keeps_the_changelog_offset(mut engine: Box<dyn Engine>) {
    write(&mut *engine, |batch| batch.set_changelog_offset(Offset::new(7)));
    assert_eq!(engine.changelog_offset().unwrap(), Some(Offset::new(7)));
    write(&mut *engine, |batch| batch.put(b"a", b"1"));
    assert_eq!(engine.changelog_offset().unwrap(), Some(Offset::new(7)), "a batch without offset leaves it");
    assert_eq!(keys(&*engine, Unbounded, Unbounded, Direction::Forward, 9), [b"a"], "the offset is not among the rows");
    write(&mut *engine, |batch| batch.set_changelog_offset(Offset::ZERO));
    assert_eq!(engine.changelog_offset().unwrap(), Some(Offset::ZERO));
}

fn clears(mut engine: Box<dyn Engine>) {
    fill(&mut *engine);
    write(&mut *engine, |batch| batch.set_changelog_offset(Offset::new(7)));
    engine.clear().unwrap();
    starts_empty(engine);
}

fn fill(engine: &mut dyn Engine) {
    write(engine, |batch| {
        let keys: [&[u8]; 5] = [b"\x80", b"b", b"a", b"\x7f", b"aa"];
        for key in keys {
            batch.put(key, &[b"value of ", key].concat());
        }
    });
}

fn write(engine: &mut dyn Engine, fill: impl FnOnce(&mut Batch)) {
    let mut batch = Batch::new();
    fill(&mut batch);
    engine.write(&batch).unwrap();
}

fn keys(engine: &dyn Engine, from: Bound<&[u8]>, to: Bound<&[u8]>, direction: Direction, limit: usize) -> Vec<Vec<u8>> {
    engine.page(from, to, direction, limit).unwrap().into_iter().map(|(key, _)| key).collect()
}
