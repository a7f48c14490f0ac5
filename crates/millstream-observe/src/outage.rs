//! Keeps track of a log that cannot be reached, and tells of it once at its beginning, now and then, and at its end.

use std::time::Duration;

use millstream_types::MonotonicTime;

use crate::events::{EventKind, EventSink};

/// While an outage lasts it is told again at this interval: after a minute it becomes an alert.
const TOLD_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// An outage that may be under way.
#[derive(Debug, Default)]
pub struct Outage {
    began: Option<MonotonicTime>,
    told: MonotonicTime,
}

impl Outage {
    /// The log could not be reached just now.
    pub fn goes_on(&mut self, reason: &str, now: MonotonicTime, events: &EventSink) {
        let is_new = self.began.is_none();
        let began = *self.began.get_or_insert(now);
        if is_new || now - self.told >= TOLD_AGAIN_AFTER {
            self.told = now;
            let lasting = now - began;
            events.emit(EventKind::LogUnavailable { reason: reason.to_owned(), lasting });
        }
    }

    /// The log did something just now.
    pub fn is_over(&mut self, now: MonotonicTime, events: &EventSink) {
        if let Some(began) = self.began.take() {
            events.emit(EventKind::LogAvailable { lasted: now - began });
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::SystemClock;
    use crate::events::EventSettings;

    #[test]
    fn an_outage_is_told_once_a_minute_and_at_its_end() {
        let events = EventSink::to_writer(
            "app",
            &EventSettings { lines: false, ..EventSettings::default() },
            Arc::new(SystemClock::new()),
            std::io::sink(),
        );
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&told);
        events.add_listener(move |event| heard.lock().unwrap().push(event.kind.clone()));

        let at = |seconds| MonotonicTime::START + Duration::from_secs(seconds);
        let mut outage = Outage::default();
        for seconds in [10, 11, 69, 70, 71] {
            outage.goes_on("no broker", at(seconds), &events);
        }
        outage.is_over(at(75), &events);
        outage.is_over(at(76), &events);

        let unavailable = |lasting| EventKind::LogUnavailable {
            reason: "no broker".to_owned(),
            lasting: Duration::from_secs(lasting),
        };
        let expected = [unavailable(0), unavailable(60), EventKind::LogAvailable { lasted: Duration::from_secs(65) }];
        assert_eq!(*told.lock().unwrap(), expected);
    }
}
