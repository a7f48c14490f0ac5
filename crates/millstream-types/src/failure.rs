//! Failures of records, tasks, threads and applications.

use std::error::Error;
use std::fmt;
use std::iter;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::error_text::CAUSES_MAX;
use crate::{Origin, SerdeError};

/// The kind of a failure. It determines which handler decides whether processing continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FailureKind {
    /// A record could not be read.
    Deserialization,
    /// The user's code returned an error.
    Processing,
    /// Code in a task panicked, most likely the user's.
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
    /// The library panicked outside of a task, which is a bug.
    Internal,
}

impl FailureKind {
    /// The name of the kind in events.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(millstream_types::FailureKind::Deserialization.label(), "deserialization");
    /// ```
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

    /// Whether an error handler may decide to skip the record.
    ///
    /// # Examples
    /// ```
    /// use millstream_types::FailureKind;
    ///
    /// assert!(FailureKind::Processing.is_decidable());
    /// assert!(!FailureKind::Store.is_decidable());
    /// ```
    #[must_use]
    pub const fn is_decidable(self) -> bool {
        match self {
            Self::Deserialization | Self::Processing | Self::Panic | Self::Serialization | Self::Production => true,
            Self::Timestamp | Self::Store | Self::Log | Self::Topology | Self::Internal => false,
        }
    }

    /// Whether the messages of such a failure may quote a record, as those of user code and serdes may.
    #[must_use]
    pub const fn may_quote_records(self) -> bool {
        match self {
            Self::Deserialization | Self::Processing | Self::Panic | Self::Serialization | Self::Store => true,
            Self::Production | Self::Timestamp | Self::Log | Self::Topology | Self::Internal => false,
        }
    }

    /// Whether the messages of such a failure are about the bytes of a record.
    #[must_use]
    pub const fn is_about_bytes(self) -> bool {
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

/// Writes the kind as a clause.
impl fmt::Display for FailureKind {
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

impl Serialize for FailureKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.label())
    }
}

/// The failure of a record, a task, a thread or an application, with its node, its origin and the error that caused it.
///
/// # Examples
/// ```
/// use millstream_types::{Failure, FailureKind, Offset, Origin, TopicPartition};
///
/// let failure = Failure::new(FailureKind::Panic, "index out of bounds")
///     .in_node("KSTREAM-MAP-0000000001")
///     .at(Origin::new(&TopicPartition::new("lines", 0), Offset::new(7)));
/// assert_eq!(
///     failure.to_string(),
///     "user code panicked in node KSTREAM-MAP-0000000001, record lines-0 at offset 7: index out of bounds"
/// );
/// ```
#[derive(Clone, Serialize)]
pub struct Failure {
    /// The kind of the failure.
    #[serde(rename = "cause")]
    pub kind: FailureKind,
    /// The node in which it happened.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "text")]
    pub node: Option<Arc<str>>,
    /// The record that was being processed; `None` if there was none, as in a punctuation.
    #[serde(flatten)]
    pub origin: Option<Origin>,
    /// The message. It may quote the record, see [`FailureKind::may_quote_records`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The messages of the error's sources, the nearest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// Boxed, so that a result with a failure stays small.
    #[serde(flatten)]
    cause: Option<Box<Cause>>,
}

#[derive(Clone, Serialize)]
struct Cause {
    #[serde(skip)]
    error: Arc<dyn Error + Send + Sync>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record_data: Option<String>,
}

impl Failure {
    /// A failure of this kind with a message.
    ///
    /// # Examples
    /// ```
    /// use millstream_types::{Failure, FailureKind};
    ///
    /// let failure = Failure::new(FailureKind::Processing, "no price");
    /// assert_eq!(failure.detail.as_deref(), Some("no price"));
    /// ```
    #[must_use]
    pub fn new(kind: FailureKind, detail: impl fmt::Display) -> Self {
        let detail = Some(detail.to_string());
        Self { kind, node: None, origin: None, detail, causes: Vec::new(), cause: None }
    }

    /// A failure of this kind with an error. The messages of the error's sources become the [`causes`](Self::causes).
    ///
    /// # Examples
    /// ```
    /// use std::io;
    /// use millstream_types::{Failure, FailureKind};
    ///
    /// let disk = io::Error::other("no space left on device");
    /// let failure = Failure::from_error(FailureKind::Store, disk);
    /// assert_eq!(failure.detail.as_deref(), Some("no space left on device"));
    /// assert!(failure.error().unwrap().is::<io::Error>());
    /// ```
    #[must_use]
    pub fn from_error(kind: FailureKind, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let error = error.into();
        Self::new(kind, &error).caused_by(error)
    }

    /// Sets the error that caused the failure, whose message the detail contains already.
    #[must_use]
    pub fn caused_by(mut self, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let error: Arc<dyn Error + Send + Sync> = error.into().into();
        let record_data = error.downcast_ref::<SerdeError>().and_then(SerdeError::details).map(str::to_owned);
        let causes = iter::successors(error.source(), |&error| error.source()).take(CAUSES_MAX);
        self.causes = causes.map(ToString::to_string).collect();
        self.cause = Some(Box::new(Cause { error, record_data }));
        self
    }

