//! Tracks outages of the log, and emits events about them.

use std::time::Duration;

use millstream_types::MonotonicTime;

use crate::events::{EventKind, EventSink};

/// The interval of events during an outage. After a minute the event is an error, and so an alert.
const EVENT_INTERVAL: Duration = Duration::from_secs(60);

/// Tracks whether there is an outage.
#[derive(Debug, Default)]
pub struct Outage {
    began: Option<MonotonicTime>,
    /// The last reason.
    reason: String,
    emitted_at: MonotonicTime,
}

impl Outage {
    /// Records that the log could not be reached at `now`, and emits an event if one is due.
    pub fn report(&mut self, reason: &str, now: MonotonicTime, events: &EventSink) {
        let is_new = self.began.is_none();
        reason.clone_into(&mut self.reason);
        let began = *self.began.get_or_insert(now);
        if is_new || now - self.emitted_at >= EVENT_INTERVAL {
            self.emitted_at = now;
            let lasting = now - began;
            events.emit(EventKind::LogUnavailable { reason: reason.to_owned(), lasting });
        }
    }

    /// Why the log cannot be reached at present, if it cannot.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.began.map(|_| self.reason.as_str())
    }

    /// Records that the log was reached at `now`, and emits an event if that ends an outage.
    pub fn end(&mut self, now: MonotonicTime, events: &EventSink) {
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
    fn an_outage_is_reported_once_a_minute_and_at_its_end() {
        let events = EventSink::to_writer(
            "app",
            &EventSettings { lines: false, ..EventSettings::default() },
            Arc::new(SystemClock::new()),
            std::io::sink(),
        );
        let emitted = Arc::new(Mutex::new(Vec::new()));
        let received = Arc::clone(&emitted);
        events.add_listener(move |event| received.lock().unwrap().push(event.kind.clone()));

        let at = |seconds| MonotonicTime::START + Duration::from_secs(seconds);
        let mut outage = Outage::default();
        for seconds in [10, 11, 69, 70, 71] {
            outage.report("no broker", at(seconds), &events);
        }
        assert_eq!(outage.reason(), Some("no broker"));
        outage.end(at(75), &events);
        outage.end(at(76), &events);
        assert_eq!(outage.reason(), None);

        let unavailable = |lasting| EventKind::LogUnavailable {
            reason: "no broker".to_owned(),
            lasting: Duration::from_secs(lasting),
        };
        let expected = [unavailable(0), unavailable(60), EventKind::LogAvailable { lasted: Duration::from_secs(65) }];
        assert_eq!(*emitted.lock().unwrap(), expected);
    }
}
