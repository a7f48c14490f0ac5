//! How long a member of a group may act for its partitions.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use millstream_types::MonotonicTime;

use crate::clock::monotonic_now;

/// How long a member of a group may act for its partitions. Clones share it.
///
/// A member that does not run for longer than its session (because its process was stopped, or the machine was suspended) has
/// lost its partitions when it continues, and does not know it yet. What it writes then stands in the log behind the records of
/// the new owners. So it holds a lease: it begins when a heartbeat was *sent* that the coordinator answers, since the coordinator
/// counts the session from then on or later, and it ends when the session would, by a clock that includes suspension. Whoever puts
/// bytes on a socket looks at it last.
///
/// After the loss of the partitions a new lease begins. What was made ready under the old one has its [number](Self::number), and
/// must not be sent under the new one.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use millstream_log::{Lease, monotonic_now};
///
/// let lease = Lease::default();
/// assert!(!lease.holds(), "before the first heartbeat");
/// lease.extend(monotonic_now() + Duration::from_secs(60));
/// let number = lease.number();
/// assert!(lease.holds_as(number));
/// lease.end();
/// lease.extend(monotonic_now() + Duration::from_secs(60));
/// assert!(lease.holds() && !lease.holds_as(number), "it is another one");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Lease(Arc<State>);

#[derive(Debug, Default)]
struct State {
    number: AtomicU64,
    /// Until when it lasts, in nanoseconds since the start of the clock.
    until: AtomicU64,
}

impl Lease {
    /// Lets it last until this time of the system's [monotonic clock](monotonic_now), or longer if it does already.
    pub fn extend(&self, until: MonotonicTime) {
        let nanoseconds = (until - MonotonicTime::START).as_nanos();
        self.0.until.fetch_max(u64::try_from(nanoseconds).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    /// Ends it, since the partitions are lost. The next one has another number.
    pub fn end(&self) {
        self.0.number.fetch_add(1, Ordering::SeqCst);
        self.0.until.store(0, Ordering::SeqCst);
    }

    /// The number of the lease, which changes when it [ends](Self::end).
    #[must_use]
    pub fn number(&self) -> u64 {
        self.0.number.load(Ordering::SeqCst)
    }

    /// Whether it lasts now.
    #[must_use]
    pub fn holds(&self) -> bool {
        let until = MonotonicTime::START + std::time::Duration::from_nanos(self.0.until.load(Ordering::SeqCst));
        now() < until
    }

    /// Whether it lasts now, and is the one with this number.
    #[must_use]
    pub fn holds_as(&self, number: u64) -> bool {
        self.number() == number && self.holds()
    }
}

#[expect(clippy::disallowed_methods, reason = "threads look at a lease that have no caller to get the time from")]
fn now() -> MonotonicTime {
    monotonic_now()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a lease lasts by the system's clock")]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn it_is_never_shortened_but_ended() {
        let lease = Lease::default();
        lease.extend(monotonic_now() + Duration::from_secs(60));
        lease.extend(monotonic_now() - Duration::from_nanos(1));
        assert!(lease.holds());
        lease.end();
        assert!(!lease.holds());
    }

    #[test]
    fn it_ends_by_itself() {
        let lease = Lease::default();
        lease.extend(monotonic_now());
        assert!(!lease.holds() && lease.holds_as(lease.number()) == lease.holds());
    }
}
