//! State on disk, in RocksDB: used again after a restart, deleted, damaged.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test of the real thing, in real time")]

use std::fs;
use std::path::{Path, PathBuf};

use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::ledger::Ledger;
use millstream_kafka_tests::member::{Member, Options};
use millstream_kafka_tests::{Job, Scene, until};
use tempfile::TempDir;

/// The rate of the input, in lines per second.
const LOAD: u64 = 2_000;

/// How many records of a changelog a member may have to read again after a kill.
const UNFLUSHED: i64 = 500;

/// A member with stores in this directory.
fn on_disk(scene: &Scene, label: &str, state: &TempDir) -> Options {
    scene.member(label).on_disk(state.path()).with("--unflushed-records", &UNFLUSHED.to_string())
}

#[test]
fn state_is_taken_up_from_its_own_place_after_a_close_and_after_a_kill() {
    let (scene, state) = (Scene::new(Broker::shared(), "own-place", Job::Ledger).with_kills(), TempDir::new().unwrap());
    let (reader, feeder) = (scene.read(), scene.feed(LOAD));
    let mut first = on_disk(&scene, "first", &state).start();
    first.await_running();
    reader.await_more(10_000);
    first.close();

    let mut after_close = on_disk(&scene, "after-close", &state).start();
    after_close.await_running();
    let restores = after_close.restores();
    assert_eq!(restores.len(), 4, "one of each task");
    for restore in restores {
        assert!(restore.from > 1_000 && restore.from == restore.to, "a closed store lacks nothing: {restore:?}");
    }
    reader.await_more(10_000);
    after_close.kill();

    let mut after_kill = on_disk(&scene, "after-kill", &state).start();
    after_kill.await_running();
    let restores = after_kill.restores();
    assert_eq!(restores.len(), 4, "one of each task");
    for restore in restores {
        println!("after a kill: {restore:?}");
        assert!(restore.from > 1_000, "from the place where the store stood: {restore:?}");
        assert!(restore.to - restore.from < 4 * UNFLUSHED, "just the tail: {restore:?}");
    }
    let truth = feeder.stop();
    scene.await_truth(&reader, &truth);
    after_kill.close();
    println!("a kill on disk doubled {} of {} lines", scene.doubled(&reader, &truth), truth.total());
}

#[test]
fn deleted_state_is_restored_from_the_changelog() {
    let (scene, state) = (Scene::new(Broker::shared(), "deleted", Job::Ledger), TempDir::new().unwrap());
    let (reader, feeder) = (scene.read(), scene.feed(LOAD));
    let mut first = on_disk(&scene, "first", &state).start();
    first.await_running();
    reader.await_more(5_000);
    first.close();
    fs::remove_dir_all(state.path()).unwrap();
    let mut second = on_disk(&scene, "second", &state).start();
    second.await_running();
    assert!(second.restores().iter().all(|restore| restore.from == 0 && restore.to > 1_000));
    let truth = feeder.stop();
    scene.await_truth(&reader, &truth);
    second.close();
    assert_eq!(scene.doubled(&reader, &truth), 0, "of {} lines", truth.total());
}

/// The files below a directory whose names begin or end with this text.
fn files(directory: &Path, name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let (path, own) = (entry.path(), entry.file_name().into_string().unwrap());
        if path.is_dir() {
            found.extend(files(&path, name));
        } else if own.starts_with(name) || own.ends_with(name) {
            found.push(path);
        }
    }
    found
}

/// Inverts every bit of the middle third of the file.
fn damage(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let third = bytes.len() / 3;
    bytes[third..third * 2].iter_mut().for_each(|byte| *byte = !*byte);
    fs::write(path, bytes).unwrap();
}

/// Waits until the member has processed every line, or has ended. Returns whether it has processed every line.
fn goes_on(member: &mut Member, is_complete: impl Fn() -> bool) -> bool {
    until(format!("{} goes on, or ends", member.label().to_owned()), || match (is_complete(), member.has_ended()) {
        (true, _) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    })
}

/// The member either detects the damage and restores its state from the changelog, or it stops and names the damaged file, and
/// continues once its state is deleted. The output is correct in both cases.
#[test]
fn damaged_files_are_found_and_never_make_wrong_results() {
    let scene = Scene::new(Broker::shared(), "damaged", Job::Ledger);
    let (state, reader) = (TempDir::new().unwrap(), scene.read());
    for (turn, name) in (1..).zip([".sst", "MANIFEST", "CURRENT"]) {
        let truth = scene.feed_at_once((turn - 1) * 20_000..turn * 20_000 - 10_000);
        let mut first = on_disk(&scene, "first", &state).start();
        first.await_running();
        scene.await_truth(&reader, &truth);
        first.close();
        let damaged = files(state.path(), name);
        assert!(!damaged.is_empty(), "there are files like {name}");
        damaged.iter().for_each(|path| damage(path));

        let more = scene.feed_at_once(turn * 20_000 - 10_000..turn * 20_000);
        let mut second = on_disk(&scene, "second", &state).start();
        let is_complete = || more.missing(&reader.latest::<Ledger>()).is_empty();
        if goes_on(&mut second, is_complete) {
            let discarded = second.events().into_iter().filter(|event| event.name() == "state_discarded");
            let reported: Vec<String> = discarded.map(|event| event.message().to_owned()).collect();
            println!("damaged {name}: {reported:?}");
            assert!(!reported.is_empty(), "the damage was not reported: {}", second.latest_output());
            second.close();
        } else {
            let failed = second.events().into_iter().find(|event| event.name() == "application_failed");
            println!("damaged {name}: {}", failed.expect("it says why it ended").message());
            fs::remove_dir_all(state.path()).unwrap();
            let mut third = on_disk(&scene, "third", &state).start();
            third.await_running();
            scene.await_truth(&reader, &more);
            third.close();
        }
        println!("damaged {name}: {} of {} lines doubled", scene.doubled(&reader, &more), more.total());
    }
}
