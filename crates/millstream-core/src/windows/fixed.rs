//! Windows whose bounds do not depend on records: tumbling, hopping and unlimited.

use std::time::Duration;

use millstream_types::Timestamp;
use millstream_types::time::millis_of;

use super::starts::Starts;
use super::time::TimeWindows;
use super::unlimited::UnlimitedWindows;

/// Windows whose bounds do not depend on records.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FixedWindows {
    Time(TimeWindows),
    Unlimited(UnlimitedWindows),
}

impl FixedWindows {
    /// What is wrong with these windows, if anything.
    pub(crate) fn fault(&self) -> Option<String> {
        match self {
            Self::Time(windows) => windows.fault(),
            Self::Unlimited(windows) => windows.fault(),
        }
    }

    /// The length of a window.
    pub(crate) fn size(&self) -> Duration {
        match self {
            Self::Time(windows) => windows.size(),
            Self::Unlimited(_) => Duration::from_millis(i64::MAX.unsigned_abs()),
        }
    }

    pub(crate) fn grace(&self) -> Duration {
        match self {
            Self::Time(windows) => windows.grace(),
            Self::Unlimited(_) => Duration::ZERO,
        }
    }

    /// The time until which windows have to end to be closed at `stream_time`.
    pub(crate) fn closed_until(&self, stream_time: Timestamp) -> Timestamp {
        match self {
            Self::Time(windows) => stream_time.saturating_add(-windows.grace_ms()),
            Self::Unlimited(_) => stream_time,
        }
    }

    /// The end of the window that begins at `start`, at most the largest time.
    pub(crate) fn end_of(&self, start: Timestamp) -> Timestamp {
        match self {
            Self::Time(windows) => windows.end_of(start),
            Self::Unlimited(_) => Timestamp::from_millis(i64::MAX),
        }
    }

    /// Whether the window that begins at `start` ends after `closed_until`.
    pub(crate) fn is_open(&self, start: Timestamp, closed_until: Timestamp) -> bool {
        match self {
            Self::Time(windows) => windows.is_open(start, closed_until),
            Self::Unlimited(_) => true,
        }
    }

    /// The earliest and the latest start of the windows that have closed since `last`, which is unknown at first.
    pub(crate) fn closed_since(&self, last: Timestamp, closed_until: Timestamp) -> Option<[Timestamp; 2]> {
        match self {
            Self::Time(windows) => windows.closed_since(last, closed_until),
            Self::Unlimited(_) => None,
        }
    }

    /// The earliest start of windows that end after `closed_until`.
    pub(crate) fn earliest_open(&self, closed_until: Timestamp) -> Timestamp {
        closed_until.saturating_add(-millis_of(self.size())).saturating_add(1)
    }

    /// The starts of the windows that contain `time`, earliest first.
    pub(crate) fn starts_for(&self, time: Timestamp) -> Starts {
        match self {
            Self::Time(windows) => windows.starts_for(time),
            Self::Unlimited(windows) if time >= windows.start() => Starts::one(windows.start()),
            Self::Unlimited(_) => Starts::none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unlimited_window_has_every_time_from_its_start_on() {
        let windows = FixedWindows::Unlimited(UnlimitedWindows::of().start_on(Timestamp::from_millis(5)));
        let starts = |time: i64| windows.starts_for(time.into()).map(Timestamp::as_millis).collect::<Vec<_>>();
        assert!(starts(i64::MIN).is_empty() && starts(4).is_empty());
        assert_eq!((starts(5), starts(i64::MAX)), (vec![5], vec![5]));
        assert!(windows.is_open(5.into(), i64::MAX.into()));
    }
}
