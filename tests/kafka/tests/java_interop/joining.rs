//! A join of a stream with a table that the other side has filled.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::stage::Side::{KafkaStreams, Millstream};
use crate::stage::{Side, Stage, values};

/// The results of the join, in the order of the clicks' times.
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

/// In each part every person clicks, some change their names, and every person clicks again.
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
