//! Moments of a run, and the part of it that counts.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::contender::process::Process;

/// The measurement starts after this share of the work, when a virtual machine has warmed up.
const COUNTED_FROM: f64 = 0.25;

/// A moment of a run.
pub(crate) struct Moment {
    /// How many records of each topic are processed and committed: of the input, and of those between the parts of the topology.
    pub(crate) committed: BTreeMap<String, u64>,
    cpu: Duration,
    at: Instant,
}

/// The part of a run that counts.
pub(crate) struct Counted {
    /// Its share of the run.
    pub(crate) share: f64,
    /// The processor time.
    pub(crate) cpu: Duration,
    /// The time it took.
    pub(crate) took: Duration,
}

impl Moment {
    /// The present moment of a process that has committed so much.
    pub(crate) fn now(process: &Process, committed: BTreeMap<String, u64>) -> Outcome<Self> {
        Ok(Self { committed, cpu: process.cpu()?, at: Instant::now() })
    }

    /// How much is done of what is done at the `end`: the mean share of the topics. That of the input alone would not do, since the part
    /// that reads it may be far ahead of those behind it.
    fn share_of(&self, end: &Self) -> f64 {
        let all = end.committed.iter().filter(|(_, all)| **all > 0);
        let shares = all.map(|(topic, all)| self.committed.get(topic).map_or(0.0, |done| *done as f64 / *all as f64));
        let shares: Vec<f64> = shares.collect();
        shares.iter().sum::<f64>() / shares.len().max(1) as f64
    }
}

/// The part of a run that counts: from the first of its moments after the warm-up to the last, or all of it if there is none before the
/// work is done.
pub(crate) fn counted_part(moments: &[Moment]) -> Outcome<Counted> {
    let end = moments.last().ok_or("nobody has looked at the run")?;
    let is_warm = |moment: &&Moment| (COUNTED_FROM..1.0).contains(&moment.share_of(end));
    let begin = moments.iter().find(is_warm).or(moments.first()).unwrap_or(end);
    let (share, cpu) = (1.0 - begin.share_of(end), end.cpu.saturating_sub(begin.cpu));
    Ok(Counted { share, cpu, took: end.at - begin.at })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A part that reads the input was through at the second look, and what the other did counted as if it were for a tenth of the
    /// records: a join by foreign keys cost between 13 and 33 µs a record.
    #[test]
    fn the_parts_of_a_topology_count_alike() {
        let start = Instant::now();
        let moment = |input: u64, between: u64, seconds: u64| Moment {
            committed: [("input".to_owned(), input), ("between".to_owned(), between)].into(),
            cpu: Duration::from_secs(seconds),
            at: start + Duration::from_secs(2 * seconds),
        };
        let counted = counted_part(&[moment(0, 0, 0), moment(90, 0, 4), moment(100, 200, 10)]).unwrap();
        assert!((counted.share - 0.55).abs() < 1e-9, "{}", counted.share);
        assert_eq!((counted.cpu, counted.took), (Duration::from_secs(6), Duration::from_secs(12)));
        let at_once = counted_part(&[moment(0, 0, 1), moment(100, 200, 10)]).unwrap();
        assert_eq!((at_once.share, at_once.cpu), (1.0, Duration::from_secs(9)));
    }
}
