//! One run of one contender: started, watched, checked.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::broker::Broker;
use crate::contender::{Contender, Programs};
use crate::hands::Hands;
use crate::job::{Job, Store};
use crate::process::{Cores, Process};
use crate::progress::Progress;
use crate::truth::Truth;
use crate::workload::Workload;

/// Time counts from here on, in percent of the input: a virtual machine has warmed up by then.
const COUNTED_FROM_PERCENT: u64 = 25;

/// Between two looks at the committed offsets.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(5);

/// A contender that has not moved for so long is stuck.
const STUCK_AFTER: Duration = Duration::from_secs(120);

/// Settings that both sides have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) commit_ms: u64,
    pub(crate) cache_bytes: usize,
    pub(crate) linger_ms: u64,
}

/// A workload with its store and its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Case {
    pub(crate) workload: Workload,
    pub(crate) store: Store,
    pub(crate) records: u64,
    pub(crate) rows: u64,
}

/// What one run cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    /// Processor time of the process per input record, in microseconds, over the counted part.
    pub(crate) cpu_us: f64,
    /// Input records per second, over the counted part.
    pub(crate) records_per_second: f64,
    /// The most memory the process ever had.
    pub(crate) peak_bytes: u64,
    /// Output records per input record.
    pub(crate) output: f64,
    /// Changelog records per input record; rows of a table count as input here.
    pub(crate) changelog: f64,
}

/// Where runs take place.
pub(crate) struct Arena {
    pub(crate) broker: Broker,
    pub(crate) hands: Hands,
    pub(crate) programs: Programs,
    pub(crate) cores: Option<Cores>,
    /// Where to put a profile of each run, if at all.
    pub(crate) profiles: Option<PathBuf>,
    /// How many runs there were; each has names of its own.
    pub(crate) runs: usize,
}

/// A moment of a run.
struct Moment {
    records: u64,
    cpu: Duration,
    at: Instant,
}

impl Arena {
    /// Runs a contender through a case and checks what it wrote.
    pub(crate) fn run(
        &mut self,
        contender: Contender,
        case: Case,
        truth: &Truth,
        settings: Settings,
    ) -> Outcome<Measured> {
        let job = self.job(contender, case, settings);
        self.hands.create(&job.output)?;
        let core = self.cores.map(|cores| cores.contender);
        let mut process = Process::start(self.programs.command(contender, &job, core))?;
        process.await_running()?;
        if let Some(directory) = &self.profiles {
            let file = directory.join(format!("{}.perf", job.application));
            process.profile(self.cores.map(|cores| cores.broker), &file)?;
        }
        let (begin, end) = self.watch(&mut process, &job, case)?;
        let peak_bytes = process.peak_bytes()?;
        drop(process);
        truth.check(&self.hands, &job.output)?;
        let counted = (end.records - begin.records) as f64;
        let measured = Measured {
            cpu_us: end.cpu.saturating_sub(begin.cpu).as_secs_f64() * 1e6 / counted,
            records_per_second: counted / (end.at - begin.at).as_secs_f64(),
            peak_bytes,
            output: self.per_record(Some(job.output.clone()), case.records)?,
            changelog: self.per_record(case.workload.changelog_topic(&job.application), case.records + case.rows)?,
        };
        self.hands.empty(&job.output)?;
        // A directory that stays is the system's to remove.
        let _left = std::fs::remove_dir_all(&job.state_dir);
        Ok(measured)
    }

    fn job(&mut self, contender: Contender, case: Case, settings: Settings) -> Job {
        self.runs += 1;
        let application = format!("{}-{}-{}", contender.name(), case.workload.name(), self.runs);
        Job {
            bootstrap: self.broker.bootstrap().to_owned(),
            workload: case.workload,
            store: case.store,
            state_dir: self.broker.directory().join("state").join(&application),
            input: case.workload.input().topic(case.records),
            rows: crate::records::Input::Rows.topic(case.rows),
            output: format!("{application}-output"),
            commit_ms: settings.commit_ms,
            cache_bytes: settings.cache_bytes,
            linger_ms: settings.linger_ms,
            application,
        }
    }

    /// The moments between which time counts.
    fn watch(&self, process: &mut Process, job: &Job, case: Case) -> Outcome<(Moment, Moment)> {
        let mut progress = Progress::of(&self.hands, &job.application)?;
        let from = case.records * COUNTED_FROM_PERCENT / 100;
        let mut begin = None;
        let (mut moved, mut before) = (Instant::now(), 0);
        loop {
            let records = progress.committed(&job.input)?;
            let moment = Moment { records, cpu: process.cpu()?, at: Instant::now() };
            if records == case.records && is_through(&mut progress, job, case)? {
                let begin = begin.ok_or("the contender was through at once; give it more records")?;
                return Ok((begin, Moment { cpu: process.cpu()?, at: Instant::now(), ..moment }));
            }
            if records > before {
                (moved, before) = (Instant::now(), records);
            }
            if begin.is_none() && records >= from {
                begin = Some(moment);
            }
            process.check()?;
            if moved.elapsed() > STUCK_AFTER {
                return Err(format!("{} stands still at {records} records", job.application).into());
            }
            std::thread::sleep(LOOK_AGAIN_AFTER);
        }
    }

    fn per_record(&self, topic: Option<String>, records: u64) -> Outcome<f64> {
        let Some(topic) = topic else { return Ok(0.0) };
        Ok(self.hands.ends(&topic)?.iter().sum::<u64>() as f64 / records as f64)
    }
}

/// Whether the second half of the topology has taken all that the first one gave it.
fn is_through(progress: &mut Progress<'_>, job: &Job, case: Case) -> Outcome<bool> {
    let Some(between) = case.workload.repartition_topic(&job.application) else {
        return Ok(true);
    };
    Ok(progress.committed(&between)? == case.records)
}
