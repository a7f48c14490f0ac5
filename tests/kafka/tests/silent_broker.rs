//! A broker that stops to respond and keeps its connections open (SIGSTOP): it is reported within seconds and waited for.
#![allow(clippy::disallowed_methods, reason = "a test of the real thing, in real time")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::{Job, Scene};

/// How many lines a second come meanwhile.
const LOAD: u64 = 500;

/// How long the broker does not respond.
const SILENCE: Duration = Duration::from_secs(10);

/// Within this time the outage is reported. It takes about half of it; a busy machine is allowed more.
const REPORTED_WITHIN: Duration = Duration::from_secs(10);

#[test]
fn a_silent_broker_is_reported_within_seconds_and_nothing_is_lost() {
    let scene = Scene::new(Arc::new(Broker::start()), "silent", Job::Ledger);
    let (reader, feeder) = (scene.read(), scene.feed(LOAD));
    let mut member = scene.running("only");
    reader.await_more(2_000);

    let (mark, begin) = (member.mark(), Instant::now());
    scene.broker.suspend();
    member.await_event(mark, "the silent broker is reported", |event| event.name() == "log_unavailable");
    let reported_after = begin.elapsed();
    std::thread::sleep(SILENCE.saturating_sub(reported_after));
    scene.broker.resume();
    member.await_event(mark, "the broker responds again", |event| event.name() == "log_available");
    reader.await_more(2_000);

    let truth = feeder.stop();
    scene.await_truth(&reader, &truth);
    member.close();
    println!(
        "the silent broker was reported after {reported_after:?}; {} of {} lines were applied twice",
        scene.doubled(&reader, &truth),
        truth.total()
    );
    assert!(reported_after < REPORTED_WITHIN, "it was reported after {reported_after:?}");
}
