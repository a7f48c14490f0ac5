//! What a process uses over a time.

use std::time::{Duration, Instant};

use super::process::Process;
use crate::Outcome;

/// What a process has used up to a moment.
pub(crate) struct Usage {
    at: Instant,
    cpu: Duration,
    wake_ups: u64,
}

/// What a process has used between two moments.
pub(crate) struct Used {
    /// Processor time in percent of a core.
    pub(crate) cpu_percent: f64,
    /// How often a second one of its threads has stopped waiting.
    pub(crate) wake_ups_per_second: f64,
}

impl Usage {
    /// What a process has used up to now.
    pub(crate) fn of(process: &Process) -> Outcome<Self> {
        Ok(Self { at: Instant::now(), cpu: process.cpu()?, wake_ups: process.wake_ups()? })
    }

    /// What was used since then.
    pub(crate) fn since(&self, begin: &Self) -> Used {
        let seconds = (self.at - begin.at).as_secs_f64();
        Used {
            cpu_percent: self.cpu.saturating_sub(begin.cpu).as_secs_f64() / seconds * 100.0,
            // A thread that has ended meanwhile takes its count with it.
            wake_ups_per_second: self.wake_ups.saturating_sub(begin.wake_ups) as f64 / seconds,
        }
    }
}
