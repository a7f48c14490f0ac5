//! Whether event lines may hold data of records, and how that data is removed.

use millstream_types::Failure;
use serde::{Deserialize, Serialize};

use super::kind::EventKind;

/// Whether event lines may hold data of records: excerpts of the bytes that could not be read, and errors about them.
///
/// Records may hold personal data, and lines are kept for long, so it is hidden by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RecordData {
    /// They are left out.
    #[default]
    Hidden,
    /// Everything is written.
    Shown,
}

/// How far a text may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Readers of the application's own output: they may see the texts of the user's code.
    Operator,
    /// A receiver outside of it: no text of user code either.
    Outside,
}

impl EventKind {
    /// Removes the texts that may hold data of a record. There is no wildcard, so that a new event does not compile before this is decided.
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
            | Self::TaskCreated { .. }
            | Self::TaskWaiting { .. }
            | Self::TaskRestoring
            | Self::TaskRunning
            | Self::TaskClosed { .. }
            | Self::RestoreStarted { .. }
            | Self::RestoreProgress { .. }
            | Self::RestoreEnded { .. }
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
            | Self::TopicsLeftOver { .. }
            | Self::OffsetsLeftOver { .. }
            | Self::RecordsTooOld { .. }
            | Self::SettingDoubtful { .. }
            | Self::AlertFailed { .. }
            | Self::AlertsDropped { .. }
            | Self::OutputFailed { .. }
            | Self::ListenerFailed => {}
        }
    }
}

fn hide_in_failure(failure: &mut Failure, audience: Audience) {
    failure.hide_record_data();
    match audience {
        // The text of a serde's error does not quote the record; the errors behind it may.
        Audience::Operator if failure.kind.is_about_bytes() => failure.causes.clear(),
        Audience::Outside if failure.kind.may_quote_records() => {
            failure.detail = None;
            failure.causes.clear();
        }
        Audience::Operator | Audience::Outside => {}
    }
}
