//! A connection to a broker for writing, with a thread that sends requests and waits for responses.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::thread;
use std::time::Duration;

use millstream_log::Signal;
use millstream_types::{MonotonicTime, TopicPartition};

use super::error_class::ErrorClass;
use crate::address::Address;
use crate::batch::Batch;
use crate::clock::now;
use crate::connection::{Connection, Handle, spawn};
use crate::error::LinkError;
use crate::leased::Permit;
use crate::messages::produce::{self, ProduceResponse, Produced};
use crate::settings::ProduceSettings;

/// One request is in flight, and one waits to follow it at once.
const REQUESTS_MAX: usize = 2;

/// After a request the next one waits for as long as that took, up to this limit, even if `linger` is shorter. Otherwise a
/// broker would get single records one by one, instead of several at once.
const REST_MAX: Duration = Duration::from_millis(1);

/// After so long without a request, the next one is sent only if the broker has not closed the connection.
const UNCHECKED: Duration = Duration::from_millis(100);

/// The capacity of the channel of events.
const EVENTS_MAX: usize = 8;

/// A connection to a broker. One request is in flight at a time, since a broker processes them one by one. When one has failed
/// for any partition, the requests passed to the thread before that was known are requeued.
pub(super) struct Link {
    requests: SyncSender<Request>,
    events: Receiver<LinkEvent>,
    /// Dropping it ends the thread.
    connection: Option<Handle>,
    /// The partitions of each request that has not been responded to or requeued.
    in_flight: VecDeque<Vec<usize>>,
    /// How many requests are known to have failed for a partition.
    failures_known: usize,
    /// A request has failed, and later ones have not been requeued yet: a new request would overtake them.
    is_draining: bool,
    /// Whether `linger` has passed since the last request.
    is_rested: bool,
    /// Since when a response has been awaited: that to the oldest request, or to the first one on the connection.
    waiting_since: Option<MonotonicTime>,
    /// How long that may take before the connection is closed.
    timeout: Duration,
    /// Until when the broker reads nothing: a response is not awaited before.
    throttled_until: MonotonicTime,
    /// How many bytes the connection has moved: while a request is still being sent, no response is overdue.
    moved_bytes: u64,
}

/// The batches of some partitions.
struct Request {
    permit: Permit,
    /// How many failures were known when it was made.
    failures_known: usize,
    batches: Vec<(TopicPartition, Arc<Batch>)>,
}

enum LinkEvent {
    Connected(Handle),
    Response {
        response: ProduceResponse,
        /// Whether another request may be sent at once.
        is_rested: bool,
    },
    Requeued,
    Rested,
    Ended(LinkError),
}

/// The outcome of a request.
pub(super) enum Returned {
    /// The broker has responded.
    Response(ProduceResponse),
    /// The request was not sent.
    Requeued,
}

impl Link {
    /// Connects. The signal is raised whenever there is something to poll.
    pub(super) fn open(
        address: Address,
        settings: ProduceSettings,
        signal: &Signal,
        timeout: Duration,
        now: MonotonicTime,
    ) -> Self {
        let (requests, requested) = sync_channel(REQUESTS_MAX);
        let (sender, events) = sync_channel(EVENTS_MAX);
        let signal = signal.clone();
        spawn("millstream-produce", move || {
            let worker = Worker { settings, requested, sender, signal, failures: 0 };
            worker.work(&address);
        });
        Self {
            requests,
            events,
            connection: None,
            in_flight: VecDeque::new(),
            failures_known: 0,
            is_draining: false,
            is_rested: true,
            waiting_since: Some(now),
            timeout,
            throttled_until: now,
            moved_bytes: 0,
        }
    }

