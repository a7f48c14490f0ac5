//! Detects records that are older than the retention of their topic, which a broker soon deletes without an error.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use millstream_types::time::millis_of;
use millstream_types::{Timestamp, Topic};

/// The retention of each topic that deletes records by their timestamps. All outboxes of an application share it, so that each
/// topic is reported once.
#[derive(Default)]
pub struct Retentions(BTreeMap<Topic, Retention>);

struct Retention {
    kept_for: Duration,
    is_reported: AtomicBool,
}

impl Retentions {
    /// Topics with their retentions.
    #[must_use]
    pub fn new(retentions: impl IntoIterator<Item = (Topic, Duration)>) -> Self {
        let retention = |(topic, kept_for)| (topic, Retention { kept_for, is_reported: AtomicBool::new(false) });
        Self(retentions.into_iter().map(retention).collect())
    }
}

impl fmt::Debug for Retentions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().map(|(topic, retention)| (topic, retention.kept_for))).finish()
    }
}

/// A record that was written although it is older than the retention of its topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooOld {
    /// The topic.
    pub topic: Topic,
    /// The retention of the topic.
    pub kept_for: Duration,
    /// The age of the record, by its timestamp.
    pub age: Duration,
}

/// The check of one outbox: the age of records for topics that are not reported yet.
#[derive(Default)]
pub(super) struct AgeCheck {
    retentions: Arc<Retentions>,
    unreported: Vec<Topic>,
    now: Timestamp,
    /// Only records before this time can be too old for one of these topics.
    suspicious_before: Timestamp,
    found: Vec<TooOld>,
}

impl AgeCheck {
    pub(super) fn over(retentions: Arc<Retentions>) -> Self {
        let unreported = retentions.0.keys().cloned().collect();
        Self { unreported, suspicious_before: Timestamp::from_millis(i64::MIN), retentions, ..Self::default() }
    }

    /// Sets the present time.
    pub(super) fn advance(&mut self, now: Timestamp) {
        self.now = now;
        let shortest = self.unreported.iter().filter_map(|topic| Some(self.retentions.0.get(topic)?.kept_for)).min();
        let before = shortest.map_or(i64::MIN, |shortest| now.as_millis().saturating_sub(millis_of(shortest)));
        self.suspicious_before = Timestamp::from_millis(before);
    }

    /// Checks a record that is being written.
    #[inline]
    pub(super) fn check(&mut self, topic: &Topic, timestamp: Timestamp) {
        if timestamp < self.suspicious_before {
            self.check_age(topic, timestamp);
        }
    }

    #[cold]
    fn check_age(&mut self, topic: &Topic, timestamp: Timestamp) {
        let Some(index) = self.unreported.iter().position(|unreported| unreported == topic) else { return };
        let Some(Retention { kept_for, is_reported }) = self.retentions.0.get(topic) else { return };
        let age_ms = self.now.as_millis().saturating_sub(timestamp.as_millis());
        let age = Duration::from_millis(u64::try_from(age_ms).unwrap_or(0));
        if age <= *kept_for {
            return;
        }
        self.unreported.swap_remove(index);
        if !is_reported.swap(true, Ordering::Relaxed) {
            self.found.push(TooOld { topic: topic.clone(), kept_for: *kept_for, age });
        }
        self.advance(self.now);
    }

    pub(super) fn take_found(&mut self) -> Vec<TooOld> {
        std::mem::take(&mut self.found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    fn check(retentions: &Arc<Retentions>) -> AgeCheck {
        let mut check = AgeCheck::over(Arc::clone(retentions));
        check.advance(NOW);
        check
    }

    fn before_now(seconds: i64) -> Timestamp {
        Timestamp::from_millis(NOW.as_millis() - 1000 * seconds)
    }

    #[test]
    fn each_topic_is_reported_once_by_one_of_the_outboxes() {
        let seconds = Duration::from_secs;
        let (short, long) = (Topic::from("short"), Topic::from("long"));
        let retentions = Arc::new(Retentions::new([(short.clone(), seconds(10)), (long.clone(), seconds(100))]));
        let (mut first, mut second) = (check(&retentions), check(&retentions));

        first.check(&short, before_now(10));
        first.check(&long, before_now(50));
        first.check(&Topic::from("for-ever"), before_now(900));
        assert_eq!(first.take_found(), []);

        first.check(&short, before_now(11));
        first.check(&short, before_now(12));
        assert_eq!(first.take_found(), [TooOld { topic: short.clone(), kept_for: seconds(10), age: seconds(11) }]);
        second.check(&short, before_now(99));
        second.check(&long, before_now(101));
        assert_eq!(second.take_found(), [TooOld { topic: long, kept_for: seconds(100), age: seconds(101) }]);
        assert_eq!(second.suspicious_before.as_millis(), i64::MIN, "nothing is left to check");
    }
}
