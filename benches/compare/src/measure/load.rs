//! A load: how many records a second, and for how long.

use std::time::Duration;

/// How long records do not count by default. Until the virtual machines, in particular the broker's, have compiled the hot code,
/// requests take several times as long and queue up.
pub(crate) const WARM_UP: Duration = Duration::from_secs(30);

/// How often the records that are due are sent, as a producer with linger does; latency counts from when they were due. With a
/// request per record, 5,000 requests per second would use all of the broker's core.
const TICK: Duration = Duration::from_millis(1);

/// Records at a constant rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Load {
    /// How many records are due in a second.
    pub(crate) per_second: u64,
    /// How long records do not count.
    pub(crate) warm_up: Duration,
    /// How long records count after that.
    pub(crate) counted: Duration,
}

impl Load {
    /// How many records there are.
    pub(crate) fn records(self) -> u64 {
        self.until(self.warm_up + self.counted)
    }

    /// The number of the first record that counts.
    pub(crate) fn first_counted(self) -> u64 {
        self.until(self.warm_up)
    }

    /// When a record is due, after the start.
    pub(crate) fn due(self, number: u64) -> Duration {
        Duration::from_nanos(number * 1_000_000_000 / self.per_second)
    }

    /// When a record is sent, together with all others that are due by then.
    pub(crate) fn turn(self, number: u64) -> Duration {
        TICK * self.due(number).as_nanos().div_ceil(TICK.as_nanos()) as u32
    }

    /// How many records are due before this time.
    fn until(self, time: Duration) -> u64 {
        time.as_millis() as u64 * self.per_second / 1_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_due_evenly_and_sent_every_millisecond() {
        let load = Load { per_second: 4_000, warm_up: Duration::from_secs(1), counted: Duration::from_millis(500) };
        assert_eq!((load.first_counted(), load.records()), (4_000, 6_000));
        assert_eq!([0, 1, 2, 4].map(|number| load.due(number).as_micros()), [0, 250, 500, 1_000]);
        assert_eq!([0, 1, 4, 5].map(|number| load.turn(number).as_millis()), [0, 1, 1, 2]);
    }
}
