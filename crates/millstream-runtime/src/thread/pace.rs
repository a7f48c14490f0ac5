//! How many records to take between two looks at the clock.

use std::time::Duration;

/// Adapts a number of records to how long they take: so few that a limit of time is kept, so many that reading the clock
/// costs nothing.
///
/// It halves or more at once when records turn out to be slow, and doubles when they are quick.
#[derive(Debug)]
pub(super) struct Pace {
    records: usize,
    records_max: usize,
}

impl Pace {
    /// Begins with one record, and never takes more than this many.
    pub(super) fn new(records_max: usize) -> Self {
        Self { records: 1, records_max }
    }

    /// How many records to take next, at least one.
    pub(super) fn records(&self) -> usize {
        self.records
    }

    /// Those records took this long, of a limit.
    pub(super) fn adapt(&mut self, limit: Duration, took: Duration) {
        if took > limit {
            let ratio = took.as_nanos() / limit.as_nanos().max(1) + 1;
            self.records = (self.records / usize::try_from(ratio).unwrap_or(usize::MAX)).max(1);
        } else if took <= limit / 2 {
            self.records = self.records.saturating_mul(2).min(self.records_max);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_millis(1);

    /// How many records it takes at once when each takes this long, and how long the longest look took.
    fn settled(pace: &mut Pace, per_record: Duration) -> (usize, Duration) {
        let mut longest = Duration::ZERO;
        for _ in 0..20 {
            let took = per_record * u32::try_from(pace.records()).expect("it is small");
            longest = longest.max(took);
            pace.adapt(LIMIT, took);
        }
        (pace.records(), longest)
    }

    #[test]
    fn it_takes_many_records_that_are_quick_and_one_that_is_slow() {
        let mut pace = Pace::new(32);
        assert_eq!(settled(&mut pace, Duration::from_nanos(100)), (32, Duration::from_nanos(3_200)));
        let (records, longest) = settled(&mut pace, Duration::from_millis(20));
        assert_eq!((records, longest), (1, Duration::from_millis(640)), "only the first look is late");
        assert_eq!(settled(&mut pace, Duration::from_micros(100)).0, 8);
        assert_eq!(settled(&mut pace, Duration::ZERO).0, 32);
    }

    #[test]
    fn the_first_look_is_after_one_record() {
        assert_eq!(Pace::new(32).records(), 1);
    }
}
