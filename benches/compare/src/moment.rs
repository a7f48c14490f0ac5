//! Moments of a run, and the part of it that counts.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::contender::process::Process;

/// The measurement starts after at most this share of the work, when a virtual machine has warmed up.
const WARM_UP_MAX: f64 = 0.3;

/// A moment of a run, right after a commit: between two commits more is done than is committed.
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

    /// How much is done of what is done at the `end`: the largest share of a topic, since the part that reads the input may be far ahead
    /// of those behind it. What counts then costs rather more than it does.
    fn share_of(&self, end: &Self) -> f64 {
        let all = end.committed.iter().filter(|(_, all)| **all > 0);
        let shares = all.map(|(topic, all)| self.committed.get(topic).map_or(0.0, |done| *done as f64 / *all as f64));
        shares.fold(0.0, f64::max)
    }
}

/// The part of a run that counts: from the last of its moments in the warm-up to its end.
pub(crate) fn counted_part(moments: &[Moment]) -> Outcome<Counted> {
    let end = moments.last().ok_or("nobody has looked at the run")?;
    let is_warm_up = |moment: &&Moment| moment.share_of(end) <= WARM_UP_MAX;
    let begin = moments.iter().rfind(is_warm_up).unwrap_or(end);
    let (share, cpu) = (1.0 - begin.share_of(end), end.cpu.saturating_sub(begin.cpu));
    Ok(Counted { share, cpu, took: end.at - begin.at })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A part that reads the input was through at the second look, and what the other did counted as if it were for a tenth of the
    /// records: a join by foreign keys cost between 13 and 33 µs a record.
    #[test]
    fn what_counts_begins_before_any_part_is_far_ahead() {
        let start = Instant::now();
        let moment = |input: u64, between: u64, seconds: u64| Moment {
            committed: [("input".to_owned(), input), ("between".to_owned(), between)].into(),
            cpu: Duration::from_secs(seconds),
            at: start + Duration::from_secs(2 * seconds),
        };
        let counted = counted_part(&[moment(0, 0, 1), moment(90, 0, 4), moment(100, 200, 10)]).unwrap();
        assert_eq!((counted.share, counted.cpu, counted.took), (1.0, Duration::from_secs(9), Duration::from_secs(18)));
        let moments = [moment(0, 0, 1), moment(10, 40, 3), moment(20, 80, 4), moment(100, 200, 10)];
        let counted = counted_part(&moments).unwrap();
        assert_eq!((counted.share, counted.cpu, counted.took), (0.8, Duration::from_secs(7), Duration::from_secs(14)));
    }
}
