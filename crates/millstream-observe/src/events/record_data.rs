//! Whether event lines may contain data of records, and its removal.

use millstream_types::Failure;
use serde::{Deserialize, Serialize};

use super::kind::EventKind;

/// Whether event lines may contain data of records: excerpts of bytes that could not be read, and errors about them.
///
/// By default it is hidden, since records may contain personal data, and lines may be kept for long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RecordData {
    /// It is left out.
    #[default]
    Hidden,
    /// It is written.
    Shown,
}

/// The readers of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Readers of the application's output, who may see texts of user code.
    Operator,
    /// Receivers of alerts, who may not.
    Outside,
}

impl EventKind {
    /// Removes the texts that may contain data of a record. There is no wildcard, so that a new event does not compile before
    /// this is decided.
    pub(crate) fn hide_record_data(&mut self, audience: Audience) {
        match self {
            Self::ApplicationFailed(failure) | Self::TaskFailed(failure) | Self::ThreadFailed { failure, .. } => {
                hide_in_failure(failure, audience);
            }
            Self::RecordsSkipped(skipped) => {
                skipped.record_data = None;
                if audience == Audience::Outside {
                    skipped.detail = None;
                }
            }
            Self::ApplicationState { .. }
            | Self::ShutdownStarted { .. }
            | Self::ShutdownEnded { .. }
            | Self::Progress(_)
            | Self::ThreadState { .. }
            | Self::ThreadReplaced { .. }
            | Self::Rebalanced { .. }
            | Self::GroupAssigned(_)
            | Self::SubscriptionUnreadable { .. }
            | Self::AssignmentRefused { .. }
            | Self::TaskCreated { .. }
            | Self::TaskWaiting { .. }
            | Self::TaskRestoring
            | Self::TaskRunning
            | Self::TaskClosed { .. }
            | Self::RestoreStarted { .. }
            | Self::RestoreProgress { .. }
            | Self::RestoreEnded { .. }
            | Self::StandbyStarted { .. }
            | Self::StandbyProgress { .. }
            | Self::StandbyCaughtUp { .. }
            | Self::StandbySuspended { .. }
            | Self::StoreOutsideChangelog { .. }
            | Self::StateDiscarded { .. }
            | Self::StoresUnknown { .. }
            | Self::StateCleanedUp { .. }
            | Self::StateNotCleanedUp { .. }
            | Self::StateModeTightened { .. }
            | Self::CommitFailed { .. }
            | Self::LogUnavailable { .. }
            | Self::LogAvailable { .. }
            | Self::OffsetOutOfRange { .. }
            | Self::LogFailed { .. }
            | Self::TopicCreated { .. }
            | Self::StoreBeginsEmpty { .. }
            | Self::SourceTopicsChanged { .. }
            | Self::TopicsLeftOver { .. }
            | Self::OffsetsLeftOver { .. }
            | Self::RecordsTooOld { .. }
            | Self::SettingDoubtful { .. }
            | Self::AlertFailed { .. }
            | Self::AlertsDropped { .. }
            | Self::OutputFailed { .. }
            | Self::ApplicationPaused
            | Self::ApplicationResumed
            | Self::ListenerFailed => {}
        }
    }
}

fn hide_in_failure(failure: &mut Failure, audience: Audience) {
    failure.hide_record_data();
    match audience {
        // The message of a serde's error does not quote the record, but its sources may.
        Audience::Operator if failure.kind.is_about_bytes() => failure.causes.clear(),
        Audience::Outside if failure.kind.may_quote_records() => {
            failure.detail = None;
            failure.causes.clear();
        }
        Audience::Operator | Audience::Outside => {}
    }
}
