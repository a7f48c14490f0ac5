//! State is readable by its owner only. In a separate file, because a child process that is being started shares the locks
//! of its parent for a moment, which would affect other tests.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use millstream_runtime::state_directory::{ProcessId, StateDirectory};
use millstream_types::TaskId;

const FIRST: ProcessId = ProcessId::new(1);
const TASK: TaskId = TaskId::new(0, 3);

/// Where the child process of a test keeps its state.
const ROOT_VARIABLE: &str = "MILLSTREAM_TEST_STATE_ROOT";

fn open(root: &Path) -> StateDirectory {
    StateDirectory::open(root, "app", FIRST).unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Everything at or below `path`, with its mode.
fn modes(path: &Path, found: &mut Vec<(bool, u32, std::path::PathBuf)>) {
    found.push((path.is_dir(), mode(path), path.to_path_buf()));
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| modes(&entry.unwrap().path(), found));
    }
}

fn assert_private(application: &Path) {
    let mut found = Vec::new();
    modes(application, &mut found);
    assert!(found.len() >= 5, "{found:?}");
    for (is_directory, mode, path) in found {
        assert_eq!(mode, if is_directory { 0o700 } else { 0o600 }, "{mode:o} {}", path.display());
    }
}

#[test]
fn state_is_readable_by_its_owner_only_whatever_the_umask() {
    for umask in ["000", "022", "027"] {
        let root = tempfile::tempdir().unwrap();
        let child = Command::new("sh")
            .args(["-c", &format!("umask {umask}; exec \"$0\" --exact \"$1\"")])
            .arg(std::env::current_exe().unwrap())
            .arg("makes_state_in_a_process_of_its_own")
            .env(ROOT_VARIABLE, root.path())
            .output()
            .unwrap();
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
        assert_private(&root.path().join("below/app"));
    }
}

/// The child process of the test above. It does nothing when it is run by itself.
#[test]
#[expect(clippy::disallowed_methods, reason = "the parent passes the directory in a variable")]
fn makes_state_in_a_process_of_its_own() {
    let Some(root) = std::env::var_os(ROOT_VARIABLE) else { return };
    let state = StateDirectory::open(&Path::new(&root).join("below"), "app", FIRST).unwrap();
    let task = state.lock_task(TASK).unwrap();
    task.wipe().unwrap();
    assert_eq!(state.mode_before(), None, "it is new");
}

#[test]
fn state_that_is_open_to_others_is_restricted_and_reported_once() {
    let root = tempfile::tempdir().unwrap();
    drop(open(root.path()).lock_task(TASK).unwrap());
    let application = root.path().join("app");
    let mut found = Vec::new();
    modes(&application, &mut found);
    for (is_directory, _, path) in found {
        let wide = fs::Permissions::from_mode(if is_directory { 0o755 } else { 0o644 });
        fs::set_permissions(path, wide).unwrap();
    }
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();

    let state = open(root.path());
    assert_eq!(state.mode_before(), Some(0o755));
    assert_private(&application);
    assert_eq!(mode(root.path()), 0o755, "the root may be shared with other programs");
    drop(state);
    assert_eq!(open(root.path()).mode_before(), None);
}
