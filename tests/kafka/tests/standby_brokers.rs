//! Brokers that fail under instances with standbys: one that is suspended, and the coordinator, killed in the middle of a rebalance.
//!
//! With `MILLSTREAM_RESTARTS`, as for the tests of standbys, more of them fail.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests of the real thing, in real time")]

#[path = "standbys/instances.rs"]
mod instances;

use std::sync::Arc;
use std::time::{Duration, Instant};

use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::history::now_ms;

use instances::{Instances, SESSION, Stores, campaign};

/// The rate of the input, in lines per second.
const LOAD: u64 = 1_000;

#[test]
fn a_suspended_broker_costs_nothing() {
    let broker = Arc::new(Broker::start());
    let mut all = Instances::new(Arc::clone(&broker), "standbys-silence", Stores::InMemory);
    let (reader, feeder) = (all.scene.read(), all.scene.feed(LOAD));
    ["one", "two", "three"].iter().for_each(|label| all.start(label));
    all.await_settled();
    for pause in [SESSION / 2, SESSION * 2] {
        if pause < SESSION && campaign().is_none() {
            continue;
        }
        reader.await_more(2_000);
        broker.suspend();
        std::thread::sleep(pause);
        broker.resume();
        all.await_settled();
    }
    let truth = feeder.stop();
    all.scene.await_truth(&reader, &truth);
    all.close_all();
    println!("a suspended broker doubled {} of {} lines", all.scene.doubled(&reader, &truth), truth.total());
}

#[test]
fn a_coordinator_killed_in_a_rebalance_is_replaced() {
    const REPLICAS: [&str; 4] = [
        "offsets.topic.replication.factor=3",
        "offsets.topic.num.partitions=1",
        "default.replication.factor=3",
        "min.insync.replicas=1",
    ];
    let first = Arc::new(Broker::start_with(&REPLICAS));
    let others = [first.start_another(&REPLICAS), first.start_another(&REPLICAS)];
    // One of the others coordinates the group, since the first one is the controller.
    let ids = others.each_ref().map(|other| other.bootstrap().rsplit(':').next().unwrap());
    let replicas = format!("{}:{}:1", ids[0], ids[1]);
    let bootstrap = ["--bootstrap-server", first.bootstrap()];
    let topic = ["--create", "--topic", "__consumer_offsets", "--replica-assignment", &replicas];
    let arguments = [&bootstrap[..], &topic, &["--config", "cleanup.policy=compact"]].concat();
    first.run_tool("org.apache.kafka.tools.TopicCommand", &arguments);
    let mut all = Instances::new(Arc::clone(&first), "standbys-coordinator", Stores::InMemory);
    let (reader, feeder) = (all.scene.read(), all.scene.feed(LOAD));
    ["one", "two"].iter().for_each(|label| all.start(label));
    all.await_settled();
    reader.await_more(2_000);
    for (round, label) in ["three", "four"].into_iter().enumerate() {
        let (since, begin) = (now_ms(), Instant::now());
        all.start(label);
        let in_hand_over =
            || all.moves_since(since, "being revoked").len() + all.moves_since(since, "warming up").len();
        while in_hand_over() == 0 && begin.elapsed() < SESSION * 2 {
            std::thread::sleep(Duration::from_millis(2));
        }
        // The coordinator, or the one that has become it.
        others[round].kill();
        all.await_settled();
        reader.await_more(2_000);
        if campaign().is_none() {
            break;
        }
        others[round].restart();
        std::thread::sleep(SESSION);
    }
    let truth = feeder.stop();
    all.scene.await_truth(&reader, &truth);
    all.close_all();
    println!("killed coordinators doubled {} of {} lines", all.scene.doubled(&reader, &truth), truth.total());
}
