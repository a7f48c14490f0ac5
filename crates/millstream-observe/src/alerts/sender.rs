//! The thread that delivers alerts.

use std::sync::Arc;
use std::time::Duration;
use std::{io, thread};

use backon::{BackoffBuilder, ExponentialBuilder};

use super::config::AlertConfig;
use super::delivery::{Body, Delivery, DeliveryError};
use super::queue::{Next, Queue};
use crate::events::{Event, EventKind, EventSink};
use crate::{Clock, SystemClock};

/// Time beyond the limit in which the delivering thread notices that it is over.
const CLOSE_SLACK: Duration = Duration::from_millis(100);
/// The longest pause between two attempts while the application closes: somebody waits.
const CLOSING_PAUSE_MAX: Duration = Duration::from_millis(500);

/// Sends every event that [needs a person](Event::needs_person) to a receiver, from a thread of its own.
///
/// An alert is delivered at least once if the receiver answers with a success within
/// [`attempts_max`](AlertConfig::attempts_max) attempts. One that is given up or dropped is told of by an event, at
/// the level of a warning. Emitting an event never waits for an alert.
///
/// Dropping it closes it, with the limit of its configuration.
#[derive(Debug)]
pub struct Alerts {
    queue: Arc<Queue>,
    clock: SystemClock,
    events: EventSink,
    receiver: String,
    close_limit: Duration,
}

impl Alerts {
    /// Begins to send the alerts among `events`.
    ///
    /// # Errors
    /// When the system refuses another thread.
    pub fn start(config: AlertConfig, events: &EventSink) -> io::Result<Self> {
        let queue = Arc::new(Queue::default());
        // Delivery waits on real sockets, so it lives by the system's clock, whatever the application lives by.
        let clock = SystemClock::new();
        let alerts = Self {
            queue: queue.clone(),
            clock,
            events: events.clone(),
            receiver: config.receiver(),
            close_limit: config.close_limit,
        };
        let worker = Worker { queue: queue.clone(), clock, events: events.clone(), config: config.clone(), sent: 0 };
        spawn(worker)?;
        let (queue_max, quotes_allowed) = (config.queue_max, config.quotes_allowed);
        events.add_listener(move |event| {
            if event.needs_person() {
                let event = if quotes_allowed { event.clone() } else { event.without_quotes() };
                queue.push(event, queue_max);
            }
        });
        Ok(alerts)
    }

    /// Waits until every alert is delivered or given up, for `limit` at most. Whether delivery has ended by then.
    ///
    /// What is not delivered by then is told of by an event. Alerts of later events are dropped.
    pub fn close(&self, limit: Duration) -> bool {
        if self.queue.deadline().is_none() {
            self.queue.close(self.clock.monotonic() + limit);
        }
        let ended = self.queue.wait_for_end(limit.saturating_add(CLOSE_SLACK));
        if !ended {
            tell_dropped(&self.events, self.queue.end(), &self.receiver);
        }
        ended
    }
}

impl Drop for Alerts {
    fn drop(&mut self) {
        if self.queue.deadline().is_none() {
            self.close(self.close_limit);
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "alerts have a thread of their own, so that they never hold up another")]
fn spawn(worker: Worker) -> io::Result<()> {
    thread::Builder::new().name("millstream-alerts".to_owned()).spawn(move || worker.run())?;
    Ok(())
}

struct Worker {
    queue: Arc<Queue>,
    clock: SystemClock,
    events: EventSink,
    config: AlertConfig,
    sent: u64,
}

impl Worker {
    fn run(mut self) {
        let delivery = Delivery::new(self.config.clone());
        let dropped_last = loop {
            match self.queue.next() {
                Next::Deliver { event, dropped } => {
                    self.sent += 1;
                    tell_dropped(&self.events, dropped, &self.config.receiver());
                    self.deliver(&delivery, &event, dropped);
                }
                Next::End { dropped } => break dropped,
            }
        };
        tell_dropped(&self.events, dropped_last, &self.config.receiver());
        self.queue.end();
    }

    fn deliver(&self, delivery: &Delivery, event: &Event, dropped: u64) {
        let alert_id = format!("{}-{}-{}", event.application, event.time.as_millis(), self.sent);
        let body = Body { alert_id: &alert_id, alerts_dropped: dropped, event };
        let body = serde_json::to_vec(&body).expect("an event holds nothing that JSON cannot");
        let mut pauses = self.pauses();
        for attempts in 1.. {
            let Err(error) = delivery.attempt(&body, self.config.timeout.min(self.time_left())) else { return };
            match pauses.next().filter(|_| error.is_retriable()) {
                Some(pause) if !self.time_left().is_zero() => self.pause(pause),
                _ => return self.give_up(event, attempts, &error),
            }
        }
    }

    fn pause(&self, pause: Duration) {
        match self.queue.deadline() {
            None => self.queue.pause(pause, None),
            deadline => self.queue.pause(pause.min(CLOSING_PAUSE_MAX), deadline),
        }
    }

    fn pauses(&self) -> impl Iterator<Item = Duration> + use<> {
        ExponentialBuilder::new()
            .with_min_delay(self.config.backoff_min)
            .with_max_delay(self.config.backoff_max)
            .with_max_times(self.config.attempts_max.saturating_sub(1) as usize)
            .with_jitter()
            .build()
    }

    /// How long delivery may still go on: for ever while the application runs.
    fn time_left(&self) -> Duration {
        let deadline = self.queue.deadline();
        deadline.map_or(Duration::MAX, |deadline| deadline - self.clock.monotonic())
    }

    fn give_up(&self, event: &Event, attempts: u32, error: &DeliveryError) {
        if self.queue.has_ended() {
            return; // closing has counted it already
        }
        self.events.emit(EventKind::AlertFailed {
            alert: event.kind.name(),
            receiver: self.config.receiver(),
            attempts,
            reason: error.to_string(),
        });
    }
}

fn tell_dropped(events: &EventSink, count: u64, receiver: &str) {
    if count > 0 {
        events.emit(EventKind::AlertsDropped { count, receiver: receiver.to_owned() });
    }
}
