//! The bytes of subscriptions and assignments: `docs/formats/assignments.md`.

mod assignment;
mod error;
mod header;
mod promises;
mod reader;
mod report;
mod routing;
mod subscription;
mod task_set;
#[cfg(test)]
mod tests;
mod version;
mod writer;

pub(crate) use assignment::encode_routing;
pub use error::DecodeError;
pub use version::LATEST_VERSION;
