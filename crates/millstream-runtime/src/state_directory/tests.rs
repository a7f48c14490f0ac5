//! Locks, identities and stale directories, on a real file system.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::time::Duration;

use millstream_types::{MonotonicTime, TaskId};
use tempfile::TempDir;

use super::{ProcessId, StaleTasks, StateDirectory, StateDirectoryError};

const FIRST: ProcessId = ProcessId::new(1);
const SECOND: ProcessId = ProcessId::new(2);
const THIRD: ProcessId = ProcessId::new(3);
const TASK: TaskId = TaskId::new(0, 3);
const DELAY: Duration = Duration::from_secs(600);

fn open(root: &TempDir, fresh: ProcessId) -> StateDirectory {
    StateDirectory::open(root.path(), "app", fresh).unwrap()
}

#[test]
fn a_process_keeps_its_identity_and_shares_it_with_no_running_one() {
    let root = tempfile::tempdir().unwrap();
    let first = open(&root, FIRST);
    let second = open(&root, SECOND);
    assert_eq!((first.process_id(), second.process_id()), (FIRST, SECOND));
    drop(first);
    assert_eq!(open(&root, THIRD).process_id(), FIRST, "a restarted process takes up its identity");
    drop(second);
}

#[test]
fn an_identity_that_was_cut_short_is_replaced() {
    let root = tempfile::tempdir().unwrap();
    let path = open(&root, FIRST).path().join("processes").join("0");
    assert_eq!(fs::read_to_string(&path).unwrap(), format!("{}1\n", "0".repeat(31)));
    for broken in ["", "0000", &"0".repeat(32), &"x".repeat(33), &format!("{}\n\n", "0".repeat(32))] {
        fs::write(&path, broken).unwrap();
        assert_eq!(open(&root, SECOND).process_id(), SECOND, "{broken:?}");
        assert_eq!(open(&root, THIRD).process_id(), SECOND, "{broken:?}");
    }
    fs::write(&path, b"\xff\xff").unwrap();
    assert_eq!(open(&root, THIRD).process_id(), THIRD);
}

#[test]
fn a_task_is_open_once_among_all_processes() {
    let root = tempfile::tempdir().unwrap();
    let (one, other) = (open(&root, FIRST), open(&root, SECOND));
    let task = one.lock_task(TASK).unwrap();
    fs::write(task.path().join("rows"), "1").unwrap();
    for state in [&one, &other] {
        let error = state.lock_task(TASK).unwrap_err();
        assert!(matches!(error, StateDirectoryError::TaskLocked { task: TASK, .. }), "{error}");
        assert!(error.to_string().contains("task 0_3 is still open"), "{error}");
    }
    drop(other.lock_task(TaskId::new(0, 4)).unwrap());
    drop(task);
    let task = other.lock_task(TASK).unwrap();
    assert_eq!(fs::read_to_string(task.path().join("rows")).unwrap(), "1", "the state has stayed where it was");
    task.wipe().unwrap();
    assert_eq!(fs::read_dir(task.path()).unwrap().count(), 0);
    assert!(one.lock_task(TASK).is_err(), "wiping keeps the lock");
}

#[test]
fn only_tasks_count_as_tasks() {
    let root = tempfile::tempdir().unwrap();
    let state = open(&root, FIRST);
    for name in ["1_0", "0_12", "00_1", "0_+1", "a_b", "0", "0_1_2", "0_4294967296"] {
        fs::create_dir(state.path().join(name)).unwrap();
    }
    assert_eq!(state.tasks().unwrap(), [TaskId::new(0, 12), TaskId::new(1, 0)]);
}

#[test]
fn a_directory_that_no_process_has_open_is_deleted_after_the_delay() {
    let root = tempfile::tempdir().unwrap();
    let (one, other) = (open(&root, FIRST), open(&root, SECOND));
    let mut stale = StaleTasks::new(DELAY);
    let at = |seconds| MonotonicTime::START + Duration::from_secs(seconds);
    let task = other.lock_task(TASK).unwrap();
    assert_eq!(stale.clean(&one, at(0)).unwrap(), []);
    assert_eq!(stale.clean(&one, at(5_000)).unwrap(), [], "another process has it open");
    drop(task);
    assert_eq!(stale.clean(&one, at(5_060)).unwrap(), [], "the delay begins when it is first seen free");
    assert_eq!(stale.clean(&one, at(5_659)).unwrap(), []);
    let task = one.lock_task(TASK).unwrap();
    assert_eq!(stale.clean(&one, at(5_661)).unwrap(), [], "it has come back");
    fs::write(task.path().join("rows"), "1").unwrap();
    drop(task);
    assert_eq!(stale.clean(&one, at(5_700)).unwrap(), [], "and starts again");
    assert_eq!(stale.clean(&one, at(6_300)).unwrap(), [TASK]);
    assert!(!one.path().join("0_3").exists());
    drop(other.lock_task(TASK).unwrap());
    assert_eq!(stale.clean(&one, at(9_000)).unwrap(), [], "a new directory has its own time");
}

#[test]
fn ids_that_lead_elsewhere_are_refused() {
    let root = tempfile::tempdir().unwrap();
    for id in ["", ".", "..", "a/b", "/a", "a\\b", "a/"] {
        let error = StateDirectory::open(root.path(), id, FIRST).unwrap_err();
        assert!(matches!(error, StateDirectoryError::ApplicationId { .. }), "{id}: {error}");
    }
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
}

#[test]
fn a_file_in_the_way_is_named() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("app"), "").unwrap();
    let message = StateDirectory::open(root.path(), "app", FIRST).unwrap_err().to_string();
    assert!(message.contains("could not make") && message.contains("app"), "{message}");
}
