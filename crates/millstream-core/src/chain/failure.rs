//! Errors of user code.

/// An error of user code.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
