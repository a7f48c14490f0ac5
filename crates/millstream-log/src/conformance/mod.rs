//! The conformance suite for implementations of the log traits.
//!
//! An implementation provides a [`Harness`] and calls [`run_all`] in a test, or each of [`CASES`] in a separate test. The
//! suite polls until a deadline. It uses new names for topics and groups, so that a broker can be shared and reused. The
//! harness tells which optional capabilities the log has.
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
mod assignors;
mod committing;
mod fetching;
mod harness;
mod kit;
mod membership;
mod producing;
mod static_members;

pub use harness::{Capabilities, Case, Harness};

/// The cases of the suite, grouped by trait.
pub const CASES: &[&[Case]] = &[
    fetching::CASES,
    producing::CASES,
    membership::CASES,
    static_members::CASES,
    assignors::CASES,
    committing::CASES,
    administration::CASES,
];

/// Runs all cases, one after the other.
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
