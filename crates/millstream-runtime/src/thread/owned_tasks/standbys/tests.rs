//! Tests of standbys beside the active tasks of threads.

#![allow(clippy::unwrap_used)]

mod fixture;
mod moves;
mod queries;
mod reports;

use std::collections::BTreeSet;
use std::time::Duration;

use millstream_assign::CopyState;
use millstream_core::{Materialized, Optimizations, StreamsBuilder, Topology};
use millstream_log::{AdminRequest, Log, Signal};
use millstream_types::{Codec, Offset, Serde, SerdeError, TaskId, TopicPartition};

use self::fixture::{Disk, Group, Member, end_of};
use crate::state_directory::OffsetNote;

const TASK: TaskId = TaskId::new(0, 0);

fn counting() -> Topology {
    let builder = StreamsBuilder::new();
    builder.stream::<String, String>("in").group_by_key().count(Materialized::named("counts")).to_stream().to("out");
    builder.build().unwrap()
}

/// A group with an active member that has counted some words and committed.
fn counted() -> (Group, Member) {
    let group = Group::new(counting());
    let mut active = group.member();
    active.assign(&group.tasks());
    for key in ["a", "b", "a"] {
        group.feed("in", key, Some("x"), 0);
    }
    active.run();
    active.commit();
    (group, active)
}

fn none() -> BTreeSet<TaskId> {
    BTreeSet::new()
}

#[test]
fn a_standby_follows_is_promoted_and_reads_only_what_it_has_not() {
    let (group, mut active) = counted();
    let mut standby = group.member();
    standby.stand_by(&group.tasks());
    standby.run();
    assert_eq!(standby.standbys(), active.active());
    assert!(standby.owned.tasks.is_empty(), "it processes nothing");
    let written = end_of(&group.log, "app-counts-changelog");
    group.feed("in", "c", Some("x"), 0);
    active.run();
    active.commit();
    active.revoke(&group.tasks());
    standby.stand_by(&none());
    standby.assign(&group.tasks());
    standby.run();
    let restored = standby.messages("restore_ended");
    assert!(restored.len() == 1 && restored[0].contains(" 1 records"), "{restored:?} of {written}");
    let told = ["standby_started", "standby_caught_up", "standby_suspended", "restore_started", "restore_ended"];
    assert_eq!(standby.told(), told);
    assert!(standby.messages("standby_suspended")[0].contains("becomes active here"));
    group.feed("in", "a", Some("x"), 0);
    standby.run();
    standby.commit();
    let mut scratch = group.member();
    scratch.assign(&group.tasks());
    scratch.run();
    assert_eq!(scratch.active(), standby.active());
}

/// Whether the standbys or the active tasks of an assignment come first does not matter within a turn.
#[test]
fn the_order_of_an_assignment_does_not_matter() {
    for standbys_first in [true, false] {
        let (group, _active) = counted();
        let mut standby = group.member();
        standby.stand_by(&group.tasks());
        standby.run();
        if standbys_first {
            standby.stand_by(&none());
        }
        standby.assign(&group.tasks());
        standby.stand_by(&none());
        standby.run();
        let restored = standby.messages("restore_ended");
        assert!(restored[0].contains(" 0 records"), "{restored:?}");
    }
}

#[test]
fn a_revoked_task_goes_on_as_a_standby_with_its_state() {
    let (group, mut active) = counted();
    let state = active.active();
    active.stand_by(&group.tasks());
    active.revoke(&group.tasks());
    assert!(active.owned.tasks.is_empty());
    active.run();
    assert_eq!(active.standbys(), state);
    let started = active.messages("standby_started");
    assert!(started[0].contains(&format!("from offset {}", end_of(&group.log, "app-counts-changelog"))), "{started:?}");
    active.stand_by(&none());
    active.assign(&group.tasks());
    active.run();
    assert_eq!(active.active(), state);
}

