//! A steady load: what a pipeline costs at a rate that it handles with ease, and how late its results are.

use super::load::Load;
use super::traffic::Traffic;
use super::{Arena, Latency, Settings};
use crate::Outcome;
use crate::contender::Contender;
use crate::contender::usage::Usage;
use crate::workload::Case;
use crate::workload::records::PARTITIONS;

/// The figures of a run under a steady load, of the records that count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Steady {
    /// Processor time of the process in percent of a core.
    pub(crate) cpu_percent: f64,
    /// From when a record was due until its result was with a consumer.
    pub(crate) latency: Latency,
    /// The peak memory of the process.
    pub(crate) peak_bytes: u64,
    /// Its memory at the end.
    pub(crate) end_bytes: u64,
    /// How often a second its threads stopped waiting for something.
    pub(crate) wake_ups: f64,
}

impl Arena {
    /// Sends the records of a case through a contender at the rate of this load. Every record must get its result, once.
    pub(crate) fn steady(
        &mut self,
        contender: Contender,
        case: Case,
        load: Load,
        settings: &Settings,
    ) -> Outcome<Steady> {
        let mut job = self.job(contender, case, settings);
        job.input = format!("{}-input", job.application);
        self.client.create(&job.input)?;
        self.client.create(&job.output)?;
        let mut process = self.start(contender, &job, settings)?;
        let client = self.client.without_lingering()?;
        let mut traffic = Traffic::new(&client, &job, PARTITIONS, load)?;
        let mut begin = None;
        traffic.send(case.input(), || {
            begin = Some(Usage::of(&process)?);
            Ok(())
        })?;
        let end = Usage::of(&process)?;
        traffic.await_all()?;
        process.check()?;
        let used = end.since(&begin.ok_or("no record counts")?);
        let (peak_bytes, end_bytes) = (process.peak_bytes()?, process.bytes()?);
        drop(process);
        self.client.empty(&job.input)?;
        self.clean_up(&job)?;
        let (cpu_percent, wake_ups) = (used.cpu_percent, used.wake_ups_per_second);
        Ok(Steady { cpu_percent, latency: traffic.latency(), peak_bytes, end_bytes, wake_ups })
    }
}
