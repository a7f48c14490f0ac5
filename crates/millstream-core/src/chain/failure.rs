//! Why a record stopped a chain.

use std::fmt;

use super::environment::Origin;

/// What a user's code may return when it fails.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A record that could not be read, processed or written, with the place where it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What failed.
    pub kind: FailureKind,
    /// The node it failed in.
    pub node: String,
    /// Where the record came from; `None` inside a punctuator or a commit.
    pub origin: Option<Origin>,
    /// What happened, for a person.
    pub message: String,
}

/// What failed, and with it who decides whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// A key or value could not be read, or a timestamp not extracted.
    Deserialization,
    /// The user's processor returned an error.
    Processing,
    /// A key or value could not be written to an output topic.
    Serialization,
    /// The log refused a record, or the topic it is for does not exist.
    Production,
    /// A record has no valid time and its source insists on one.
    Timestamp,
    /// A store failed; nobody can go on after that.
    Store,
    /// The topology and the code that uses it disagree, such as a store that is not connected; nobody can go on.
    Topology,
}

impl FailureKind {
    /// Whether the handlers may decide to go on.
    #[must_use]
    pub const fn is_decidable(self) -> bool {
        matches!(self, Self::Deserialization | Self::Processing | Self::Serialization | Self::Production)
    }

    /// The kind as a label in events and metrics.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Deserialization => "deserialization",
            Self::Processing => "processing",
            Self::Serialization => "serialization",
            Self::Production => "production",
            Self::Timestamp => "timestamp",
            Self::Store => "store",
            Self::Topology => "topology",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed in `{}`", self.kind.label(), self.node)?;
        if let Some(origin) = &self.origin {
            write!(f, " on the record of {origin}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for Failure {}