/// What was not committed is repeated by the next owner: it must not be kept.
#[test]
fn a_task_that_loses_its_work_is_no_standby_with_that_work() {
    let (group, mut active) = counted();
    group.feed("in", "uncommitted", Some("x"), 0);
    active.run();
    active.stand_by(&group.tasks());
    active.owned.close_lost(group.tasks().into_iter().collect());
    active.run();
    let mut scratch = group.member();
    scratch.assign(&group.tasks());
    (0..10).for_each(|_| scratch.try_turn().unwrap());
    let rows = active.standbys().into_values().next().unwrap();
    assert_eq!(rows.len(), 2, "{rows:?}");
}

#[test]
fn lost_partitions_leave_standbys_as_they_are() {
    let (group, mut active) = counted();
    active.owned.close_lost(group.tasks().into_iter().collect());
    active.stand_by(&group.tasks());
    active.run();
    let before = active.told();
    active.owned.drop_work();
    active.run();
    assert_eq!(active.told(), before);
    assert_eq!(active.owned.standbys.tasks.len(), 1);
}

#[test]
fn tasks_without_state_to_restore_have_no_standby() {
    let builder = StreamsBuilder::new();
    builder.stream::<String, String>("in").to("out");
    let unlogged = Materialized::named("unlogged").without_logging();
    builder.stream::<String, String>("other").group_by_key().count(unlogged).to_stream().to("out");
    let group = Group::new(builder.build().unwrap());
    let mut member = group.member();
    member.stand_by(&group.tasks().into_iter().chain([TaskId::new(99, 0)]).collect());
    member.run();
    assert_eq!((member.owned.standbys.tasks.len(), member.told()), (0, vec![]));
}

#[test]
fn a_standby_of_a_table_follows_its_topic_up_to_the_committed_offset() {
    let builder = StreamsBuilder::new().optimize(Optimizations::none().reuse_source_topics());
    builder.table::<String, String>("in", "table").to_stream().to("out");
    let group = Group::new(builder.build().unwrap());
    let (mut active, mut standby) = (group.member(), group.member());
    active.assign(&group.tasks());
    standby.stand_by(&group.tasks());
    group.feed("in", "a", Some("1"), 0);
    active.run();
    active.commit();
    group.feed("in", "b", Some("1"), 0);
    (0..5).for_each(|_| standby.run());
    assert_eq!(standby.standbys().into_values().next().unwrap().len(), 1, "b is not committed");
    active.run();
    active.commit();
    (0..5).for_each(|_| standby.run());
    assert_eq!(standby.standbys(), active.active());

    group.feed("in", "a", None, 0);
    active.run();
    active.commit();
    active.stand_by(&group.tasks());
    active.revoke(&group.tasks());
    standby.stand_by(&none());
    standby.assign(&group.tasks());
    (0..5).for_each(|_| standby.run());
    (0..5).for_each(|_| active.run());
    assert_eq!(standby.active(), active.standbys());
    assert_eq!(standby.active().into_values().next().unwrap().len(), 1);
}

#[test]
fn reports_say_how_far_each_task_has_come() {
    let (group, mut active) = counted();
    let end = end_of(&group.log, "app-counts-changelog").number();
    assert_eq!(active.owned.copies().unwrap()[&TASK], CopyState::Running);
    let mut standby = group.member();
    standby.stand_by(&group.tasks());
    standby.try_turn().unwrap();
    let unread = CopyState::Behind { records: end.unsigned_abs() };
    assert_eq!(standby.owned.copies().unwrap()[&TASK], unread, "it has asked for the end, and read nothing");
    standby.run();
    let caught_up = CopyState::Behind { records: 0 };
    assert_eq!(standby.owned.copies().unwrap()[&TASK], caught_up);
    standby.assign(&group.tasks());
    assert_eq!(standby.owned.copies().unwrap()[&TASK], caught_up, "it is not restored yet, and stands there");
    let mut other = group.member();
    assert_eq!(other.owned.copies().unwrap().len(), 0);
}

