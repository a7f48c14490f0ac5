//! The broker is stopped, or killed, under load: the members report it, wait, and continue; nothing is lost.
#![allow(clippy::disallowed_methods, reason = "a test of the real thing, in real time")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::member::Member;
use millstream_kafka_tests::resources::busiest_threads;
use millstream_kafka_tests::{Job, Scene};

/// The rate of the input, in lines per second.
const LOAD: u64 = 500;

/// The minimum time for which the broker is unavailable.
const AWAY: Duration = Duration::from_secs(5);

/// The maximum share of a processor that a waiting member uses.
const WAITING_SHARE_MAX: f64 = 0.25;

/// Stops the broker for a while: each member reports it, waits without using the processor, and reports when it is back.
fn outage(scene: &Scene, members: &mut [Member], stop: fn(&Broker)) {
    let marks: Vec<usize> = members.iter().map(Member::mark).collect();
    stop(&scene.broker);
    for (member, mark) in members.iter_mut().zip(&marks) {
        member.await_event(*mark, "the broker is away", |event| event.name() == "log_unavailable");
    }
    let before = members.iter().map(|member| member.resources().expect("it waits").cpu).collect::<Vec<_>>();
    let begin = Instant::now();
    std::thread::sleep(AWAY);
    for (member, before) in members.iter().zip(before) {
        let used = member.resources().expect("it still waits").cpu.saturating_sub(before);
        let waited = begin.elapsed();
        println!("{} used {used:?} of a processor in {waited:?} without a broker", member.label());
        let busiest = busiest_threads(member.pid());
        assert!(
            used.as_secs_f64() < waited.as_secs_f64() * WAITING_SHARE_MAX,
            "{} is busy waiting; its threads in all: {:?}",
            member.label(),
            &busiest[..busiest.len().min(5)]
        );
    }
    scene.broker.restart();
    for (member, mark) in members.iter_mut().zip(&marks) {
        member.await_event(*mark, "the broker is back", |event| event.name() == "log_available");
    }
}

#[test]
fn a_broker_that_stops_and_one_that_is_killed_are_waited_for() {
    let scene = Scene::new(Arc::new(Broker::start()), "outages", Job::Ledger).with_kills();
    let (reader, feeder) = (scene.read(), scene.feed(LOAD));
    let mut members = scene.sharing(["first", "second"]);
    reader.await_more(2_000);
    for (what, stop) in [("stopped", Broker::stop as fn(&Broker)), ("killed", Broker::kill)] {
        reader.measure_pauses();
        outage(&scene, &mut members, stop);
        reader.await_more(2_000);
        scene.await_sharing(&members.each_ref());
        println!("a broker that is {what}; the longest pauses: {:?}", reader.longest_pauses());
    }
    let truth = feeder.stop();
    scene.await_truth(&reader, &truth);
    members.into_iter().for_each(|member| drop(member.close()));
    println!("two outages doubled {} of {} lines", scene.doubled(&reader, &truth), truth.total());
}
