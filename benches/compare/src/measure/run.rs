//! Throughput: the processor time of an input record.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{Arena, Settings};
use crate::Outcome;
use crate::broker::Progress;
use crate::contender::Contender;
use crate::contender::job::Job;
use crate::contender::process::Process;
use crate::moment::{Counted, Moment, counted_part};
use crate::workload::{Case, Truth};

/// How often committed offsets are read.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(5);

/// A contender without progress for this long is stuck.
const STUCK_AFTER: Duration = Duration::from_secs(120);

/// The figures of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    /// Processor time of the process per input record, in microseconds, over the counted part.
    pub(crate) cpu_us: f64,
    /// Input records per second, over the counted part.
    pub(crate) records_per_second: f64,
    /// The peak memory of the process.
    pub(crate) peak_bytes: u64,
    /// Output records per input record.
    pub(crate) output: f64,
    /// Changelog records per input record; rows of a table count as input here.
    pub(crate) changelog: f64,
}

impl Arena {
    /// Runs a contender through a case and checks what it wrote.
    pub(crate) fn run(
        &mut self,
        contender: Contender,
        case: Case,
        truth: &Truth,
        settings: &Settings,
    ) -> Outcome<Measured> {
        let job = self.job(contender, case, settings);
        self.client.create(&job.output)?;
        let mut process = self.start(contender, &job, settings)?;
        let moments = self.watch(&mut process, &job, case)?;
        let peak_bytes = process.peak_bytes()?;
        drop(process);
        truth.check(&self.client, &job.output)?;
        let Counted { share, cpu, took } = counted_part(&moments)?;
        let counted = case.records as f64 * share;
        let changelogs = case.workload.changelog_topics(&job.application);
        let logged: f64 = changelogs.iter().map(|topic| self.count(topic)).sum::<Outcome<_>>()?;
        let measured = Measured {
            cpu_us: cpu.as_secs_f64() * 1e6 / counted,
            records_per_second: counted / took.as_secs_f64(),
            peak_bytes,
            output: self.count(&job.output)? / case.records as f64,
            // A sum of nothing is -0.
            changelog: logged.abs() / (case.records + case.rows()) as f64,
        };
        self.clean_up(&job)?;
        Ok(measured)
    }

    /// The moments of a run, up to its end.
    fn watch(&self, process: &mut Process, job: &Job, case: Case) -> Outcome<Vec<Moment>> {
        let mut progress = Progress::of(&self.client, &job.application)?;
        let mut topics = vec![job.input.clone()];
        topics.extend(case.workload.topics_between(&job.application));
        // A handful of records may all be committed at the first look: then they count from here on.
        let mut moments = vec![Moment::now(process, BTreeMap::new())?];
        let (mut moved, mut before) = (Instant::now(), BTreeMap::new());
        loop {
            let committed = committed(&mut progress, &topics)?;
            let is_read = committed.get(&job.input) == Some(&case.records);
            if committed != before {
                (moved, before) = (Instant::now(), committed.clone());
                moments.push(Moment::now(process, committed)?);
            }
            if is_read {
                self.await_later_parts(&mut progress, process, job, case)?;
                moments.push(Moment::now(process, self::committed(&mut progress, &topics)?)?);
                return Ok(moments);
            }
            process.check()?;
            if moved.elapsed() > STUCK_AFTER {
                return Err(format!("{} has stopped at {before:?} records", job.application).into());
            }
            std::thread::sleep(LOOK_AGAIN_AFTER);
        }
    }

    /// Waits until a job has done and committed everything.
    pub(super) fn await_committed(&self, process: &mut Process, job: &Job, case: Case) -> Outcome<()> {
        let mut progress = Progress::of(&self.client, &job.application)?;
        await_committed(&mut progress, process, &job.input, case.records)?;
        self.await_later_parts(&mut progress, process, job, case)
    }

    /// Waits until the rest of the topology has processed what the part that reads the input has written.
    fn await_later_parts(
        &self,
        progress: &mut Progress<'_>,
        process: &mut Process,
        job: &Job,
        case: Case,
    ) -> Outcome<()> {
        let rows = case.awaits_rows().then(|| job.rows.clone());
        for topic in rows.into_iter().chain(case.workload.topics_between(&job.application)) {
            // What its writers have committed, they have written.
            let records = self.client.ends(&topic)?.iter().sum();
            await_committed(progress, process, &topic, records)?;
        }
        Ok(())
    }

    /// How many records were ever written to a topic; none to one that is not there.
    fn count(&self, topic: &str) -> Outcome<f64> {
        let count = if self.client.exists(topic)? { self.client.ends(topic)?.iter().sum() } else { 0_u64 };
        Ok(count as f64)
    }
}

/// How many records of each topic are committed.
fn committed(progress: &mut Progress<'_>, topics: &[String]) -> Outcome<BTreeMap<String, u64>> {
    topics.iter().map(|topic| Ok((topic.clone(), progress.committed(topic)?))).collect()
}

/// Waits until this many records of a topic are processed and committed.
fn await_committed(progress: &mut Progress<'_>, process: &mut Process, topic: &str, records: u64) -> Outcome<()> {
    let deadline = Instant::now() + STUCK_AFTER;
    while progress.committed(topic)? < records {
        process.check()?;
        if Instant::now() > deadline {
            return Err(format!("{topic} is not read to its end").into());
        }
        std::thread::sleep(LOOK_AGAIN_AFTER);
    }
    Ok(())
}
