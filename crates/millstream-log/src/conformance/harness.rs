//! The harness that a log implements for the conformance suite.

use std::sync::Arc;
use std::time::Duration;

use millstream_types::MonotonicTime;

use crate::{Log, Signal};

/// A log to be tested, and its environment.
pub trait Harness {
    /// The log. Each call may return another handle to the same log.
    fn log(&self) -> Arc<dyn Log>;

    /// A new name for a topic or group that begins with `stem`.
    fn unique_name(&self, stem: &str) -> String;

    /// The time that is passed to polls.
    fn now(&self) -> MonotonicTime;

    /// Waits for about 10 ms, or until the signal is raised.
    fn wait(&self, signal: &Signal);

    /// How long a case waits for something that must happen.
    fn patience(&self) -> Duration {
        Duration::from_secs(10)
    }

    /// How long a case waits before it concludes that something does not happen.
    fn quiet_time(&self) -> Duration {
        Duration::from_millis(200)
    }

    /// The session time-out of group members. [`patience`](Self::patience) must be much longer.
    fn session_timeout(&self) -> Duration {
        Duration::from_secs(1)
    }

    /// The capabilities of the log.
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }
}

/// Capabilities that not every log has. Records that it declares as unsupported must be refused with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Whether the timestamp of a record may be 0.
    pub timestamp_zero: bool,
    /// Whether the timestamp of a record may be negative, including −1 ("unknown").
    pub timestamp_negative: bool,
    /// A size of a record in bytes that is accepted.
    pub record_bytes: usize,
    /// A size of a record in bytes that is refused.
    pub record_bytes_refused: usize,
    /// Whether a member that does not poll is lost after its session time-out.
    pub silence_is_loss: bool,
    /// Whether a static member that leaves is removed at once, and not only after its session time-out.
    pub static_members_leave: bool,
    /// Whether members can bring an assignor along. Otherwise a consumer with one must be refused.
    pub assignors: bool,
}

impl Default for Capabilities {
    /// All capabilities, with Kafka's limit of about 1 MiB for a record.
    fn default() -> Self {
        Self {
            timestamp_zero: true,
            timestamp_negative: true,
            record_bytes: 1_000_000,
            record_bytes_refused: 1_100_000,
            silence_is_loss: true,
            static_members_leave: true,
            assignors: true,
        }
    }
}

/// A case: its name, and a function that panics if the log does not conform.
pub type Case = (&'static str, fn(&dyn Harness));
