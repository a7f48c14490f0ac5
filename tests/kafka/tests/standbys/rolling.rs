//! Five instances with standbys, restarted in turn: only what must move moves, and state on disk is found again.

use std::collections::BTreeMap;

use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::events::Event;
use millstream_kafka_tests::history::now_ms;

use crate::instances::{Instances, Stores, each_kind, stateful};

/// The rate of the input, in lines per second.
const LOAD: u64 = 1_000;

const LABELS: [&str; 5] = ["pod-0", "pod-1", "pod-2", "pod-3", "pod-4"];

/// The positions from which stores begin to be restored or followed, by changelog.
fn starts(events: &[Event]) -> BTreeMap<&str, i64> {
    let begins = |event: &&Event| matches!(event.name(), "restore_started" | "standby_started");
    let mut starts = BTreeMap::new();
    for event in events.iter().filter(begins) {
        starts.entry(event.text("changelog")).or_insert_with(|| event.number("from_offset"));
    }
    starts
}

fn roll(application: &str, stores: Stores) {
    let mut all = Instances::new(Broker::shared(), application, stores);
    let (reader, feeder) = (all.scene.read(), all.scene.feed(LOAD));
    LABELS.iter().for_each(|label| all.start(label));
    all.await_settled();
    reader.await_more(3_000);
    reader.measure_pauses();
    let mut moved = Vec::new();
    for label in LABELS {
        let tasks = all.member(label).tasks();
        let closing = now_ms();
        let before = all.close(label);
        all.await_sharing();
        let (away, of) = (all.begun_since(closing), stateful(tasks.keys()).len());
        assert_eq!(away, tasks.len(), "{label} had {tasks:?}: {:#?}", all.story());
        let starting = now_ms();
        all.start(label);
        all.await_settled();
        reader.await_more(1_000);
        // It gets its share of one or two tasks. What its standbys took over may be planned elsewhere, if they have too many then.
        let back = all.begun_since(starting);
        assert!(back <= 2 + of, "{label} was to get one or two tasks: {:#?}", all.story());
        moved.push((away, of, back));
        if stores == Stores::OnDisk {
            let (had, events) = (starts(&before), all.member(label).events());
            let lacking: Vec<_> =
                starts(&events).into_iter().filter(|(log, from)| had.contains_key(log) && *from == 0).collect();
            assert!(lacking.is_empty(), "{label} did not find {lacking:?} again");
        }
    }
    println!("{application}: tasks moved at each close, those with stores among them, and at each start: {moved:?}");
    println!("{application}: the longest pauses: {:?}", reader.longest_pauses());
    let truth = feeder.stop();
    all.scene.await_truth(&reader, &truth);
    all.close_all();
    println!("{application}: {} tenures; longest vacancy: {:?}", all.history.tenures(), all.history.longest_vacancy());
    assert_eq!(all.history.overlaps(), Vec::<String>::new());
    assert_eq!(all.scene.doubled(&reader, &truth), 0, "of {} lines", truth.total());
}

#[test]
fn a_rolling_restart_moves_what_it_must() {
    each_kind("standbys-rolling", Stores::OnDisk, roll);
}
