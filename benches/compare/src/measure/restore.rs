//! Restoring: how quickly a store comes back from its changelog.

use std::time::{Duration, Instant};

use super::{Arena, Settings};
use crate::Outcome;
use crate::contender::Contender;
use crate::contender::process::{Process, RESTORING, RUNNING};
use crate::workload::records::Input;
use crate::workload::{Case, Truth};

/// What a restore took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Restored {
    /// From the start of the process until it processes records.
    pub(crate) to_running: Duration,
    /// Changelog records per second, from the first store's beginning until the process processes records.
    pub(crate) records_per_second: f64,
    /// The most memory the process ever had.
    pub(crate) peak_bytes: u64,
}

impl Arena {
    /// Lets the table of a join come back from a changelog of so many records, and checks it by joining the records of
    /// the case with it.
    pub(crate) fn restore(
        &mut self,
        contender: Contender,
        case: Case,
        changelog_records: u64,
        settings: &Settings,
    ) -> Outcome<Restored> {
        let mut job = self.job(contender, case, settings);
        job.input = format!("{}-input", job.application);
        job.rows = format!("{}-rows", job.application);
        let changelog = case.workload.changelog_topic(&job.application).ok_or("it has no changelog")?;
        self.hands.create_compacted(&changelog)?;
        self.hands.fill(&changelog, Input::Rows { keys: case.keys }, changelog_records)?;
        for topic in [&job.input, &job.rows, &job.output] {
            self.hands.create(topic)?;
        }
        let begun = Instant::now();
        let mut process = Process::start(self.command(contender, &job, settings))?;
        let restoring = process.await_line(RESTORING)?;
        let running = process.await_line(RUNNING)?;
        let peak_bytes = process.peak_bytes()?;
        self.hands.fill(&job.input, case.input(), case.records)?;
        self.await_committed(&mut process, &job, case)?;
        drop(process);
        Truth::of(case, changelog_records).check(&self.hands, &job.output)?;
        self.clean_up(&job)?;
        Ok(Restored {
            to_running: running - begun,
            records_per_second: changelog_records as f64 / (running - restoring).as_secs_f64(),
            peak_bytes,
        })
    }
}
