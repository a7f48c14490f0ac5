//! What a thread waits for until topics that match a pattern have been looked for again.

use std::collections::BTreeSet;
use std::sync::Arc;

use millstream_log::LogError;
use millstream_types::{Topic, TopicPartition};

use crate::assignment::WorkPlan;

/// What a thread waits for until topics have been looked for again.
#[derive(Default)]
pub(super) struct ChangingTopics {
    /// The plan to work by as soon as no commit is in progress.
    pub(super) next: Option<Arc<WorkPlan>>,
    /// Partitions that are not read any more because the log does not know them.
    pub(super) unreadable: BTreeSet<TopicPartition>,
}

/// The topic that the log does not know, if that is the error.
pub(super) fn unknown_topic(error: &LogError) -> Option<&Topic> {
    match error {
        LogError::UnknownTopic { topic } => Some(topic),
        LogError::UnknownPartition { partition } => Some(&partition.topic),
        _ => None,
    }
}
