//! Restoring: how quickly a store is restored from its changelog.

use std::time::{Duration, Instant};

use super::{Arena, Settings};
use crate::Outcome;
use crate::contender::Contender;
use crate::contender::process::{Process, RESTORING, RUNNING};
use crate::workload::records::Input;
use crate::workload::{Case, Truth};

/// The figures of a restore.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Restored {
    /// From the start of the process until it processes records.
    pub(crate) to_running: Duration,
    /// Changelog records per second, from the start of the first store's restore until the process processes records.
    pub(crate) records_per_second: f64,
    /// The peak memory of the process.
    pub(crate) peak_bytes: u64,
}

impl Arena {
    /// Restores the table of a join from a changelog of this many records, and checks it by joining the records of the case with it.
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
        self.client.create_compacted(&changelog)?;
        self.client.fill(&changelog, Input::Rows { keys: case.keys }, changelog_records)?;
        for topic in [&job.input, &job.rows, &job.output] {
            self.client.create(topic)?;
        }
        let begun = Instant::now();
        let mut process = Process::start(self.command(contender, &job, settings))?;
        let restoring = process.await_line(RESTORING)?;
        let running = process.await_line(RUNNING)?;
        let peak_bytes = process.peak_bytes()?;
        self.client.fill(&job.input, case.input(), case.records)?;
        self.await_committed(&mut process, &job, case)?;
        drop(process);
        Truth::of(case, changelog_records).check(&self.client, &job.output)?;
        self.clean_up(&job)?;
        Ok(Restored {
            to_running: running - begun,
            records_per_second: changelog_records as f64 / (running - restoring).as_secs_f64(),
            peak_bytes,
        })
    }
}