    /// Returns the outcome of the oldest request, with its partitions and how long it took, if there is one.
    ///
    /// # Errors
    /// When the connection has failed or a response is overdue.
    pub(super) fn poll(&mut self, now: MonotonicTime) -> Result<Option<(Vec<usize>, Returned, Duration)>, LinkError> {
        self.note_progress(now);
        loop {
            let returned = match self.events.try_recv() {
                Ok(LinkEvent::Connected(connection)) => {
                    self.connection = Some(connection);
                    self.waiting_since = None;
                    continue;
                }
                Ok(LinkEvent::Rested) => {
                    self.is_rested = true;
                    continue;
                }
                Ok(LinkEvent::Response { response, is_rested }) => {
                    let requested = self.in_flight.front().map_or(0, Vec::len);
                    let has_failed = has_failed(&response, requested);
                    self.is_draining |= has_failed;
                    self.failures_known += usize::from(has_failed);
                    self.is_rested = is_rested;
                    self.throttled_until = now + response.throttle;
                    Returned::Response(response)
                }
                Ok(LinkEvent::Requeued) => {
                    self.is_rested = true;
                    Returned::Requeued
                }
                Ok(LinkEvent::Ended(error)) => return Err(error),
                Err(TryRecvError::Empty) => return self.check_timeout(now).map(|()| None),
                Err(TryRecvError::Disconnected) => {
                    return Err(LinkError::Garbled { what: "the connection's thread has ended" });
                }
            };
            let partitions = self.in_flight.pop_front().unwrap_or_default();
            self.is_draining &= !self.in_flight.is_empty();
            let took = self.waited(now);
            self.waiting_since = (!self.in_flight.is_empty()).then_some(now.max(self.throttled_until));
            return Ok(Some((partitions, returned, took)));
        }
    }

    /// Whether a request would be sent at once.
    pub(super) fn is_idle(&self) -> bool {
        self.is_usable() && self.in_flight.is_empty() && self.is_rested
    }

    /// Whether a request would be sent at once, or right after the one in flight.
    pub(super) fn has_room(&self) -> bool {
        self.is_usable() && self.in_flight.len() < REQUESTS_MAX
    }

    fn is_usable(&self) -> bool {
        self.connection.is_some() && !self.is_draining
    }

    /// Passes a request to the thread, which requeues it instead of sending it if it may not be sent. The link must have room.
    pub(super) fn send(
        &mut self,
        partitions: Vec<usize>,
        batches: Vec<(TopicPartition, Arc<Batch>)>,
        now: MonotonicTime,
        permit: Permit,
    ) {
        let request = Request { permit, failures_known: self.failures_known, batches };
        // If the thread has ended, it has reported why.
        let _ended = self.requests.try_send(request);
        self.in_flight.push_back(partitions);
        self.is_rested = false;
        self.waiting_since.get_or_insert(now.max(self.throttled_until));
    }

    /// How long the oldest response has been awaited.
    pub(super) fn waited(&self, now: MonotonicTime) -> Duration {
        self.waiting_since.map_or(Duration::ZERO, |since| now - since)
    }

    fn check_timeout(&self, now: MonotonicTime) -> Result<(), LinkError> {
        let after = self.waited(now);
        if after > self.timeout { Err(LinkError::TimedOut { after }) } else { Ok(()) }
    }

    fn note_progress(&mut self, now: MonotonicTime) {
        let moved_bytes = self.connection.as_ref().map_or(0, Handle::moved_bytes);
        if std::mem::replace(&mut self.moved_bytes, moved_bytes) != moved_bytes {
            self.waiting_since = self.waiting_since.map(|since| since.max(now));
        }
    }

    /// The partitions of all requests in flight.
    pub(super) fn partitions_in_flight(&self) -> impl Iterator<Item = usize> {
        self.in_flight.iter().flatten().copied()
    }
}

/// The state of the thread.
struct Worker {
    settings: ProduceSettings,
    requested: Receiver<Request>,
    sender: SyncSender<LinkEvent>,
    signal: Signal,
    /// How many requests have failed for a partition.
    failures: usize,
}

/// Why the thread ends.
enum End {
    /// The link was dropped.
    Dropped,
    Failed(LinkError),
}

impl From<LinkError> for End {
    fn from(error: LinkError) -> Self {
        Self::Failed(error)
    }
}

