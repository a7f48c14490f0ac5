//! Three members restarted in turn, as a rolling update does, under load.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test of the real thing, in real time")]

use std::time::Duration;

use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::events::Event;
use millstream_kafka_tests::member::{Member, Options};
use millstream_kafka_tests::{Job, Scene};
use tempfile::TempDir;

/// The rate of the input, in lines per second.
const LOAD: u64 = 1_000;

/// The longest time for which a partition may have no output: half a session, also on a busy machine.
const PAUSE_MAX: Duration = Duration::from_secs(20);

const LABELS: [&str; 3] = ["pod-0", "pod-1", "pod-2"];

/// Closes each member and starts it again; it, and what the others saw of that, are given to `check`. In the end, nothing may be
/// missing or doubled.
fn roll(scene: &Scene, options: &[Options; 3], check: impl Fn(&Member, &[(&str, Vec<Event>)])) {
    let (reader, feeder) = (scene.read(), scene.feed(LOAD));
    let mut members: Vec<Member> = options.iter().map(Options::start).collect();
    scene.await_sharing(&members.iter().collect::<Vec<_>>());
    reader.await_more(2_000);
    reader.measure_pauses();
    for turn in 0..members.len() {
        let restarted = members.remove(turn);
        let marks: Vec<usize> = members.iter().map(Member::mark).collect();
        restarted.close();
        let mut again = options[turn].start();
        again.await_running();
        members.insert(turn, again);
        scene.await_sharing(&members.iter().collect::<Vec<_>>());
        reader.await_more(2_000);
        let others = members.iter().filter(|member| member.label() != LABELS[turn]).zip(marks);
        let seen: Vec<_> = others.map(|(member, mark)| (member.label(), member.events().split_off(mark))).collect();
        check(&members[turn], &seen);
    }
    println!("{}: three restarted in turn; the longest pauses: {:?}", scene.topic(""), reader.longest_pauses());
    assert!(reader.longest_pauses().into_iter().all(|pause| pause < PAUSE_MAX));
    let truth = feeder.stop();
    scene.await_truth(&reader, &truth);
    members.into_iter().for_each(|member| drop(member.close()));
    assert_eq!(scene.doubled(&reader, &truth), 0, "of {} lines", truth.total());
}

#[test]
fn restarted_in_turn_they_lose_and_double_nothing() {
    let scene = Scene::new(Broker::shared(), "rolling", Job::Ledger);
    roll(&scene, &LABELS.map(|label| scene.member(label)), |_, _| {});
}

#[test]
fn with_an_identity_they_come_back_to_their_own_tasks_and_state_and_nobody_else_moves() {
    let scene = Scene::new(Broker::shared(), "rolling-static", Job::Ledger);
    let state = TempDir::new().unwrap();
    let options = LABELS.map(|label| {
        let own = scene.member(label).on_disk(&state.path().join(label));
        own.instance(label)
    });
    roll(&scene, &options, |again, others| {
        for (member, events) in others {
            let moves: Vec<&Event> = events.iter().filter(|event| event.name() == "rebalanced").collect();
            assert!(moves.is_empty(), "{member} was given or robbed of partitions: {moves:?}");
        }
        let lacking = again.restores().into_iter().filter(|restore| restore.from < restore.to).collect::<Vec<_>>();
        assert!(lacking.is_empty(), "{} had to restore what it had: {lacking:?}", again.label());
    });
}
