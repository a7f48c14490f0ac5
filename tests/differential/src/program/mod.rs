//! A program: a topology and its inputs as data. `docs/formats/differential.md` describes its JSON.

mod functions;
mod operator;
mod types;

pub use functions::{Aggregator, KeyFunction, Predicate, Reducer, ValueFunction, tail, text_or_null};
pub use operator::{Operator, Store, Until, Windows, Within};
pub use types::{Keys, Type, Values, type_of};

use serde::{Deserialize, Serialize};

/// A topology and its inputs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// The seed from which it was drawn.
    pub seed: u64,
    /// The settings of the application.
    pub settings: Settings,
    /// The operators, each after those whose results it takes. An operator is known by its index.
    pub nodes: Vec<Node>,
    /// The inputs, in order.
    pub inputs: Vec<Input>,
}

/// The settings of the application; all others are at their defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The size of the caches in bytes; 0 switches caching off.
    pub cache_bytes_max: u64,
    /// The shortest time of the wall clock between two emissions of results that wait for the end of their window, in milliseconds.
    #[serde(default)]
    pub emit_interval_ms: u64,
    /// Whether a record on which a function fails is skipped; otherwise it ends the program.
    #[serde(default)]
    pub skips_failures: bool,
    /// Whether stores on disk keep headers (`dsl.store.format`).
    #[serde(default)]
    pub keeps_headers: bool,
    /// The optimisations, by their names in Kafka Streams.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub optimizations: Vec<String>,
}

/// An operator in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// What it does.
    #[serde(flatten)]
    pub operator: Operator,
    /// The operators whose results it takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<usize>,
    /// Its name; without one a name is generated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A step: a record for a topic, or the wall clock moving on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Input {
    /// A record.
    Record(Record),
    /// The wall clock moves on.
    Advance {
        /// By how much, in milliseconds.
        advance_wall_ms: u64,
    },
}

/// A record for a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The topic.
    pub topic: String,
    /// The key, or null.
    pub key: Option<String>,
    /// The value, or null.
    pub value: Option<String>,
    /// The timestamp in milliseconds.
    pub ts: i64,
    /// Names and values of headers, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, Option<String>)>,
}

impl Input {
    /// The timestamp of a record.
    #[must_use]
    pub const fn timestamp(&self) -> Option<i64> {
        match self {
            Self::Record(record) => Some(record.ts),
            Self::Advance { .. } => None,
        }
    }
}

impl Program {
    /// How many operators there are besides sources, sinks and branches.
    #[must_use]
    pub fn operator_count(&self) -> usize {
        self.nodes.iter().filter(|node| node.operator.is_counted()).count()
    }
}
