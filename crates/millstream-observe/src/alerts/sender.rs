//! The thread that delivers alerts.

use std::sync::Arc;
use std::time::Duration;
use std::{io, thread};

use backon::{BackoffBuilder, ExponentialBuilder};

use super::config::AlertConfig;
use super::delivery::{Delivery, DeliveryError, body};
use super::problems::{Alert, Intervals};
use super::queue::{Next, Queue};
use crate::clock::{Clock, SystemClock};
use crate::events::{EventKind, EventSink};

/// How much longer than the limit closing waits for the delivering thread.
const CLOSE_SLACK: Duration = Duration::from_millis(100);
/// The longest backoff while the application closes.
const CLOSING_BACKOFF_MAX: Duration = Duration::from_millis(500);

/// Sends alerts about the problems that events report, from a separate thread.
///
/// Events of [`Level::Error`](crate::events::Level::Error) report problems. All events of the same kind about the same
/// subject, in all threads, are one problem. It has one alert when it begins, another after each
/// [`repeat_interval`](AlertConfig::repeat_interval) while it lasts, and one when it is resolved.
///
/// An alert is delivered at least once if the receiver responds with a success within
/// [`attempts_max`](AlertConfig::attempts_max) attempts. If one is given up or dropped, there is an event with the level of
/// a warning. Emitting an event never waits for an alert.
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
    /// Starts to send alerts about the events of `events`.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(config: AlertConfig, events: &EventSink) -> io::Result<Self> {
        let intervals =
            Intervals { settle: config.settle, repeat: config.repeat_interval, resolve: config.resolve_after };
        let queue = Arc::new(Queue::new(intervals, config.queue_max, events.clock()));
        // Delivery waits on real sockets, so it uses the system's clock, whichever clock the application uses.
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
        events.add_listener(move |event| queue.observe(event));
        Ok(alerts)
    }

    /// Blocks until every alert is delivered or given up, for `limit` at most. Returns whether delivery has ended by then.
    ///
    /// Alerts that are not delivered by then are counted in an event. Alerts about later events are dropped.
    pub fn close(&self, limit: Duration) -> bool {
        if self.queue.deadline().is_none() {
            self.queue.close(self.clock.monotonic() + limit);
        }
        let ended = self.queue.wait_for_end(limit.saturating_add(CLOSE_SLACK));
        if !ended {
            emit_dropped(&self.events, self.queue.end(), &self.receiver);
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
    thread::Builder::new().name("millstream-alerts".to_owned()).spawn(move || {
        let _ending = EndsQueue(Arc::clone(&worker.queue));
        worker.run();
    })?;
    Ok(())
}

/// Marks delivery as ended when it is dropped, so that closing does not wait for a thread that has panicked.
struct EndsQueue(Arc<Queue>);

impl Drop for EndsQueue {
    fn drop(&mut self) {
        self.0.end();
    }
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
                Next::Deliver { alert, dropped } => {
                    self.sent += 1;
                    emit_dropped(&self.events, dropped, &self.config.receiver());
                    self.deliver(&delivery, &alert, dropped);
                }
                Next::End { dropped } => break dropped,
            }
        };
        emit_dropped(&self.events, dropped_last, &self.config.receiver());
        self.queue.end();
    }

    fn deliver(&self, delivery: &Delivery, alert: &Alert, dropped: u64) {
        let (application, time) = (&alert.event.application, alert.event.time.as_millis());
        let alert_id = format!("{application}-{time}-{}", self.sent);
        let event = if self.config.quotes_allowed { alert.event.clone() } else { alert.event.without_quotes() };
        let body = body(alert, &event, &alert_id, dropped).to_string().into_bytes();
        let mut backoffs = self.backoffs();
        for attempts in 1.. {
            let Err(error) = delivery.attempt(&body, self.config.timeout.min(self.time_left())) else { return };
            match backoffs.next().filter(|_| error.is_retriable()) {
                Some(backoff) if !self.time_left().is_zero() => self.back_off(backoff),
                _ => return self.give_up(alert, attempts, &error),
            }
        }
    }

    fn back_off(&self, backoff: Duration) {
        match self.queue.deadline() {
            None => self.queue.back_off(backoff, None),
            deadline => self.queue.back_off(backoff.min(CLOSING_BACKOFF_MAX), deadline),
        }
    }

    fn backoffs(&self) -> impl Iterator<Item = Duration> + use<> {
        ExponentialBuilder::new()
            .with_min_delay(self.config.backoff_min)
            .with_max_delay(self.config.backoff_max)
            .with_max_times(self.config.attempts_max.saturating_sub(1) as usize)
            .with_jitter()
            .build()
    }

    /// The time until the deadline; [`Duration::MAX`] while the application runs.
    fn time_left(&self) -> Duration {
        let deadline = self.queue.deadline();
        deadline.map_or(Duration::MAX, |deadline| deadline - self.clock.monotonic())
    }

    fn give_up(&self, alert: &Alert, attempts: u32, error: &DeliveryError) {
        if self.queue.has_ended() {
            return; // closing has counted it already
        }
        self.events.emit(EventKind::AlertFailed {
            alert: alert.event.kind.name(),
            receiver: self.config.receiver(),
            attempts,
            reason: error.to_string(),
        });
    }
}

fn emit_dropped(events: &EventSink, count: u64, receiver: &str) {
    if count > 0 {
        events.emit(EventKind::AlertsDropped { count, receiver: receiver.to_owned() });
    }
}
