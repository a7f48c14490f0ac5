//! What threads answer about stores of which they have standbys, or that are being restored.

use std::cell::RefCell;

use millstream_state::AnyStore;
use millstream_types::{Offset, Partition, TopicPartition};

use super::counted;
use super::fixture::Member;
use crate::messages::StoreQuery;
use crate::store_partitions::StorePartitions;

/// A query that notes how it was answered.
struct Asked {
    allows_stale: bool,
    answers: std::sync::Mutex<RefCell<Vec<String>>>,
}

impl Asked {
    fn note(&self, answer: String) {
        self.answers.lock().unwrap().borrow_mut().push(answer);
    }
}

impl StoreQuery for Asked {
    fn store(&self) -> &'static str {
        "counts"
    }

    fn note_partitions(&self, _partitions: StorePartitions) {}

    fn run(&self, _partition: Partition, _processed: Vec<(TopicPartition, Offset)>, store: &mut dyn AnyStore) {
        self.note(format!("{} rows", store.len()));
    }

    fn allows_stale(&self) -> bool {
        self.allows_stale
    }

    fn run_stale(&self, _partition: Partition, lag: u64, store: &mut dyn AnyStore) {
        self.note(format!("{} rows, {lag} behind", store.dump(None, 100).unwrap().len()));
    }

    fn note_restoring(&self, _partition: Partition) {
        self.note("restoring".to_owned());
    }

    fn note_standby(&self, _partition: Partition) {
        self.note("standby".to_owned());
    }

    fn note_too_many(&self) {}
}

/// The answers of a member, without and with stale ones allowed.
fn asked(member: &mut Member) -> [String; 2] {
    [false, true].map(|allows_stale| {
        let query = Asked { allows_stale, answers: std::sync::Mutex::default() };
        member.owned.query(&query);
        query.answers.into_inner().unwrap().into_inner().join(", ")
    })
}

#[test]
fn a_standby_answers_only_where_a_stale_answer_is_allowed() {
    let (group, mut active) = counted();
    assert_eq!(asked(&mut active), ["2 rows", "2 rows"]);
    let mut standby = group.member();
    assert_eq!(asked(&mut standby), ["", ""]);
    standby.stand_by(&group.tasks());
    standby.try_turn().unwrap();
    assert_eq!(asked(&mut standby), ["standby", "0 rows, 2 behind"]);
    standby.run();
    assert_eq!(asked(&mut standby), ["standby", "2 rows, 0 behind"]);
}

/// What was applied is not in the engine until the next interval, and was missing from the answer.
#[test]
fn a_standby_on_disk_answers_with_all_that_it_has_applied() {
    let (group, _active) = counted();
    let (disk, root) = (super::Disk::default(), tempfile::tempdir().unwrap());
    let mut standby = group.member_on(&disk, root.path());
    standby.stand_by(&group.tasks());
    (0..5).for_each(|_| standby.try_turn().unwrap());
    assert_eq!(disk.engines()[0].rows().len(), 0);
    assert_eq!(asked(&mut standby), ["standby", "2 rows, 0 behind"]);
}

#[test]
fn a_store_that_is_being_restored_answers_only_where_a_stale_answer_is_allowed() {
    let (group, _active) = counted();
    let mut restoring = group.member();
    restoring.assign(&group.tasks());
    assert_eq!(asked(&mut restoring), ["restoring", "restoring"], "it may have rows that its changelog has not");
    restoring.try_turn().unwrap();
    assert_eq!(asked(&mut restoring), ["restoring", "0 rows, 2 behind"]);
    restoring.run();
    assert_eq!(asked(&mut restoring), ["2 rows", "2 rows"]);
}
