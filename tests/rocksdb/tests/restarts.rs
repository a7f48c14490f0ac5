//! An application on RocksDB that is closed and started again.

#![allow(clippy::unwrap_used)]

use std::fs;

use millstream_rocksdb_tests::{Ear, LIMIT, World, counting, restored, run};

#[test]
fn a_restart_finds_everything_and_restores_nothing() {
    let world = World::new();
    let first = world.start(&Ear::default());
    world.feed(1_000);
    world.expect_counts(1_000);
    first.close_blocking(LIMIT).unwrap();
    assert_eq!(world.databases().len(), 4);

    let ear = Ear::default();
    let second = world.start(&ear);
    assert_eq!(restored(&second), 0);
    world.feed(1_000);
    world.expect_counts(2_000);
    assert_eq!(ear.messages("state_discarded"), [""; 0]);
}

#[test]
fn a_deleted_directory_is_restored_whole() {
    let world = World::new();
    let first = world.start(&Ear::default());
    world.feed(1_000);
    world.expect_counts(1_000);
    first.close_blocking(LIMIT).unwrap();
    fs::remove_dir_all(world.root.path()).unwrap();

    let second = world.start(&Ear::default());
    assert_eq!(restored(&second), world.logged());
    world.feed(100);
    world.expect_counts(1_100);
}

#[test]
fn a_store_that_is_to_be_in_memory_leaves_nothing_on_disk() {
    let world = World::new();
    let in_memory = || counting(millstream::Materialized::named("counts").in_memory());
    let first = run(world.application(in_memory(), &Ear::default()));
    world.feed(1_000);
    world.expect_counts(1_000);
    first.close_blocking(LIMIT).unwrap();
    assert!(world.databases().is_empty());

    let second = run(world.application(in_memory(), &Ear::default()));
    assert_eq!(restored(&second), world.logged());
}
