//! Members with standbys that are suspended (SIGSTOP) for longer than their session: the leader, and others.

use std::time::Duration;

use millstream_kafka_tests::broker::Broker;

use crate::instances::{Instances, SESSION, Stores, campaign, each_kind, restored};

/// The rate of the input, in lines per second.
const LOAD: u64 = 2_000;

const LABELS: [&str; 3] = ["one", "two", "three"];

/// Whoever resumes has nothing any more, and gets tasks only when it has their state: what goes on elsewhere does not wait for
/// it. What it said when it joined again was once what it had before it was suspended: it was given tasks at once, and results
/// waited until it had restored them.
fn suspend(application: &str, stores: Stores) {
    let mut all = Instances::new(Broker::shared(), application, stores).with("--acceptable-lag", 1_000);
    let (reader, feeder) = (all.scene.read(), all.scene.feed(LOAD));
    LABELS.iter().for_each(|label| all.start(label));
    all.await_settled();
    reader.await_more(10_000);
    let (leader, _) = all.latest_assignment().unwrap();
    let other = LABELS.into_iter().find(|label| **label != *leader).unwrap().to_owned();
    let both = if campaign().is_some() { vec![leader, other] } else { vec![leader] };
    for label in both {
        let suspended = all.members.remove(&label).unwrap();
        suspended.suspend();
        all.await_sharing();
        std::thread::sleep(SESSION / 2);
        let mark = suspended.mark();
        reader.measure_pauses();
        suspended.resume();
        all.members.insert(label.clone(), suspended);
        all.await_settled();
        reader.await_more(4_000);
        let seen = all.member(&label).events().split_off(mark);
        let restored = restored(&seen);
        println!("{application}: {label} resumed; pauses: {:?}; {restored} restored", reader.longest_pauses());
        assert!(restored < i64::try_from(LOAD).unwrap(), "{restored} restored: {:#?}", all.story());
        assert!(
            reader.longest_pauses().iter().all(|pause| *pause < Duration::from_secs(2)),
            "{:?}: {:#?}",
            reader.longest_pauses(),
            all.story()
        );
    }
    let truth = feeder.stop();
    all.scene.await_truth(&reader, &truth);
    all.close_all();
    println!("{application}: {} of {} lines doubled", all.scene.doubled(&reader, &truth), truth.total());
}

#[test]
fn who_is_suspended_gets_tasks_back_when_it_has_their_state() {
    each_kind("standbys-suspended", Stores::InMemory, suspend);
}
