//! What a log brings to its conformance tests.

use std::sync::Arc;
use std::time::Duration;

use millstream_types::MonotonicTime;

use crate::{Log, Signal};

/// A log to be tried, and the world around it.
pub trait Harness {
    /// The log. Each call may make another handle to the same one.
    fn log(&self) -> Arc<dyn Log>;

    /// A name for a topic or group that was not used before, beginning with `stem`.
    fn unique_name(&self, stem: &str) -> String;

    /// The time that polls are given.
    fn now(&self) -> MonotonicTime;

    /// Lets a little time pass (some 10 ms), less if the signal is raised.
    fn wait(&self, signal: &Signal);

    /// How long a case waits for something that must happen.
    fn patience(&self) -> Duration {
        Duration::from_secs(10)
    }

    /// How long a case looks before it believes that something does not happen.
    fn quiet_time(&self) -> Duration {
        Duration::from_millis(200)
    }

    /// The session time of group members; [`patience`](Self::patience) must be a good deal longer.
    fn session_timeout(&self) -> Duration {
        Duration::from_secs(1)
    }

    /// What the log can carry.
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }
}

/// What not every log can do. What it declares not to carry, it must refuse by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// A record's timestamp may be 0.
    pub timestamp_zero: bool,
    /// A record's timestamp may be negative, −1 ("unknown") included.
    pub timestamp_negative: bool,
    /// A size of record, in bytes, that it takes.
    pub record_bytes: usize,
    /// A size of record, in bytes, that it refuses.
    pub record_bytes_refused: usize,
    /// A member that does not poll is lost when its session time has passed.
    pub silence_is_loss: bool,
    /// A static member that leaves is gone at once, and not only when its session is over.
    pub static_members_leave: bool,
}

impl Default for Capabilities {
    /// Everything, with Kafka's limit of a record of about 1 MiB.
    fn default() -> Self {
        Self {
            timestamp_zero: true,
            timestamp_negative: true,
            record_bytes: 1_000_000,
            record_bytes_refused: 1_100_000,
            silence_is_loss: true,
            static_members_leave: true,
        }
    }
}

/// One behaviour: its name, and the function that panics where a log has it not.
pub type Case = (&'static str, fn(&dyn Harness));
