//! What every log must do: one suite for every implementation of the traits.
//!
//! An implementation writes a [`Harness`] and calls [`run_all`] in a test, or each of [`CASES`] in a test of its own.
//! The suite waits by polling until a deadline, since a broker takes its time; it uses names of its own for topics
//! and groups, so a broker may be shared and old; and it asks the harness what the log cannot do.
//!
//! # Examples
//! ```
//! use std::sync::Arc;
//! use std::sync::atomic::{AtomicU64, Ordering};
//! use std::time::Duration;
//!
//! use millstream_log::conformance::{Harness, run_all};
//! use millstream_log::{InProcessLog, Log, Signal};
//! use millstream_types::MonotonicTime;
//!
//! struct InMemory(InProcessLog, AtomicU64);
//!
//! impl Harness for InMemory {
//!     fn log(&self) -> Arc<dyn Log> {
//!         Arc::new(self.0.clone())
//!     }
//!     fn unique_name(&self, stem: &str) -> String {
//!         format!("{stem}-{}", self.1.fetch_add(1, Ordering::Relaxed))
//!     }
//!     fn now(&self) -> MonotonicTime {
//!         MonotonicTime::START + Duration::from_millis(self.1.load(Ordering::Relaxed))
//!     }
//!     fn wait(&self, _signal: &Signal) {
//!         self.1.fetch_add(10, Ordering::Relaxed);
//!     }
//! }
//!
//! run_all(&InMemory(InProcessLog::new(), AtomicU64::new(0)));
//! ```

mod administration;
mod committing;
mod fetching;
mod kit;
mod membership;
mod producing;
mod static_members;

use std::sync::Arc;
use std::time::Duration;

use millstream_types::MonotonicTime;

use crate::{Log, Signal};

/// A log to be tried, and the world around it.
pub trait Harness {
    /// The log. Each call may make another handle to the same one.
    fn log(&self) -> Arc<dyn Log>;

    /// A name for a topic or group that nobody has used yet, beginning with `stem`.
    fn unique_name(&self, stem: &str) -> String;

    /// The time that polls are told.
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

/// The cases of the suite, by trait.
pub const CASES: &[&[Case]] = &[
    fetching::CASES,
    producing::CASES,
    membership::CASES,
    static_members::CASES,
    committing::CASES,
    administration::CASES,
];

/// Runs every case, one after the other.
///
/// # Panics
/// When the log does not conform; the message names the case.
pub fn run_all(harness: &dyn Harness) {
    for (name, case) in CASES.iter().copied().flatten() {
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| case(harness)));
        if let Err(panic) = outcome {
            panic!("the log does not conform: {name}: {}", text_of(&*panic));
        }
    }
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a text")
}
