//! Skipped records.

use std::sync::Arc;

use millstream_types::{Origin, SkipReason};
use serde::Serialize;

/// The skipped records of one event: the first of its reason and node, or those since the last such event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SkippedRecords {
    /// Why they were skipped.
    pub reason: SkipReason,
    /// The node that skipped them.
    pub node: Arc<str>,
    /// Their number since the last event of this reason and node.
    pub count: u64,
    /// The origin of the latest of them.
    #[serde(flatten)]
    pub origin: Option<Origin>,
    /// The error of the latest of them. Texts of user code may quote the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// An excerpt of the bytes of the latest of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_data: Option<String>,
}