impl Worker {
    /// Sends each request and passes on its response, until the connection ends or the link is dropped.
    fn work(mut self, address: &Address) {
        let end = self.connect(address).map_err(End::Failed).and_then(|connection| self.serve(connection));
        if let Err(End::Failed(error)) = end {
            // The link may have been dropped.
            let _dropped = self.report(LinkEvent::Ended(error));
        }
    }

    fn connect(&self, address: &Address) -> Result<Connection, LinkError> {
        let connection = Connection::open(address, &self.settings.client)?;
        connection.check_support(produce::API)?;
        connection.send_in_steps()?;
        Ok(connection)
    }

    fn serve(&mut self, mut connection: Connection) -> Result<(), End> {
        self.report(LinkEvent::Connected(connection.handle()?))?;
        let (mut request, mut throttle) = (self.wait(&connection)?, Duration::ZERO);
        loop {
            // Both before the time is read: afterwards the request may have to be requeued.
            rest(std::mem::take(&mut throttle));
            connection.renew(&self.settings.client)?;
            let begin = now();
            if request.failures_known < self.failures || !request.permit.holds() {
                self.report(LinkEvent::Requeued)?;
                request = self.wait(&connection)?;
                continue;
            }
            let requested = request.batches.len();
            let response = self.produce(&mut connection, request)?;
            self.failures += usize::from(has_failed(&response, requested));
            let took = now() - begin;
            let rest = self.settings.linger.saturating_sub(took).max(took.min(REST_MAX)).max(response.throttle);
            throttle = response.throttle;
            self.report(LinkEvent::Response { response, is_rested: rest.is_zero() })?;
            request = self.next(&connection, rest)?;
        }
    }

    /// Sends a request and waits for its response.
    fn produce(&self, connection: &mut Connection, request: Request) -> Result<ProduceResponse, LinkError> {
        let ProduceSettings { client, replicate_within, .. } = &self.settings;
        connection.produce(&self.settings, &request.batches, &request.permit)?;
        connection.wait_for(Some(client.request_timeout_max.saturating_add(*replicate_within)))?;
        produce::read(connection.response()?)
    }

    /// Waits for the next request. If none arrives during the rest, the end of the rest is reported.
    fn next(&self, connection: &Connection, rest: Duration) -> Result<Request, End> {
        if !rest.is_zero() {
            match self.requested.recv_timeout(rest) {
                Ok(request) => return Ok(request),
                Err(RecvTimeoutError::Timeout) => self.report(LinkEvent::Rested)?,
                Err(RecvTimeoutError::Disconnected) => return Err(End::Dropped),
            }
        }
        self.wait(connection)
    }

    /// Waits for a request for as long as the connection may be idle. Nothing was sent when that ends.
    fn wait(&self, connection: &Connection) -> Result<Request, End> {
        match self.requested.recv_timeout(UNCHECKED) {
            Ok(request) => return Ok(request),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(End::Dropped),
        }
        match self.requested.recv_timeout(self.settings.client.idle_max.saturating_sub(UNCHECKED)) {
            Ok(request) if !connection.has_ended() => Ok(request),
            Ok(_) | Err(RecvTimeoutError::Timeout) => Err(LinkError::ClosedIdle.into()),
            Err(RecvTimeoutError::Disconnected) => Err(End::Dropped),
        }
    }

    fn report(&self, event: LinkEvent) -> Result<(), End> {
        self.sender.send(event).map_err(|_| End::Dropped)?;
        self.signal.raise();
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "no other thread waits for this one")]
fn rest(length: Duration) {
    if !length.is_zero() {
        thread::sleep(length);
    }
}

/// Whether any of the requested batches was not written. The link and its thread must count failures alike.
fn has_failed(response: &ProduceResponse, requested: usize) -> bool {
    let is_written = |produced: &Produced| ErrorClass::of(produced.error) == ErrorClass::Written;
    response.partitions.iter().filter(|produced| is_written(produced)).count() < requested
}
