//! The figures of a run: the processor time of an event, and the peak memory.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use millstream_nexmark::queries::Query;

use super::stage::Stage;
use crate::Outcome;
use crate::contender::job::Job;
use crate::contender::process::Process;
use crate::moment::{Counted, Moment, counted_part};

/// How often committed offsets are read.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(20);

/// A contender without progress for this long is stuck.
const STUCK_AFTER: Duration = Duration::from_secs(120);

/// The figures of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figures {
    /// Processor time of the process per event, in microseconds, over the counted part.
    pub(super) cpu_us: f64,
    /// Events per second, over the counted part.
    pub(super) events_per_second: f64,
    /// The peak memory of the process.
    pub(super) peak_bytes: u64,
    /// Output records per event.
    pub(super) output: f64,
    /// Changelog records per event.
    pub(super) changelog: f64,
    /// Records of repartition topics per event.
    pub(super) between: f64,
}

impl Stage {
    /// Waits until every event is processed and committed, behind all repartition topics too, and returns what it took.
    pub(super) fn watch(&self, process: &mut Process, job: &Job<Query>) -> Outcome<Figures> {
        // A handful of events may all be committed at the first look: then they count from here on.
        let mut moments = vec![Moment::now(process, BTreeMap::new())?];
        let (mut moved, mut before) = (Instant::now(), BTreeMap::new());
        loop {
            let mut committed = BTreeMap::new();
            for (partition, records) in self.client.committed(&job.application)? {
                *committed.entry(partition.topic.to_string()).or_default() += records;
            }
            let is_through = committed.get(&job.input) == Some(&self.events) && self.is_through(job, &committed)?;
            if committed != before {
                (moved, before) = (Instant::now(), committed.clone());
                moments.push(Moment::now(process, committed)?);
            }
            if is_through {
                return self.figures(process, job, &moments);
            }
            process.check()?;
            if moved.elapsed() > STUCK_AFTER {
                return Err(format!("{} has stopped at {before:?} records", job.application).into());
            }
            std::thread::sleep(LOOK_AGAIN_AFTER);
        }
    }

    /// Whether everything in the repartition topics is committed, too.
    fn is_through(&self, job: &Job<Query>, committed: &BTreeMap<String, u64>) -> Outcome<bool> {
        for topic in self.internal_topics(job)?.iter().filter(|topic| !is_changelog(topic)) {
            let end: u64 = self.client.ends(topic)?.iter().sum();
            if committed.get(topic).copied().unwrap_or(0) < end {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn figures(&self, process: &Process, job: &Job<Query>, moments: &[Moment]) -> Outcome<Figures> {
        let Counted { share, cpu, took } = counted_part(moments)?;
        let counted = self.events as f64 * share;
        let (mut changelog, mut between) = (0, 0);
        for topic in self.internal_topics(job)? {
            let records: u64 = self.client.ends(&topic)?.iter().sum();
            *(if is_changelog(&topic) { &mut changelog } else { &mut between }) += records;
        }
        let per_event = |records: u64| records as f64 / self.events as f64;
        Ok(Figures {
            cpu_us: cpu.as_secs_f64() * 1e6 / counted,
            events_per_second: counted / took.as_secs_f64(),
            peak_bytes: process.peak_bytes()?,
            output: per_event(self.client.ends(&job.output)?.iter().sum()),
            changelog: per_event(changelog),
            between: per_event(between),
        })
    }

    fn internal_topics(&self, job: &Job<Query>) -> Outcome<Vec<String>> {
        let topics = self.client.topics(&format!("{}-", job.application))?;
        Ok(topics.into_iter().filter(|topic| *topic != job.output).collect())
    }
}

fn is_changelog(topic: &str) -> bool {
    topic.ends_with("-changelog")
}
