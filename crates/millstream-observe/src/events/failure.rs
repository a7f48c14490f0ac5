//! Why a task, a thread or an application failed.

use std::error::Error;
use std::fmt;
use std::iter;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::fields::RecordPlace;

/// The kind of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FailureCause {
    /// A record could not be read.
    Deserialization,
    /// The user's code returned an error.
    Processing,
    /// Code that ran in a task panicked: the user's, most likely.
    Panic,
    /// A record could not be written as bytes.
    Serialization,
    /// The log refused a record.
    Production,
    /// A record has no valid timestamp, and its source requires one.
    Timestamp,
    /// A store or its restoring failed.
    Store,
    /// The log itself failed: fetching, committing, membership, administration.
    Log,
    /// The topology does not fit the code or the topics it runs with.
    Topology,
    /// The library itself panicked, outside of any task: a bug in it.
    Internal,
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
            Self::Internal => "internal",
        }
    }

    /// Whether the texts of such a failure may quote a record: those of user code and of serdes.
    #[must_use]
    pub const fn may_quote_records(self) -> bool {
        match self {
            Self::Deserialization | Self::Processing | Self::Panic | Self::Serialization | Self::Store => true,
            Self::Production | Self::Timestamp | Self::Log | Self::Topology | Self::Internal => false,
        }
    }

    /// Whether the texts of such a failure are about the bytes of a record.
    pub(crate) const fn is_about_bytes(self) -> bool {
        match self {
            Self::Deserialization | Self::Serialization => true,
            Self::Processing
            | Self::Panic
            | Self::Production
            | Self::Timestamp
            | Self::Store
            | Self::Log
            | Self::Topology
            | Self::Internal => false,
        }
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
            Self::Internal => "Millstream itself panicked, which is a bug in it",
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
    /// What the failure was caused by, from the nearest cause to the first: the error's chain of sources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
}

impl Failure {
    /// A failure of this kind, described by a text.
    #[must_use]
    pub fn new(cause: FailureCause, detail: impl fmt::Display) -> Self {
        Self { cause, node: None, place: None, detail: Some(detail.to_string()), causes: Vec::new() }
    }

    /// A failure of this kind, described by an error, with the chain of its sources as [`causes`](Self::causes).
    ///
    /// # Examples
    /// ```
    /// use std::io;
    /// use millstream_observe::events::{Failure, FailureCause};
    ///
    /// let disk = io::Error::other(io::Error::other("no space left on device"));
    /// let failure = Failure::from_error(FailureCause::Store, &disk);
    /// assert_eq!(failure.detail.as_deref(), Some("no space left on device"));
    /// ```
    #[must_use]
    pub fn from_error(cause: FailureCause, error: &(dyn Error + 'static)) -> Self {
        let causes = iter::successors(error.source(), |&error| error.source()).map(ToString::to_string).collect();
        Self { causes, ..Self::new(cause, error) }
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
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.cause, &self.node) {
            // Without a node it is not known whose code it was.
            (FailureCause::Panic, None) => f.write_str("code in a task panicked")?,
            (cause, _) => write!(f, "{cause}")?,
        }
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

/// What happens after a thread failed.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot write store `counts`")]
    struct Outer(#[source] Inner);

    #[derive(Debug, thiserror::Error)]
    #[error("cannot sync")]
    struct Inner(#[source] std::io::Error);

    #[test]
    fn the_chain_of_sources_is_kept() {
        let error = Outer(Inner(std::io::Error::other("no space left on device")));
        let failure = Failure::from_error(FailureCause::Store, &error);
        assert_eq!(failure.detail.as_deref(), Some("cannot write store `counts`"));
        assert_eq!(failure.causes, ["cannot sync", "no space left on device"]);
        let fields = serde_json::to_value(&failure).ok().map(|fields| fields["causes"].clone());
        assert_eq!(fields, Some(serde_json::json!(["cannot sync", "no space left on device"])));
    }

    #[test]
    fn a_panic_is_blamed_on_user_code_only_where_that_is_known() {
        let panic = Failure::new(FailureCause::Panic, "index out of bounds");
        assert_eq!(panic.to_string(), "code in a task panicked: index out of bounds");
        assert_eq!(panic.in_node("map").to_string(), "user code panicked in node map: index out of bounds");
        let internal = Failure::new(FailureCause::Internal, "no entry");
        assert_eq!(internal.to_string(), "Millstream itself panicked, which is a bug in it: no entry");
    }
}
