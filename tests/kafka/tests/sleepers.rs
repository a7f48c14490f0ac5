//! Members that are suspended (SIGSTOP) for longer than their session, and resume when others have their partitions.
//!
//! What a suspended member has not sent yet must not reach the changelogs behind what the new owners have written: a
//! restart would restore it, and continue from there. So everything is restarted in the end, without local state.
//!
//! `MILLSTREAM_SLEEPER_ROUNDS` is how often a member is suspended (1).
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test of the real thing, in real time")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use millstream::logs::{Log, LogEvent, Signal, StartAt};
use millstream::{Data, Offset, TopicPartition};
use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::ledger::Ledger;
use millstream_kafka_tests::member::Options;
use millstream_kafka_tests::{Job, PARTITIONS, Scene, now, until};
use tempfile::TempDir;

/// How many lines a second come meanwhile: many, so that much is in flight when a member is suspended.
const LOAD: u64 = 5_000;

/// How many results are awaited between two changes.
const SOME: u64 = 5_000;

/// How long the broker does not respond before a member is suspended: a few commits.
const WRITES_WAIT: Duration = Duration::from_millis(500);

/// How long a member stays suspended after the other has all tasks: what the other writes then must stay.
const STAY_SUSPENDED: Duration = Duration::from_secs(1);

/// The session time-out of a member. On a busy machine the heartbeats of a member that is not suspended
/// are late, too, and one that has lost its partitions unawares writes until it is told.
const SESSION: Duration = Duration::from_secs(9);

/// The settings of a member: where its stores live is up to the test.
fn member(scene: &Scene, label: &str, disk: Option<&Path>) -> Options {
    let options = scene.member(label).session(SESSION);
    disk.map_or(options.clone(), |disk| options.on_disk(&disk.join(label)))
}

fn rounds() -> usize {
    std::env::var("MILLSTREAM_SLEEPER_ROUNDS").map_or(1, |text| text.parse().expect("a number"))
}

/// Checks that each row of the changelog has all lines of the row before it: a row of a member that was suspended, behind
/// those of the new owner, has fewer. A later row hides it from whoever restores.
fn check_changelog(scene: &Scene) {
    let changelog = scene.topic("ledger-changelog");
    let (ends, signal) = (scene.client.ends(&changelog), Signal::new());
    let mut fetcher = scene.client.log.fetcher("changelog", &signal).unwrap();
    let all = (0..PARTITIONS).map(|number| (TopicPartition::new(&*changelog, number), StartAt::Earliest));
    fetcher.assign(&all.collect::<Vec<_>>());
    let (mut next, mut rows) = (vec![Offset::ZERO; ends.len()], BTreeMap::new());
    let mut chunks = Vec::new();
    until("the changelog is read to its end", || {
        fetcher.poll(now(), &mut |_| true, &mut chunks);
        for event in chunks.drain(..) {
            let LogEvent::Chunk(chunk) = event else { continue };
            next[chunk.partition.partition.number() as usize] = chunk.next_offset;
            for record in chunk.iter() {
                let row = Ledger::decode(record.value().unwrap()).unwrap();
                let key = String::decode(record.key().unwrap()).unwrap();
                let (at, seen) = (record.offset(), row.distinct());
                if let Some((before, had)) = rows.insert(key.clone(), (at, seen)) {
                    let partition = &chunk.partition;
                    assert!(had <= seen, "{key} has {had} lines at {partition}@{before}, and {seen} at @{at}");
                }
            }
        }
        next.iter().zip(&ends).all(|(next, end)| next >= end).then_some(())
    });
}

/// Suspends two members in turn, restarts everything without local state, and checks that no line is missing.
fn suspend_in_turn(application: &str, disk: Option<&Path>) {
    let scene = Scene::new(Broker::shared(), application, Job::Ledger).with_kills();
    let (reader, feeder) = (scene.read(), scene.feed(LOAD));
    let mut members = ["first", "second"].map(|label| member(&scene, label, disk).start());
    for _ in 0..rounds() {
        scene.await_sharing(&members.each_ref());
        reader.await_more(SOME);
        let [suspended, other] = members.each_ref();
        // While the broker does not respond, what the member writes waits in its client.
        scene.broker.suspend();
        std::thread::sleep(WRITES_WAIT);
        suspended.suspend();
        scene.broker.resume();
        scene.await_sharing(&[other]);
        reader.await_more(SOME);
        std::thread::sleep(STAY_SUSPENDED);
        suspended.resume();
        scene.await_sharing(&members.each_ref());
        reader.await_more(SOME);
        members.reverse();
    }
    members.into_iter().for_each(|member| drop(member.close()));
    let fresh = TempDir::new().unwrap();
    let restarted = member(&scene, "restarted", disk.map(|_| fresh.path())).start();
    scene.await_sharing(&[&restarted]);
    reader.await_more(SOME);
    let truth = feeder.stop();
    scene.await_truth(&reader, &truth);
    restarted.close();
    check_changelog(&scene);
    println!("{application}: {} of {} lines doubled", scene.doubled(&reader, &truth), truth.total());
}

#[test]
fn a_sleeper_overwrites_nothing_of_stores_in_memory() {
    suspend_in_turn("sleepers-in-memory", None);
}

#[test]
fn a_sleeper_overwrites_nothing_of_stores_on_disk() {
    let state = TempDir::new().unwrap();
    suspend_in_turn("sleepers-on-disk", Some(state.path()));
}
