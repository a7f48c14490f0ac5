//! Whether an application is paused: a flag that its handle sets and its threads read.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the application is paused.
#[derive(Debug, Default)]
pub(crate) struct Pause(AtomicBool);

impl Pause {
    /// A flag of an application that starts paused.
    pub(crate) fn from_the_start() -> Self {
        Self(AtomicBool::new(true))
    }

    pub(crate) fn is_on(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// Pauses. Returns whether the application was not paused before.
    pub(crate) fn turn_on(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }

    /// Resumes. Returns whether the application was paused before.
    pub(crate) fn turn_off(&self) -> bool {
        self.0.swap(false, Ordering::AcqRel)
    }
}
