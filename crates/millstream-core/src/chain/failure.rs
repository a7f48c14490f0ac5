//! What user code fails with.

/// What a user's code may return when it fails.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
