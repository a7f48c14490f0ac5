//! Windows, reductions and aggregates that one side begins and the other continues: every row and its time.

use millstream_kafka_tests::wall_clock;
use serde_json::{Value, json};

use crate::stage::Side::{KafkaStreams, Millstream};
use crate::stage::{Rows, Side, Stage, WINDOW_MS, latest, window_key};

/// The expected rows of the stores of the aggregates.
#[derive(Default)]
struct Expected {
    windows: Rows,
    joined_up: Rows,
    lengths: Rows,
}

impl Expected {
    fn add(&mut self, key: &str, event: &str, time: i64) {
        let first = (time - WINDOW_MS) / (WINDOW_MS / 2) + 1;
        for start in [first, first + 1].map(|number| number * WINDOW_MS / 2) {
            let count = |count: &Value| json!(count.as_i64().unwrap() + 1);
            add(&mut self.windows, window_key(key, start), time, || json!(1), count);
        }
        let key = json!(key).to_string();
        if event == "clear" && self.joined_up.contains_key(&key) {
            self.joined_up.remove(&key);
        } else {
            let longer = |row: &Value| json!(format!("{}{event}", row.as_str().unwrap()));
            add(&mut self.joined_up, key.clone(), time, || json!(event), longer);
        }
        let sum = |sum: &Value| json!(sum.as_u64().unwrap() + event.len() as u64);
        add(&mut self.lengths, key, time, || json!(event.len()), sum);
    }
}

/// The time of a row is the highest time of its records.
fn add(rows: &mut Rows, key: String, time: i64, first: impl Fn() -> Value, next: impl Fn(&Value) -> Value) {
    let row = rows.get(&key).map_or_else(|| (first(), time), |(value, before)| (next(value), time.max(*before)));
    rows.insert(key, row);
}

/// Events of some keys, slightly out of order. Some of them clear the aggregate. They are so close together in time that the
/// first window has not expired at the last event.
fn events(count: usize) -> Vec<(String, String, i64)> {
    let begin = (wall_clock().as_millis() - 3_600_000) / WINDOW_MS * WINDOW_MS;
    let event = |number: usize| {
        let key = ["anna", "bert", "chloë", "dora", "🚲", "", "gül"][number % 7];
        let event = if number % 10 == 9 { "clear".to_owned() } else { format!("<{number}>") };
        let early = if number % 5 == 4 { 1_300 } else { 0 };
        (key.to_owned(), event, begin + 2_000 + i64::try_from(number).unwrap() * 40 - early)
    };
    (0..count).map(event).collect()
}

fn aggregate_in_turns(application: &'static str, sides: &[Side], settings: Value) {
    let mut stage = Stage::set(application, "aggregates", &["events", "per-window", "joined-up", "lengths"]);
    stage.settings = settings;
    let events = events(240);
    let mut expected = Expected::default();
    for (side, events) in sides.iter().zip(events.chunks(events.len() / sides.len())) {
        stage.start(*side);
        assert_eq!(stage.windows("per-window"), expected.windows, "taken up by {side:?}");
        assert_eq!(stage.rows::<String>("joined-up"), expected.joined_up, "taken up by {side:?}");
        assert_eq!(stage.rows::<i64>("lengths"), expected.lengths, "taken up by {side:?}");
        let record = |(key, event, time): &(String, String, i64)| {
            expected.add(key, event, *time);
            json!({ "key": key, "value": event, "timestamp": time })
        };
        stage.produce("events", &events.iter().map(record).collect::<Vec<_>>());
        stage.wait_for(&expected.lengths, |stage| stage.rows::<i64>("lengths"));
        stage.wait_for(&expected.windows, |stage| stage.windows("per-window"));
        stage.wait_for(&expected.joined_up, |stage| stage.rows::<String>("joined-up"));
        stage.close();
    }
    let windowed = format!("windowed:{WINDOW_MS}");
    assert_eq!(stage.latest("per-window", &windowed, "long"), expected.windows);
    let mut logged = stage.read("per-window-changelog", &format!("window-store:{WINDOW_MS}"), "long");
    for row in &mut logged {
        assert_eq!(row["key"].as_object_mut().unwrap().remove("sequence"), Some(json!(0)), "{row}");
    }
    assert_eq!(latest(&logged), expected.windows);
    assert_eq!(stage.latest("joined-up", "string", "string"), expected.joined_up);
    assert_eq!(stage.latest("lengths", "string", "long"), expected.lengths);
    assert_eq!(stage.latest("joined-up-changelog", "string", "string"), expected.joined_up);
    assert_eq!(stage.latest("lengths-changelog", "string", "long"), expected.lengths);
}

#[test]
fn windows_reductions_and_aggregates_of_millstream_go_on_in_kafka_streams_and_back() {
    aggregate_in_turns("aggregates-ours-first", &[Millstream, KafkaStreams, Millstream, KafkaStreams], json!({}));
}

/// Changelogs written in transactions end with a commit marker, which is an offset without a record. Stores that keep
/// headers have them in their changelogs, too.
#[test]
fn windows_reductions_and_aggregates_written_exactly_once_go_on_in_millstream() {
    let exactly_once = json!({ "processing.guarantee": "exactly_once_v2", "dsl.store.format": "headers" });
    aggregate_in_turns("aggregates-java-first", &[KafkaStreams, Millstream], exactly_once);
}

/// A store drops windows by its stream time, which a restore takes from the changelog.
#[test]
fn windows_that_are_over_come_back_on_neither_side() {
    let mut stage = Stage::set("windows-over", "aggregates", &["events", "per-window", "joined-up", "lengths"]);
    let mut expected = Expected::default();
    let mut records = Vec::new();
    for (number, (key, event, time)) in (0..).zip(events(240)) {
        let time = time + number * WINDOW_MS / 25;
        expected.add(&key, &event, time);
        records.push(json!({ "key": key, "value": event, "timestamp": time }));
    }
    stage.start(Millstream);
    stage.produce("events", &records);
    stage.wait_for(&expected.lengths, |stage| stage.rows::<i64>("lengths"));
    let kept = stage.windows("per-window");
    stage.close();
    assert!(kept.len() > 7 && kept.len() < expected.windows.len() / 4, "{kept:?}");
    assert!(kept.iter().all(|(key, row)| expected.windows[key] == *row), "{kept:?}");
    for side in [KafkaStreams, Millstream] {
        stage.start(side);
        assert_eq!(stage.windows("per-window"), kept, "restored by {side:?}");
        stage.close();
    }
}