#[test]
fn on_disk_a_standby_is_written_at_intervals_and_found_after_a_restart() {
    let (group, mut active) = counted();
    let end = end_of(&group.log, "app-counts-changelog");
    let (disk, root) = (Disk::default(), tempfile::tempdir().unwrap());
    let mut standby = group.member_on(&disk, root.path());
    standby.stand_by(&group.tasks());
    (0..5).for_each(|_| standby.try_turn().unwrap());
    assert_eq!(disk.engines()[0].rows().len(), 0, "its interval is not over");
    standby.clock.advance(Duration::from_millis(100));
    standby.run();
    assert_eq!(disk.engines()[0].rows().len(), 2);
    let directory = standby.shared.local_state.as_ref().unwrap().directory();
    let noted = || OffsetNote { task: TASK, sum: end.number(), stores: vec!["counts".to_owned()] };
    assert_eq!(directory.offset_sums().unwrap(), [noted()]);
    let mut stale = crate::state_directory::StaleTasks::new(Duration::ZERO);
    assert_eq!(stale.clean(directory, standby.now().monotonic).unwrap(), [], "it is in use");
    drop(standby);

    let mut restarted = group.member_on(&disk, root.path());
    let directory = restarted.shared.local_state.as_ref().unwrap().directory();
    assert_eq!(directory.offset_sums().unwrap(), [noted()]);
    group.feed("in", "c", Some("x"), 0);
    active.run();
    active.commit();
    restarted.stand_by(&group.tasks());
    restarted.run();
    let caught_up = restarted.messages("standby_caught_up");
    assert!(caught_up[0].contains(" 1 records"), "{caught_up:?}");
    active.revoke(&group.tasks());
    restarted.stand_by(&none());
    restarted.assign(&group.tasks());
    restarted.run();
    let mut scratch = group.member();
    scratch.assign(&group.tasks());
    scratch.run();
    assert_eq!(restarted.active(), scratch.active());
    assert!(restarted.messages("restore_ended")[0].contains(" 0 records"));
    assert_eq!(disk.engines()[0].rows().len(), 3, "the promoted task has the same open engine");
}

#[test]
fn a_standby_waits_while_another_thread_has_its_state_and_opens_it_from_there() {
    let (group, _active) = counted();
    let (disk, root) = (Disk::default(), tempfile::tempdir().unwrap());
    let mut first = group.member_on(&disk, root.path());
    let mut second = group.member_on(&disk, root.path());
    first.stand_by(&group.tasks());
    first.run();
    second.stand_by(&group.tasks());
    second.run();
    assert_eq!((second.owned.standbys.tasks.len(), second.messages("task_waiting").len()), (0, 1));
    first.stand_by(&none());
    first.run();
    assert!(first.messages("standby_suspended")[0].contains("is closed here"));
    second.run();
    let caught_up = second.messages("standby_caught_up");
    assert!(caught_up[0].contains(" 0 records"), "{caught_up:?}");
}

#[test]
fn a_standby_whose_changelog_is_truncated_begins_anew() {
    let (group, mut active) = counted();
    let mut standby = group.member();
    standby.stand_by(&group.tasks());
    standby.run();
    standby.owned.close_standby(TASK);
    let changelog = TopicPartition::new("app-counts-changelog", 0);
    standby.run();
    let before = standby.told().len();
    // The active task goes on while this one does not look, and the broker deletes what is old.
    group.feed("in", "c", Some("x"), 0);
    group.feed("in", "d", Some("x"), 0);
    active.run();
    active.commit();
    let end = end_of(&group.log, "app-counts-changelog");
    let admin = &mut group.log.admin("test", &Signal::new()).unwrap();
    admin.request(AdminRequest::DeleteRecords(vec![(changelog, Offset::new(end.number() - 1))]));
    standby.run();
    assert_eq!(standby.standbys().into_values().next().unwrap().len(), 1);
    assert_eq!(standby.told()[before..], ["store_outside_changelog", "standby_started"]);
}

/// A record that is not of the store's types fails the thread of a standby as that of an active task, by the task's name.
#[test]
fn a_standby_that_cannot_be_restored_fails_its_thread() {
    let (group, _active) = counted();
    group.feed("app-counts-changelog", "a", Some("not eight bytes and a time"), 0);
    let mut standby = group.member();
    standby.stand_by(&group.tasks());
    let failure = (0..20).find_map(|_| standby.try_turn().err()).unwrap();
    assert!(failure.to_string().contains("counts"), "{failure}");
    assert_eq!((standby.messages("task_failed").len(), standby.owned.standbys.tasks.len()), (1, 0));
}

