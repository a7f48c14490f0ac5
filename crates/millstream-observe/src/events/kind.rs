//! The kinds of events.

use std::sync::Arc;
use std::time::Duration;

use millstream_types::{Failure, Offset, Topic, TopicPartition};
use serde::Serialize;

use super::fields::{known_offset, millis, offset, partition_list, text, topic_list};
use super::group_assigned::GroupAssigned;
use super::level::Level;
use super::progress::Progress;
use super::skip::SkippedRecords;
use super::state::State;
use super::suspend_reason::SuspendReason;
use super::thread_action::ThreadAction;

/// An outage of the log is an error, and so an alert, after this duration.
const OUTAGE_MIN: Duration = Duration::from_secs(60);

/// The kind of an event, with its fields. [`Event`](super::Event) has its time, thread and task.
///
/// The texts `detail` and `causes` may quote a record. All other texts come from the library and never do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum EventKind {
    /// The application went from one state to another.
    ApplicationState {
        /// The state it left.
        from: State,
        /// The state it is in.
        to: State,
    },
    /// The application was paused: its tasks process nothing until it is resumed.
    ApplicationPaused,
    /// The application was resumed.
    ApplicationResumed,
    /// The application stops because of this failure.
    ApplicationFailed(Failure),
    /// The application was asked to close.
    ShutdownStarted {
        /// How long closing may take.
        #[serde(rename = "limit_ms", serialize_with = "millis")]
        limit: Duration,
    },
    /// The application has closed.
    ShutdownEnded {
        /// Whether all threads ended in good order within the limit.
        clean: bool,
        /// How long it took.
        #[serde(rename = "took_ms", serialize_with = "millis")]
        took: Duration,
    },
    /// The progress of the application, emitted every `StreamsConfig::progress_interval`.
    Progress(Progress),
    /// A thread went from one state to another.
    ThreadState {
        /// The state it left.
        from: State,
        /// The state it is in.
        to: State,
    },
    /// A thread failed.
    ThreadFailed {
        /// The failure.
        #[serde(flatten)]
        failure: Failure,
        /// What happens after it.
        action: ThreadAction,
    },
    /// A new thread has replaced the one of this event.
    ThreadReplaced {
        /// The new thread's name.
        replacement: Arc<str>,
    },
    /// The group moved partitions to or from this thread.
    Rebalanced {
        /// Partitions that were assigned to it.
        #[serde(serialize_with = "partition_list")]
        assigned: Vec<TopicPartition>,
        /// Partitions that were revoked.
        #[serde(serialize_with = "partition_list")]
        revoked: Vec<TopicPartition>,
        /// Partitions that were lost: other members had them before the thread could commit.
        #[serde(serialize_with = "partition_list")]
        lost: Vec<TopicPartition>,
    },
    /// This thread leads the group, and has assigned its tasks.
    GroupAssigned(GroupAssigned),
    /// This thread leads the group, and cannot read what a member says, which then gets nothing.
    SubscriptionUnreadable {
        /// The member.
        member: String,
        /// Why.
        reason: String,
    },
    /// The group gives this thread no tasks, or none of some of its sub-topologies.
    AssignmentRefused {
        /// Why.
        reason: String,
    },
    /// A task was created.
    TaskCreated {
        /// The partitions it reads.
        #[serde(serialize_with = "partition_list")]
        partitions: Vec<TopicPartition>,
    },
    /// A task waits for its state, which another thread or process has open. Emitted once.
    TaskWaiting {
        /// The thread or process that has it open.
        reason: String,
    },
    /// A task waits for its stores to be restored.
    TaskRestoring,
    /// A task has its state and begins to process records.
    TaskRunning,
    /// A task is closed.
    TaskClosed {
        /// Whether it committed what it had processed.
        clean: bool,
    },
    /// A task failed.
    TaskFailed(Failure),
    /// Restoring a store has begun.
    RestoreStarted {
        /// The store.
        store: Arc<str>,
        /// The changelog it is restored from.
        #[serde(serialize_with = "text")]
        changelog: TopicPartition,
        /// The first offset to read.
        #[serde(serialize_with = "offset")]
        from_offset: Offset,
        /// The offset it ends at.
        #[serde(serialize_with = "offset")]
        to_offset: Offset,
    },
    /// Restoring a store is in progress.
    RestoreProgress {
        /// The store.
        store: Arc<str>,
        /// The changelog it is restored from.
        #[serde(serialize_with = "text")]
        changelog: TopicPartition,
        /// Records restored since it began.
        records: u64,
        /// The next offset to read.
        #[serde(serialize_with = "offset")]
        from_offset: Offset,
        /// The offset it ends at.
        #[serde(serialize_with = "offset")]
        to_offset: Offset,
    },
    /// A store is restored.
    RestoreEnded {
        /// The store.
        store: Arc<str>,
        /// The changelog it was restored from.
        #[serde(serialize_with = "text")]
        changelog: TopicPartition,
        /// Records restored.
        records: u64,
        /// How long it took.
        #[serde(rename = "took_ms", serialize_with = "millis")]
        took: Duration,
    },
    /// A standby's copy of a store begins to follow its changelog.
    StandbyStarted {
        /// The store.
        store: Arc<str>,
        /// Its changelog.
        #[serde(serialize_with = "text")]
        changelog: TopicPartition,
        /// The next offset to read.
        #[serde(serialize_with = "offset")]
        from_offset: Offset,
        /// The last known end.
        #[serde(serialize_with = "offset")]
        to_offset: Offset,
    },
    /// A standby's copy of a store has applied records.
    StandbyProgress {
        /// The store.
        store: Arc<str>,
        /// Its changelog.
        #[serde(serialize_with = "text")]
        changelog: TopicPartition,
        /// Records applied since it began.
        records: u64,
        /// The next offset to read.
        #[serde(serialize_with = "offset")]
        from_offset: Offset,
        /// The last known end.
        #[serde(serialize_with = "offset")]
        to_offset: Offset,
    },
    /// A standby's copy of a store has reached the end that its changelog had when it began. It goes on. Emitted once.
    StandbyCaughtUp {
        /// The store.
        store: Arc<str>,
        /// Its changelog.
        #[serde(serialize_with = "text")]
        changelog: TopicPartition,
        /// Records applied since it began.
        records: u64,
    },
    /// A standby's copy of a store stops following its changelog.
    StandbySuspended {
        /// The store.
        store: Arc<str>,
        /// Its changelog.
        #[serde(serialize_with = "text")]
        changelog: TopicPartition,
        /// Records applied since it began.
        records: u64,
        /// The next offset to read.
        #[serde(serialize_with = "offset")]
        from_offset: Offset,
        /// The last known end.
        #[serde(serialize_with = "offset")]
        to_offset: Offset,
        /// Why.
        reason: SuspendReason,
    },
    /// A store on disk was emptied, because its changelog no longer has the store's offset: the topic was deleted or truncated.
    /// The store is restored from the beginning of the changelog.
    StoreOutsideChangelog {
        /// The store.
        store: Arc<str>,
        /// Its changelog.
        #[serde(serialize_with = "text")]
        changelog: TopicPartition,
        /// The offset of the store.
        #[serde(serialize_with = "offset")]
        stood_at: Offset,
        /// The first offset of the changelog.
        #[serde(serialize_with = "offset")]
        from_offset: Offset,
        /// The end offset of the changelog.
        #[serde(serialize_with = "offset")]
        to_offset: Offset,
    },
    /// Damaged state on this host was deleted. It is restored from the changelogs.
    StateDiscarded {
        /// The task's directory.
        directory: String,
        /// The damage.
        reason: String,
    },
    /// A task's directory has stores that the topology does not have, because they were renamed or removed. They are kept.
    StoresUnknown {
        /// The task's directory.
        directory: String,
        /// Their names.
        stores: Vec<String>,
    },
    /// State on this host was deleted because its tasks have run elsewhere for a while.
    StateCleanedUp {
        /// The application's directory.
        directory: String,
        /// The tasks.
        tasks: Vec<String>,
    },
    /// State of tasks that run elsewhere cannot be deleted. Emitted once; deleting is retried.
    StateNotCleanedUp {
        /// Why.
        reason: String,
    },
    /// The state directory, or a part of it, was accessible to other users; it no longer is.
    StateModeTightened {
        /// The directory or file.
        directory: String,
        /// Its mode before, in octal.
        from_mode: String,
        /// Its mode now, in octal.
        to_mode: String,
    },
    /// Records were skipped.
    RecordsSkipped(SkippedRecords),
    /// A commit failed.
    CommitFailed {
        /// Why.
        reason: String,
        /// Whether it is retried.
        retried: bool,
    },
    /// The log cannot be reached. Processing resumes when it can. Emitted again each minute during the outage.
    LogUnavailable {
        /// Why.
        reason: String,
        /// The duration of the outage so far.
        #[serde(rename = "unavailable_ms", serialize_with = "millis")]
        lasting: Duration,
    },
    /// The log can be reached again.
    LogAvailable {
        /// The duration of the outage.
        #[serde(rename = "unavailable_ms", serialize_with = "millis")]
        lasted: Duration,
    },
    /// The log no longer has the next records to read. Reading resumes where the reset policy says.
    OffsetOutOfRange {
        /// The partition.
        #[serde(serialize_with = "text")]
        partition: TopicPartition,
        /// The offset that the log no longer has.
        #[serde(serialize_with = "offset")]
        from_offset: Offset,
        /// The offset at which reading resumes; `None` if it is still to be looked up by time.
        #[serde(serialize_with = "known_offset", skip_serializing_if = "Option::is_none")]
        to_offset: Option<Offset>,
    },
    /// A client of the log failed with a final error.
    LogFailed {
        /// Why.
        reason: String,
    },
    /// An internal topic was created.
    TopicCreated {
        /// Its name.
        #[serde(serialize_with = "text")]
        topic: Topic,
        /// Its number of partitions.
        partitions: u32,
    },
    /// The topics that match the patterns of the topology have changed, or have other partitions. They are read from now on, or no
    /// longer.
    SourceTopicsChanged {
        /// Topics that are read in addition.
        #[serde(serialize_with = "topic_list")]
        added: Vec<Topic>,
        /// Topics that do not exist any more.
        #[serde(serialize_with = "topic_list")]
        removed: Vec<Topic>,
        /// Topics with more partitions than before.
        #[serde(serialize_with = "topic_list")]
        grown: Vec<Topic>,
    },
    /// A store has no changelog yet, although records for it were processed before.
    StoreBeginsEmpty {
        /// The store.
        store: Arc<str>,
        /// The changelog it gets.
        #[serde(serialize_with = "text")]
        changelog: Topic,
    },
    /// Internal topics of an earlier topology are left, and nothing reads them. Deleting them loses nothing.
    TopicsLeftOver {
        /// Their names.
        #[serde(serialize_with = "topic_list")]
        topics: Vec<Topic>,
    },
    /// The application has committed offsets of topics that its topology does not read.
    OffsetsLeftOver {
        /// Their names.
        #[serde(serialize_with = "topic_list")]
        topics: Vec<Topic>,
    },
    /// A record was written that is older than the retention of its topic, so the log will delete it. Emitted once for each
    /// topic.
    RecordsTooOld {
        /// The topic.
        #[serde(serialize_with = "text")]
        topic: Topic,
        /// The topic's `retention.ms`.
        #[serde(rename = "retention_ms", serialize_with = "millis")]
        kept_for: Duration,
        /// The age of the record by its timestamp.
        #[serde(rename = "age_ms", serialize_with = "millis")]
        age: Duration,
    },
    /// A setting, or a combination of settings, is valid but probably not intended.
    SettingDoubtful {
        /// The setting's name; never its value, which may be a secret.
        setting: String,
        /// The consequence, and what to do.
        advice: String,
    },
    /// An alert could not be delivered and was given up.
    AlertFailed {
        /// The event it was for.
        alert: &'static str,
        /// The receiver: scheme, host and port. The rest may be secret.
        receiver: String,
        /// The number of attempts.
        attempts: u32,
        /// The error of the last attempt.
        reason: String,
    },
    /// Alerts were dropped, because the queue was full or the limit for closing had passed.
    AlertsDropped {
        /// How many.
        count: u64,
        /// The receiver: scheme, host and port. The rest may be secret.
        receiver: String,
    },
    /// Event lines cannot be written. Emitted once, to listeners and alerts, until lines can be written again.
    OutputFailed {
        /// Why.
        reason: String,
    },
    /// A listener panicked and was removed.
    ListenerFailed,
}

