//! One application, run by Millstream and by Kafka Streams in turns: whoever comes takes up offsets, changelogs,
//! repartition topics and partition times of who was there before.

use std::collections::BTreeMap;

use millstream_kafka_tests::{counted, lines, now};
use serde_json::{Value, json};

use crate::stage::Side::{KafkaStreams, Millstream};
use crate::stage::{Rows, Side, Stage, WINDOW_MS, latest, window_key};

const STORE: &str = "KSTREAM-AGGREGATE-STATE-STORE-0000000003";

fn values(rows: &Rows) -> BTreeMap<String, Value> {
    rows.iter().map(|(key, (value, _))| (key.clone(), value.clone())).collect()
}

/// Counts words in turns. Each side is closed in the middle of its part, and between two sides words stand in the
/// repartition topic that nobody has counted.
fn count_words_in_turns(application: &'static str, sides: &[Side]) {
    let mut stage = Stage::set(application, "word-count", &["lines", "counts"]);
    let mut lines = lines(9_000);
    let part = lines.len() / sides.len();
    for (number, side) in sides.iter().enumerate() {
        let part = &lines[number * part..(number + 1) * part];
        let (early, late) = part.split_at(part.len() / 2);
        let record = |line: &String| json!({ "value": line, "timestamp": 1_700_000_000_000_i64 });
        stage.produce("lines", &early.iter().map(record).collect::<Vec<_>>());
        stage.start(*side);
        stage.produce("lines", &late.iter().map(record).collect::<Vec<_>>());
        stage.close();
    }
    let left: Vec<Value> = (0..100).map(|number| json!({ "key": format!("word{number}"), "value": "" })).collect();
    stage.produce(&format!("{STORE}-repartition"), &left);
    lines.extend((0..100).map(|number| format!("word{number}")));
    let expected: BTreeMap<String, Value> =
        counted(&lines).into_iter().map(|(word, count)| (json!(word).to_string(), json!(count))).collect();
    stage.start(sides[0]);
    stage.wait_for(&expected, |stage| values(&stage.rows::<i64>(STORE)));
    stage.close();
    assert_eq!(values(&stage.latest("counts", "string", "long")), expected);
    assert_eq!(values(&stage.latest(&format!("{STORE}-changelog"), "string", "long")), expected);
}

#[test]
fn words_counted_by_millstream_are_counted_on_by_kafka_streams_and_back() {
    count_words_in_turns("words-ours-first", &[Millstream, KafkaStreams, Millstream, KafkaStreams]);
}

#[test]
fn words_counted_by_kafka_streams_are_counted_on_by_millstream_and_back() {
    count_words_in_turns("words-java-first", &[KafkaStreams, Millstream]);
}

/// What the stores of the aggregates hold after events.
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

/// A row's time is the highest of what went into it.
fn add(rows: &mut Rows, key: String, time: i64, first: impl Fn() -> Value, next: impl Fn(&Value) -> Value) {
    let row = rows.get(&key).map_or_else(|| (first(), time), |(value, before)| (next(value), time.max(*before)));
    rows.insert(key, row);
}

