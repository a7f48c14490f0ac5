//! The data files: the input and the output of Kafka Streams.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

/// A topology with its inputs and Kafka Streams' results; the fields are described in `tests/oracle/README.md`.
#[derive(Deserialize)]
pub(crate) struct Scenario {
    #[serde(rename = "scenario")]
    pub(crate) name: String,
    pub(crate) config: Config,
    pub(crate) topics: Topics,
    pub(crate) describe: String,
    pub(crate) subtopologies: SubTopologies,
    pub(crate) inputs: Vec<Input>,
    pub(crate) outputs: Vec<Vec<Value>>,
    pub(crate) dropped: u64,
    pub(crate) dropped_at: Vec<(usize, u64)>,
    pub(crate) several_queues: Vec<usize>,
    pub(crate) error: Option<Error>,
    pub(crate) stores: BTreeMap<String, Store>,
    pub(crate) internal: BTreeMap<String, Internal>,
}

#[derive(Deserialize)]
pub(crate) struct Config {
    #[serde(rename = "application.id")]
    pub(crate) application_id: String,
    #[serde(rename = "statestore.cache.max.bytes")]
    pub(crate) cache_bytes_max: String,
    pub(crate) initial_wall_ms: i64,
    #[serde(rename = "deserialization.exception.handler")]
    pub(crate) deserialization_handler: Option<String>,
    #[serde(rename = "processing.exception.handler")]
    pub(crate) processing_handler: Option<String>,
    #[serde(rename = "errors.dead.letter.queue.topic.name")]
    pub(crate) dead_letter_topic: Option<String>,
}

/// The types of keys and values of the topics.
#[derive(Deserialize)]
pub(crate) struct Topics {
    pub(crate) inputs: BTreeMap<String, (String, String)>,
    pub(crate) outputs: BTreeMap<String, (String, String)>,
}

#[derive(Deserialize)]
pub(crate) struct SubTopologies {
    pub(crate) copartition: Vec<Vec<String>>,
    #[serde(flatten)]
    pub(crate) by_id: BTreeMap<String, Value>,
}

/// A step of the scenario: a record for a topic, or the wall clock moving on.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Input {
    Record(Record),
    Advance { advance_wall_ms: u64 },
}

#[derive(Deserialize)]
pub(crate) struct Record {
    pub(crate) topic: String,
    pub(crate) key: Value,
    pub(crate) value: Value,
    pub(crate) ts: i64,
    #[serde(default)]
    pub(crate) headers: Vec<(String, Option<String>)>,
}

/// The exception that ended the run.
#[derive(Deserialize)]
pub(crate) struct Error {
    /// The input at which it was thrown.
    pub(crate) input: usize,
    /// The class of its innermost cause.
    pub(crate) cause: String,
}

/// A store at the end.
#[derive(Deserialize)]
pub(crate) struct Store {
    pub(crate) kind: String,
    /// Whether it is kept on disk, unless it is said to be in memory.
    pub(crate) persistent: bool,
    #[serde(default)]
    pub(crate) rows: Vec<Value>,
    /// How much waits in a buffer.
    #[serde(flatten)]
    pub(crate) waiting: Option<Waiting>,
}

/// How much waits in a buffer: the records, the bytes by Kafka Streams' count, and the smallest time.
#[derive(Deserialize)]
pub(crate) struct Waiting {
    pub(crate) records: u64,
    pub(crate) bytes: u64,
    pub(crate) min_ts: i64,
}

/// What was sent to an internal topic.
#[derive(Deserialize)]
pub(crate) struct Internal {
    pub(crate) records: usize,
    /// The first ten, with key and value as hexadecimal text.
    pub(crate) first: Vec<Value>,
}

/// Reads the scenario whose test is called `name`.
pub(crate) fn load(name: &str) -> Scenario {
    let path = folder().join(format!("{}-1.json", name.replace('_', "-")));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names of all scenarios there is data for, sorted.
pub(crate) fn names() -> Vec<String> {
    let files = std::fs::read_dir(folder()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.map(|name| name.trim_end_matches("-1.json").to_owned()).collect();
    names.sort();
    names
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("oracle").join("data")
}
