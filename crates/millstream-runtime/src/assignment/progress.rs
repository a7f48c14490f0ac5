//! How far the state of a task has come, as a member tells the leader of its group.

use millstream_task::ChangelogSums;

/// How far the state of a task has come in a thread or on disk. As the offset sums of Kafka Streams' subscriptions (KIP-441), and with
/// the ends that a member knows, so that the leader need not look them up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TaskProgress {
    /// The task runs here: it has all its state. Kafka Streams' `LATEST_OFFSET`.
    Running,
    /// The state is being restored, is that of a standby, or is on disk and not open.
    Behind {
        /// The sum of the offsets that the stores have reached in their changelogs.
        offset_sum: i64,
        /// The sum of the ends of these changelogs as they were last seen, if all of them were. The lag is the difference.
        end_sum: Option<i64>,
    },
}

impl TaskProgress {
    pub(crate) const fn behind(sums: ChangelogSums) -> Self {
        Self::Behind { offset_sum: sums.offset_sum, end_sum: sums.end_sum }
    }
}
