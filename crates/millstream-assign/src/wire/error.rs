//! Why bytes cannot be read.

use super::version::LATEST_VERSION;

/// Why the bytes of a subscription or an assignment cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// They are of a version that this one cannot read. A leader answers with its own version ([`Outcome::UseVersion`](crate::Outcome)).
    #[error("it has version {version}, and only versions up to {} can be read", LATEST_VERSION)]
    Newer {
        /// The version.
        version: u32,
    },
    /// They end too early.
    #[error("it ends within {0}")]
    Truncated(&'static str),
    /// They are not what the version demands.
    #[error("{0} cannot be right")]
    Malformed(&'static str),
    /// They have more than what can be.
    #[error("there are too many {0}")]
    TooMany(&'static str),
}