    /// Sets the node.
    ///
    /// # Examples
    /// ```
    /// use millstream_types::{Failure, FailureKind};
    ///
    /// let failure = Failure::new(FailureKind::Processing, "no price").in_node("pricing");
    /// assert_eq!(failure.node.as_deref(), Some("pricing"));
    /// ```
    #[must_use]
    pub fn in_node(mut self, node: impl Into<Arc<str>>) -> Self {
        self.node = Some(node.into());
        self
    }

    /// Sets the origin of the record.
    ///
    /// # Examples
    /// ```
    /// use millstream_types::{Failure, FailureKind, Offset, Origin, TopicPartition};
    ///
    /// let origin = Origin::new(&TopicPartition::new("orders", 0), Offset::new(17));
    /// let failure = Failure::new(FailureKind::Processing, "no price").at(origin);
    /// assert_eq!(failure.origin.map(|origin| origin.offset), Some(Offset::new(17)));
    /// ```
    #[must_use]
    pub fn at(mut self, origin: Origin) -> Self {
        self.origin = Some(origin);
        self
    }

    /// The error of the user's code, a serde, a store or the log that caused the failure. Use `downcast_ref` for its type.
    ///
    /// # Examples
    /// ```
    /// use millstream_types::{Failure, FailureKind};
    ///
    /// let source = "12x".parse::<u16>().unwrap_err();
    /// let failure = Failure::from_error(FailureKind::Processing, source);
    /// assert!(failure.error().is_some_and(|error| error.is::<std::num::ParseIntError>()));
    /// ```
    #[must_use]
    pub fn error(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().map(|cause| cause.error.as_ref() as _)
    }

    /// Details that quote the bytes of the record. No message contains them unless a setting allows it.
    #[must_use]
    pub fn record_data(&self) -> Option<&str> {
        self.cause.as_ref()?.record_data.as_deref()
    }

    /// Removes the details that quote the bytes of the record.
    pub fn hide_record_data(&mut self) {
        if let Some(cause) = &mut self.cause {
            cause.record_data = None;
        }
    }
}

/// Serialises the text itself, since serde's feature `rc` would be enabled for the whole program.
#[expect(clippy::ref_option, reason = "serde calls it with a reference")]
fn text<S: Serializer>(name: &Option<Arc<str>>, serializer: S) -> Result<S::Ok, S::Error> {
    name.as_deref().serialize(serializer)
}

/// Compares everything except the errors, which cannot be compared.
impl PartialEq for Failure {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.node == other.node
            && self.origin == other.origin
            && self.detail == other.detail
            && self.causes == other.causes
            && self.record_data() == other.record_data()
    }
}

impl Eq for Failure {}

/// Leaves out the data of the record.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Failure");
        debug.field("kind", &self.kind).field("node", &self.node).field("origin", &self.origin);
        debug.field("detail", &self.detail).field("causes", &self.causes).finish_non_exhaustive()
    }
}

/// The message contains that of the error, so the source is the error's source.
impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().and_then(|cause| cause.error.source())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.kind, &self.node) {
            // Without a node it is not known whether it was user code.
            (FailureKind::Panic, None) => f.write_str("code in a task panicked")?,
            (kind, _) => write!(f, "{kind}")?,
        }
        if let Some(node) = &self.node {
            write!(f, " in node {node}")?;
        }
        if let Some(origin) = &self.origin {
            write!(f, ", record {origin}")?;
        }
        match &self.detail {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
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
        let failure = Failure::from_error(FailureKind::Store, error);
        assert_eq!(failure.detail.as_deref(), Some("cannot write store `counts`"));
        assert_eq!(failure.causes, ["cannot sync", "no space left on device"]);
        let fields = serde_json::to_value(&failure).ok().map(|fields| fields["causes"].clone());
        assert_eq!(fields, Some(serde_json::json!(["cannot sync", "no space left on device"])));
    }

    /// The task never came back, and its memory grew without end.
    #[test]
    fn an_error_that_is_its_own_source_ends() {
        #[derive(Debug, thiserror::Error)]
        #[error("again")]
        struct Endless(#[source] Box<Again>);
        #[derive(Debug)]
        struct Again;
        impl fmt::Display for Again {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("and again")
            }
        }
        impl Error for Again {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(self)
            }
        }
        let failure = Failure::from_error(FailureKind::Processing, Endless(Box::new(Again)));
        assert_eq!(failure.causes, vec!["and again"; CAUSES_MAX]);
    }

    #[test]
    fn a_panic_names_user_code_only_if_the_node_is_known() {
        let panic = Failure::new(FailureKind::Panic, "index out of bounds");
        assert_eq!(panic.to_string(), "code in a task panicked: index out of bounds");
        assert_eq!(panic.in_node("map").to_string(), "user code panicked in node map: index out of bounds");
        let internal = Failure::new(FailureKind::Internal, "no entry");
        assert_eq!(internal.to_string(), "Millstream itself panicked, which is a bug in it: no entry");
    }
}
