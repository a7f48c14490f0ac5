//! The clients of the log traits: what a stream thread uses.

mod consumer;
mod exit;
mod producer;
mod reader;
#[cfg(test)]
mod tests;
mod topic_monitor;
mod topics;

pub use crate::admin::Admin;
pub use consumer::Consumer;
pub use producer::Producer;
pub use reader::Reader;

use std::time::Duration;

/// The backoff after a retriable error.
const RETRY_AFTER: Duration = Duration::from_millis(100);
