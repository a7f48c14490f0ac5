//! How long an authentication is valid.

use std::time::Duration;

use millstream_types::MonotonicTime;

/// The session of an authenticated connection (KIP-368). Its end is that of the token, or set by the broker
/// (`connections.max.reauth.ms`). A request after it ends the connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Session {
    /// When to authenticate again; `None` is never.
    renew_at: Option<MonotonicTime>,
}

impl Session {
    /// A session that has just begun. It is renewed after 85 to 95 % of its life, as in Kafka's Java clients: `chance` tells
    /// when, so that clients that started together do not do it together.
    pub(super) fn new(life: Duration, chance: u8, now: MonotonicTime) -> Self {
        let share = 0.85 + 0.1 * f64::from(chance) / 255.0;
        Self { renew_at: (!life.is_zero()).then(|| now + life.mul_f64(share)) }
    }

    /// Whether to authenticate again.
    pub(crate) fn is_over(&self, now: MonotonicTime) -> bool {
        self.renew_at.is_some_and(|at| now >= at)
    }

    /// How long the session may be used without authenticating again; `None` is for ever.
    pub(crate) fn left(&self, now: MonotonicTime) -> Option<Duration> {
        self.renew_at.map(|at| at - now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_renewed_before_its_end() {
        let at = |millis| MonotonicTime::after_start(Duration::from_millis(millis));
        for (chance, renewed_after) in [(0, 8_500), (255, 9_500)] {
            let session = Session::new(Duration::from_secs(10), chance, at(1_000));
            assert!(!session.is_over(at(1_000 + renewed_after - 1)));
            assert!(session.is_over(at(1_000 + renewed_after + 1)));
        }
        let endless = Session::new(Duration::ZERO, 7, at(1_000));
        assert_eq!((endless.is_over(at(u64::MAX / 2_000_000)), endless.left(at(0))), (false, None));
    }
}