/// Events of some keys, a little out of order, that clear what was joined up now and then. They are so close together
/// that the first window is still kept when the last event comes.
fn events(count: usize) -> Vec<(String, String, i64)> {
    let begin = (now().as_millis() - 3_600_000) / WINDOW_MS * WINDOW_MS;
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
        // Not all at once: a query of Kafka Streams may miss what goes from its cache to its store meanwhile.
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

/// Changelogs written in transactions end with a commit marker, which is an offset without a record.
#[test]
fn windows_reductions_and_aggregates_written_exactly_once_go_on_in_millstream() {
    let exactly_once = json!({ "processing.guarantee": "exactly_once_v2" });
    aggregate_in_turns("aggregates-java-first", &[KafkaStreams, Millstream], exactly_once);
}

/// What joined users and clicks say, click by click in the order of their times.
fn visits(stage: &mut Stage) -> Vec<(i64, String)> {
    let read = stage.read("visits", "string", "string");
    let visit = |visit: &Value| (visit["timestamp"].as_i64().unwrap(), visit["value"].as_str().unwrap().to_owned());
    let mut visits: Vec<_> = read.iter().map(visit).collect();
    visits.sort();
    visits
}

/// People who click, some of whom have names.
struct People {
    stage: Stage,
    names: BTreeMap<&'static str, &'static str>,
    visits: Vec<(i64, String)>,
    time: i64,
}

impl People {
    fn new(application: &'static str, settings: Value) -> Self {
        let mut stage = Stage::set(application, "join", &["users", "clicks", "visits"]);
        stage.settings = settings;
        Self { stage, names: BTreeMap::new(), visits: Vec::new(), time: 1_700_000_000_000 }
    }

    fn click(&mut self) {
        for person in ["anna", "bert", "chloë", "🚲"] {
            self.time += 1;
            let click = json!({ "key": person, "value": self.time.to_string(), "timestamp": self.time });
            self.stage.produce("clicks", &[click]);
            self.visits.push((self.time, format!("{} {}", self.names.get(person).unwrap_or(&"null"), self.time)));
        }
        self.stage.wait_for(&self.visits, visits);
    }

    fn rename(&mut self, person: &'static str, name: Option<&'static str>) {
        self.time += 1;
        self.stage.produce("users", &[json!({ "key": person, "value": name, "timestamp": self.time })]);
        match name {
            Some(name) => self.names.insert(person, name),
            None => self.names.remove(person),
        };
    }

    fn await_names(&mut self) {
        let row = |(person, name): (&&str, &&str)| (json!(person).to_string(), json!(name));
        let rows: BTreeMap<String, Value> = self.names.iter().map(row).collect();
        self.stage.wait_for(&rows, |stage| values(&stage.rows::<String>("users")));
    }
}

/// In each part everyone clicks, some change their names, and everyone clicks again.
fn join_in_turns(application: &'static str, sides: &[Side], settings: Value) {
    let mut people = People::new(application, settings);
    let changes: [&[(&str, Option<&str>)]; 3] = [
        &[("anna", Some("Anna")), ("bert", Some("Bert")), ("🚲", Some("Rad"))],
        &[("bert", None), ("chloë", Some("Chloë"))],
        &[("anna", Some("Änne")), ("🚲", None)],
    ];
    for (side, changes) in sides.iter().zip(changes) {
        people.stage.start(*side);
        people.click();
        for (person, name) in changes {
            people.rename(person, *name);
        }
        people.await_names();
        people.click();
        people.stage.close();
    }
}

#[test]
fn a_table_of_millstream_is_joined_on_in_kafka_streams_and_back() {
    join_in_turns("join-ours-first", &[Millstream, KafkaStreams, Millstream], json!({}));
}

/// With its optimisations Kafka Streams restores the table from its topic, up to what Millstream has committed.
#[test]
fn a_table_of_millstream_is_joined_on_in_optimised_kafka_streams() {
    join_in_turns("join-optimised", &[Millstream, KafkaStreams], json!({ "topology.optimization": "all" }));
}

/// A record that takes its time from its partition gets the time that whoever was there before has committed.
#[test]
fn the_time_that_a_partition_has_reached_goes_from_millstream_to_kafka_streams_and_back() {
    let mut stage = Stage::set("partition-time", "partition-time", &["in", "out"]);
    let record = |value: &str, time: i64| json!({ "key": "one", "value": value, "timestamp": time });
    let mut expected = Vec::new();
    for (number, side) in (1..).zip([Millstream, KafkaStreams, Millstream, KafkaStreams]) {
        let reached = 1_000 * number;
        stage.start(side);
        if number > 1 {
            stage.produce("in", &[record("?", 1)]);
            expected.push(("?".to_owned(), reached - 1_000));
        }
        stage.produce("in", &[record("set", reached), record("late", 5)]);
        expected.extend([("set".to_owned(), reached), ("late".to_owned(), 5)]);
        stage.wait_for(&expected, |stage| {
            let read = stage.read("out", "string", "string");
            let row = |row: &Value| (row["value"].as_str().unwrap().to_owned(), row["timestamp"].as_i64().unwrap());
            read.iter().map(row).collect()
        });
        stage.close();
    }
}

/// Kafka Streams does not leave its group when it closes, so whoever comes next waits for its session to end.
#[test]
fn millstream_waits_for_the_session_of_kafka_streams_to_end() {
    let mut stage = Stage::set("not-left", "partition-time", &["in", "out"]);
    stage.start(KafkaStreams);
    stage.close_without_leaving();
    stage.start(Millstream);
    stage.produce("in", &[json!({ "key": "one", "value": "late", "timestamp": 5 })]);
    stage.wait_for(&1, |stage| stage.read("out", "string", "string").len());
    stage.close();
}