impl EventKind {
    /// The name of the event in its line. Names are stable.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ApplicationState { .. } => "application_state",
            Self::ApplicationPaused => "application_paused",
            Self::ApplicationResumed => "application_resumed",
            Self::ApplicationFailed(_) => "application_failed",
            Self::ShutdownStarted { .. } => "shutdown_started",
            Self::ShutdownEnded { .. } => "shutdown_ended",
            Self::Progress(_) => "progress",
            Self::ThreadState { .. } => "thread_state",
            Self::ThreadFailed { .. } => "thread_failed",
            Self::ThreadReplaced { .. } => "thread_replaced",
            Self::Rebalanced { .. } => "rebalanced",
            Self::GroupAssigned(_) => "group_assigned",
            Self::SubscriptionUnreadable { .. } => "subscription_unreadable",
            Self::AssignmentRefused { .. } => "assignment_refused",
            Self::TaskCreated { .. } => "task_created",
            Self::TaskWaiting { .. } => "task_waiting",
            Self::TaskRestoring => "task_restoring",
            Self::TaskRunning => "task_running",
            Self::TaskClosed { .. } => "task_closed",
            Self::TaskFailed(_) => "task_failed",
            Self::RestoreStarted { .. } => "restore_started",
            Self::RestoreProgress { .. } => "restore_progress",
            Self::RestoreEnded { .. } => "restore_ended",
            Self::StandbyStarted { .. } => "standby_started",
            Self::StandbyProgress { .. } => "standby_progress",
            Self::StandbyCaughtUp { .. } => "standby_caught_up",
            Self::StandbySuspended { .. } => "standby_suspended",
            Self::StoreOutsideChangelog { .. } => "store_outside_changelog",
            Self::StateDiscarded { .. } => "state_discarded",
            Self::StoresUnknown { .. } => "stores_unknown",
            Self::StateCleanedUp { .. } => "state_cleaned_up",
            Self::StateNotCleanedUp { .. } => "state_not_cleaned_up",
            Self::StateModeTightened { .. } => "state_mode_tightened",
            Self::RecordsSkipped(_) => "records_skipped",
            Self::CommitFailed { .. } => "commit_failed",
            Self::LogUnavailable { .. } => "log_unavailable",
            Self::LogAvailable { .. } => "log_available",
            Self::OffsetOutOfRange { .. } => "offset_out_of_range",
            Self::LogFailed { .. } => "log_failed",
            Self::TopicCreated { .. } => "topic_created",
            Self::StoreBeginsEmpty { .. } => "store_begins_empty",
            Self::SourceTopicsChanged { .. } => "source_topics_changed",
            Self::TopicsLeftOver { .. } => "topics_left_over",
            Self::OffsetsLeftOver { .. } => "offsets_left_over",
            Self::RecordsTooOld { .. } => "records_too_old",
            Self::SettingDoubtful { .. } => "setting_doubtful",
            Self::AlertFailed { .. } => "alert_failed",
            Self::AlertsDropped { .. } => "alerts_dropped",
            Self::OutputFailed { .. } => "output_failed",
            Self::ListenerFailed => "listener_failed",
        }
    }

    /// The level of the event.
    #[must_use]
    pub fn level(&self) -> Level {
        match self {
            Self::TaskCreated { .. }
            | Self::TaskRestoring
            | Self::RestoreProgress { .. }
            | Self::StandbyProgress { .. } => Level::Debug,
            Self::ApplicationState { .. }
            | Self::ApplicationPaused
            | Self::ApplicationResumed
            | Self::ShutdownStarted { .. }
            | Self::ShutdownEnded { clean: true, .. }
            | Self::Progress(_)
            | Self::ThreadState { .. }
            | Self::GroupAssigned(_)
            | Self::TaskWaiting { .. }
            | Self::TaskRunning
            | Self::TaskClosed { .. }
            | Self::RestoreStarted { .. }
            | Self::RestoreEnded { .. }
            | Self::StandbyStarted { .. }
            | Self::StandbyCaughtUp { .. }
            | Self::StandbySuspended { .. }
            | Self::StateCleanedUp { .. }
            | Self::LogAvailable { .. }
            | Self::TopicCreated { .. }
            | Self::SourceTopicsChanged { .. }
            | Self::TopicsLeftOver { .. }
            | Self::OffsetsLeftOver { .. } => Level::Info,
            Self::Rebalanced { lost, .. } if lost.is_empty() => Level::Info,
            Self::LogUnavailable { lasting, .. } if *lasting >= OUTAGE_MIN => Level::Error,
            Self::ThreadReplaced { .. }
            | Self::Rebalanced { .. }
            | Self::SubscriptionUnreadable { .. }
            | Self::AssignmentRefused { .. }
            | Self::StoreOutsideChangelog { .. }
            | Self::StoresUnknown { .. }
            | Self::StateNotCleanedUp { .. }
            | Self::StateModeTightened { .. }
            | Self::RecordsSkipped(_)
            | Self::CommitFailed { retried: true, .. }
            | Self::LogUnavailable { .. }
            | Self::StoreBeginsEmpty { .. }
            | Self::RecordsTooOld { .. }
            | Self::SettingDoubtful { .. }
            | Self::AlertFailed { .. }
            | Self::AlertsDropped { .. }
            | Self::ListenerFailed => Level::Warn,
            Self::ApplicationFailed(_)
            | Self::ShutdownEnded { .. }
            | Self::ThreadFailed { .. }
            | Self::TaskFailed(_)
            | Self::StateDiscarded { .. }
            | Self::CommitFailed { .. }
            | Self::OffsetOutOfRange { .. }
            | Self::LogFailed { .. }
            | Self::OutputFailed { .. } => Level::Error,
        }
    }
}
