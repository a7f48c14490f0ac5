//! Batches that are taken apart: each part is as if it had been built of its records.

use std::collections::BTreeSet;

use super::*;

proptest! {
    #[test]
    fn halves_are_batches_of_half_the_records(
        records in new_records(2..12),
        compressions in (compression(), compression()),
    ) {
        let mut batch = build(&records, compressions.0);
        batch.stamp(STAMP);
        let (first, second) = batch.split(compressions.1).unwrap();
        let (before, behind) = records.split_at(records.len() / 2);
        for (half, records) in [(first, before), (second, behind)] {
            let built = build(records, compressions.1);
            prop_assert_eq!((half.bytes(), half.count()), (built.bytes(), built.count()));
        }
    }

    #[test]
    fn without_some_the_others_are_left(
        records in new_records(1..12),
        places in prop::collection::btree_set(0..14u32, 0..14),
        compressions in (compression(), compression()),
    ) {
        let batch = build(&records, compressions.0);
        let left = batch.without(&places, compressions.1).unwrap();
        let kept = (0..).zip(&records).filter(|(place, _)| !places.contains(place));
        let kept: Vec<Seen> = kept.map(|(_, record)| record.clone()).collect();
        let built = (!kept.is_empty()).then(|| build(&kept, compressions.1));
        prop_assert_eq!(left.as_ref().map(Batch::bytes), built.as_ref().map(Batch::bytes));
        prop_assert_eq!(left.map(|left| left.count() as usize), built.map(|_| kept.len()));
    }
}

#[test]
fn a_batch_without_any_of_its_records_is_none() {
    let records = [1, 2].map(|timestamp| Seen { offset: 0, timestamp, key: None, value: None, headers: vec![] });
    let batch = build(&records, Compression::None);
    assert!(batch.without(&BTreeSet::from([0, 1]), Compression::None).unwrap().is_none());
    assert_eq!(batch.without(&BTreeSet::new(), Compression::None).unwrap().unwrap().bytes(), batch.bytes());
}
