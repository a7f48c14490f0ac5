//! A new instance warms up before tasks move to it, and nothing stands still meanwhile.

use std::time::Duration;

use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::history::now_ms;

use crate::instances::{Instances, Stores, each_kind, promoted, restored};

/// The rate of the input, in lines per second.
const LOAD: u64 = 3_000;

/// The longest time without a result of a partition, beyond what it is when nothing moves. Members learn of a rebalance within half a
/// second; the rest is for busy machines.
const PAUSE_MAX: Duration = Duration::from_secs(2);

fn warm_up(application: &str, stores: Stores, standbys: u32) {
    let mut all = Instances::new(Broker::shared(), application, stores).with("--acceptable-lag", 1_000);
    all = all.with("--standbys", standbys).with("--warmups", 1);
    let (reader, feeder) = (all.scene.read(), all.scene.feed(LOAD));
    all.start("first");
    all.await_sharing();
    reader.measure_pauses();
    reader.await_more(15_000);
    let before = reader.longest_pauses().into_iter().max().unwrap();
    reader.measure_pauses();
    let since = now_ms();
    all.start("second");
    all.await_sharing();
    let warming = all.moves_since(since, "warming up");
    assert!(!warming.is_empty(), "{:#?}", all.story());
    reader.await_more(6_000);
    let events = all.member("second").events();
    println!(
        "{application}: {} moved, {} of them warmed up before; {} records were restored after that; pauses: {:?}",
        all.member("second").tasks().len(),
        promoted(&events),
        restored(&events),
        reader.longest_pauses()
    );
    let longest = reader.longest_pauses().into_iter().max().unwrap();
    assert!(longest < before + PAUSE_MAX, "{longest:?}, and {before:?} before: {:#?}", all.story());
    assert_eq!(promoted(&events), 2, "{:#?}", all.story());
    assert!(
        restored(&events) < i64::try_from(LOAD).unwrap(),
        "{} were restored while tasks stood still",
        restored(&events)
    );
    let truth = feeder.stop();
    all.scene.await_truth(&reader, &truth);
    all.close_all();
    assert_eq!(all.history.overlaps(), Vec::<String>::new());
    assert_eq!(all.scene.doubled(&reader, &truth), 0, "of {} lines", truth.total());
}

#[test]
fn a_new_instance_warms_up() {
    each_kind("warm-up", Stores::InMemory, |application, stores| warm_up(application, stores, 0));
}

#[test]
fn a_new_instance_warms_up_and_has_standbys() {
    each_kind("warm-up-standbys", Stores::OnDisk, |application, stores| warm_up(application, stores, 1));
}
