//! Skipped records.

use std::sync::Arc;

use millstream_types::{Origin, SkipReason};
use serde::Serialize;

/// The records that one event stands for: the first of its reason and node, or those since the last such event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SkippedRecords {
    /// Why they were skipped.
    pub reason: SkipReason,
    /// The node that skipped them.
    pub node: Arc<str>,
    /// How many since the last event of this reason and node.
    pub count: u64,
    /// Where the latest of them came from.
    #[serde(flatten)]
    pub origin: Option<Origin>,
    /// What was wrong with the latest of them. Texts of user code may quote the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// More about the latest of them, quoting its bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_data: Option<String>,
}