#[test]
fn an_engine_that_fails_fails_the_thread_and_loses_nothing() {
    let (group, _active) = counted();
    let (disk, root) = (Disk::default(), tempfile::tempdir().unwrap());
    let mut standby = group.member_on(&disk, root.path());
    standby.stand_by(&group.tasks());
    (0..5).for_each(|_| standby.try_turn().unwrap());
    disk.engines()[0].fail_next_write();
    standby.clock.advance(Duration::from_millis(100));
    let failure = (0..20).find_map(|_| standby.try_turn().err()).unwrap();
    assert!(failure.to_string().contains("counts"), "{failure}");
    drop(standby);
    let mut restarted = group.member_on(&disk, root.path());
    restarted.stand_by(&group.tasks());
    restarted.run();
    assert_eq!(restarted.standbys().into_values().next().unwrap().len(), 2);
}

/// Whether it is found when records are written or at an interval without any, and in a standby that is promoted.
#[test]
fn damaged_state_of_a_standby_is_deleted_and_restored() {
    for (has_records, is_promoted) in [(false, false), (true, false), (true, true)] {
        let (group, mut active) = counted();
        let (disk, root) = (Disk::default(), tempfile::tempdir().unwrap());
        let mut standby = group.member_on(&disk, root.path());
        standby.stand_by(&group.tasks());
        standby.clock.advance(Duration::from_millis(100));
        standby.run();
        disk.damage();
        if has_records {
            group.feed("in", "c", Some("x"), 0);
            active.run();
            active.commit();
            (0..5).for_each(|_| standby.try_turn().unwrap());
        }
        if is_promoted {
            standby.stand_by(&none());
            standby.assign(&group.tasks());
        }
        standby.clock.advance(Duration::from_millis(100));
        standby.run();
        assert_eq!(standby.messages("state_discarded").len(), 1);
        let restored = if is_promoted { standby.active() } else { standby.standbys() };
        assert_eq!(restored, active.active());
    }
}

/// A codec with a bug.
struct Buggy;

impl Codec<String> for Buggy {
    fn encode(&self, topic: &str, value: &String, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        Serde::of_type().encode(topic, value, out)
    }

    fn decode(&self, topic: &str, bytes: &[u8]) -> Result<String, SerdeError> {
        assert_ne!(bytes, b"boom", "a bug");
        Serde::of_type().decode(topic, bytes)
    }
}

#[test]
fn a_serde_that_panics_fails_the_thread_of_a_standby_by_the_record() {
    let builder = StreamsBuilder::new();
    let kept = Materialized::named("table").value_serde(Serde::new(Buggy));
    builder.table::<String, String>("in", kept).to_stream().to("out");
    let group = Group::new(builder.build().unwrap());
    group.feed("app-table-changelog", "a", Some("boom"), 0);
    let mut standby = group.member();
    standby.stand_by(&group.tasks());
    let failure = (0..20).find_map(|_| standby.try_turn().err()).unwrap().to_string();
    assert!(failure.contains("a bug") && failure.contains("app-table-changelog"), "{failure}");
}

#[test]
fn at_the_end_of_a_thread_standbys_are_written_and_closed() {
    let (group, _active) = counted();
    let (disk, root) = (Disk::default(), tempfile::tempdir().unwrap());
    let mut standby = group.member_on(&disk, root.path());
    standby.stand_by(&group.tasks());
    (0..5).for_each(|_| standby.try_turn().unwrap());
    standby.owned.suspend();
    standby.stand_by(&none());
    standby.owned.close_all(crate::thread::closing::Ending::Clean);
    assert_eq!((standby.owned.standbys.tasks.len(), disk.engines()[0].rows().len()), (0, 2));
    let directory = standby.shared.local_state.as_ref().unwrap().directory();
    drop(directory.lock_task(TASK).unwrap());
}
