//! What brought a task, a thread or an application down.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::fields::RecordPlace;

/// The kind of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureCause {
    /// A record could not be read.
    Deserialization,
    /// The user's code returned an error.
    Processing,
    /// The user's code panicked.
    Panic,
    /// A record could not be written as bytes.
    Serialization,
    /// The log refused a record.
    Production,
    /// A record has no valid time, and its source insists on one.
    Timestamp,
    /// A store or its restoring failed.
    Store,
    /// The log itself failed: fetching, committing, membership, administration.
    Log,
    /// The topology does not fit the code or the topics it runs with.
    Topology,
}

impl FailureCause {
    /// The cause as it is written in events.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Deserialization => "deserialization",
            Self::Processing => "processing",
            Self::Panic => "panic",
            Self::Serialization => "serialization",
            Self::Production => "production",
            Self::Timestamp => "timestamp",
            Self::Store => "store",
            Self::Log => "log",
            Self::Topology => "topology",
        }
    }

    /// Whether the detail of such a failure may quote a record: text of user code and of serdes.
    #[must_use]
    pub const fn may_quote_records(self) -> bool {
        matches!(self, Self::Deserialization | Self::Processing | Self::Panic | Self::Serialization | Self::Store)
    }
}

/// The cause as a clause.
impl fmt::Display for FailureCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Deserialization => "a record could not be read",
            Self::Processing => "a processor returned an error",
            Self::Panic => "user code panicked",
            Self::Serialization => "a record could not be written as bytes",
            Self::Production => "the log refused a record",
            Self::Timestamp => "a record has no valid time",
            Self::Store => "a store failed",
            Self::Log => "the log failed",
            Self::Topology => "the topology does not fit",
        })
    }
}

impl Serialize for FailureCause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.label())
    }
}

/// A failure with the place where it happened.
///
/// # Examples
/// ```
/// use millstream_observe::events::{Failure, FailureCause, RecordPlace};
/// use millstream_types::{Offset, TopicPartition};
///
/// let failure = Failure::new(FailureCause::Panic, "index out of bounds")
///     .in_node("KSTREAM-MAP-0000000001")
///     .at(RecordPlace::new(&TopicPartition::new("lines", 0), Offset::new(7)));
/// assert_eq!(
///     failure.to_string(),
///     "user code panicked in node KSTREAM-MAP-0000000001, record lines-0 at offset 7: index out of bounds"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The kind of failure.
    pub cause: FailureCause,
    /// The node it happened in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<Arc<str>>,
    /// The record that was being processed.
    #[serde(flatten)]
    pub place: Option<RecordPlace>,
    /// What happened, for a person. It may quote the record, see [`FailureCause::may_quote_records`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Failure {
    /// A failure of this kind, described by an error or a text.
    #[must_use]
    pub fn new(cause: FailureCause, detail: impl fmt::Display) -> Self {
        Self { cause, node: None, place: None, detail: Some(detail.to_string()) }
    }

    /// The same, in this node.
    #[must_use]
    pub fn in_node(mut self, node: impl Into<Arc<str>>) -> Self {
        self.node = Some(node.into());
        self
    }

    /// The same, on this record.
    #[must_use]
    pub fn at(mut self, place: RecordPlace) -> Self {
        self.place = Some(place);
        self
    }

    /// Takes out what may quote a record.
    pub(crate) fn clear_quotes(&mut self) {
        if self.cause.may_quote_records() {
            self.detail = None;
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.cause)?;
        if let Some(node) = &self.node {
            write!(f, " in node {node}")?;
        }
        if let Some(place) = &self.place {
            write!(f, ", record {place}")?;
        }
        match &self.detail {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
    }
}

/// What becomes of a thread that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ThreadAction {
    /// A new thread takes its place.
    Replace,
    /// It ends; the others go on.
    StopThread,
    /// The whole application stops.
    StopApplication,
}

impl fmt::Display for ThreadAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Replace => "a new thread takes its place",
            Self::StopThread => "it ends, the other threads go on",
            Self::StopApplication => "the application stops",
        })
    }
}
