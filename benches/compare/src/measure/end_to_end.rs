//! Latency: how long a record takes from its producer through a pass-through to its consumer.

use std::time::Duration;

use super::latency::Latency;
use super::load::{Load, WARM_UP};
use super::traffic::Traffic;
use super::{Arena, Settings};
use crate::Outcome;
use crate::contender::Contender;
use crate::workload::Case;

/// Records per second.
pub(crate) const RECORDS_PER_SECOND: u64 = 5_000;

/// The load under which latency is measured for so long.
pub(crate) fn load_for(counted: Duration) -> Load {
    Load { per_second: RECORDS_PER_SECOND, warm_up: WARM_UP, counted }
}

impl Arena {
    /// Sends the records of a case through a contender at a constant rate.
    ///
    /// The topics have one partition: with four, the producer alone sends the broker some 4,000 requests per second, which uses a
    /// whole core, and latency would be the time in the broker's queue.
    pub(crate) fn latency(
        &mut self,
        contender: Contender,
        case: Case,
        load: Load,
        settings: &Settings,
    ) -> Outcome<Latency> {
        let mut job = self.job(contender, case, settings);
        job.input = format!("{}-input", job.application);
        self.client.create_undivided(&job.input)?;
        self.client.create_undivided(&job.output)?;
        let mut process = self.start(contender, &job, settings)?;
        let client = self.client.without_lingering()?;
        let mut traffic = Traffic::new(&client, &job, 1, load)?;
        traffic.send(case.input(), || Ok(()))?;
        traffic.await_all()?;
        process.check()?;
        Ok(traffic.latency())
    }
}
