//! How much to do between two looks at the clock.

use std::time::Duration;

/// About how long to work between two looks at the clock, where more than one piece of work fits in.
const LOOK_INTERVAL: Duration = Duration::from_micros(100);

/// Adapts the work between two looks at the clock to how long it takes: so little that a limit of time is kept, so much that
/// reading the clock costs nothing.
///
/// It begins with one piece of work, of whatever kind: a record, a row, a schedule. The number doubles while all of it
/// takes less than 50 µs, and becomes less at once when it takes more than 100 µs: each piece that takes long is followed
/// by a look at the clock. Only where pieces that were quick turn slow is a look as late as the number is large.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use millstream_changelog::Pace;
///
/// let mut pace = Pace::new(32);
/// assert_eq!(pace.work(), 1);
/// pace.adapt(Duration::from_micros(1));
/// assert_eq!(pace.work(), 2);
/// pace.adapt(Duration::from_millis(40));
/// assert_eq!(pace.work(), 1);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    work: usize,
    work_max: usize,
}

impl Pace {
    /// Begins with one piece of work, and never allows more than this many between two looks.
    #[must_use]
    pub const fn new(work_max: usize) -> Self {
        Self { work: 1, work_max }
    }

    /// How much to do next, at least one piece of work.
    #[must_use]
    pub const fn work(&self) -> usize {
        self.work
    }

    /// That took this long.
    pub fn adapt(&mut self, took: Duration) {
        if took > LOOK_INTERVAL {
            let ratio = took.as_nanos() / LOOK_INTERVAL.as_nanos() + 1;
            self.work = (self.work / usize::try_from(ratio).unwrap_or(usize::MAX)).max(1);
        } else if took <= LOOK_INTERVAL / 2 {
            self.work = self.work.saturating_mul(2).min(self.work_max);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How much it does at once when each piece takes this long, and how long it worked without a look at most.
    fn settled(pace: &mut Pace, each: Duration) -> (usize, Duration) {
        let mut longest = Duration::ZERO;
        for _ in 0..20 {
            let took = each * u32::try_from(pace.work()).expect("it is small");
            longest = longest.max(took);
            pace.adapt(took);
        }
        (pace.work(), longest)
    }

    #[test]
    fn it_takes_many_records_that_are_quick_and_one_that_is_slow() {
        let mut pace = Pace::new(32);
        assert_eq!(settled(&mut pace, Duration::from_nanos(100)), (32, Duration::from_nanos(3_200)));
        let (work, longest) = settled(&mut pace, Duration::from_millis(20));
        assert_eq!((work, longest), (1, Duration::from_millis(640)), "only the first look is late");
        assert_eq!(settled(&mut pace, Duration::from_micros(10)).0, 8);
        assert_eq!(settled(&mut pace, Duration::ZERO).0, 32);
    }

    #[test]
    fn the_first_look_is_after_one_record() {
        assert_eq!(Pace::new(32).work(), 1);
    }
}
