//! A connection to a broker for writing, with a thread that sends and waits.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::time::{Duration, Instant};

use millstream_log::Signal;
use millstream_types::TopicPartition;

use super::fate::Fate;
use crate::batch::Batch;
use crate::connection::{Address, Connection, Handle, spawn};
use crate::error::LinkError;
use crate::messages::api_versions::WRITER;
use crate::messages::produce::{self, ProduceAnswer, Produced};
use crate::settings::ProduceSettings;

/// One request is under way, and one waits to follow it at once.
const REQUESTS_MAX: usize = 2;

/// After a request a broker is left alone for as long as that took it, and no longer than this, however short records may
/// linger. One that is sent single records one by one soon does nothing else; so it gets several at once.
const REST_MAX: Duration = Duration::from_millis(1);

/// What the thread has to tell at most while nobody listens.
const TOLD_MAX: usize = 8;

/// A connection to a broker. Requests are under way one by one, which is how a broker works on them; after one that failed
/// for any partition, those that were handed over before that was heard come back unsent.
pub(super) struct Link {
    requests: SyncSender<Request>,
    told: Receiver<Told>,
    /// Dropped, it ends the thread.
    connection: Option<Handle>,
    /// Which lanes each request is about that has not come back.
    under_way: VecDeque<Vec<usize>>,
    /// How many requests have failed for a partition, as far as heard.
    failures_heard: usize,
    /// Some request failed, and others that were handed over before are still to come back: what is sent now would
    /// overtake them.
    is_draining: bool,
    /// Nothing was sent for as long as records linger.
    is_rested: bool,
}

/// The batches of some partitions.
struct Request {
    /// The failures that were heard of when it was made.
    failures_heard: usize,
    batches: Vec<(TopicPartition, Arc<Batch>)>,
}

enum Told {
    Connected(Handle),
    Answered {
        answer: ProduceAnswer,
        /// Whether more may be sent at once.
        is_rested: bool,
    },
    Unsent,
    Rested,
    Ended(LinkError),
}

/// What became of a request.
pub(super) enum Returned {
    /// The broker has answered.
    Answered(ProduceAnswer),
    /// It was not sent.
    Unsent,
}

impl Link {
    /// Connects; the signal is raised whenever there is something to poll.
    pub(super) fn open(address: Address, settings: ProduceSettings, signal: &Signal) -> Self {
        let (requests, requested) = sync_channel(REQUESTS_MAX);
        let (teller, told) = sync_channel(TOLD_MAX);
        let signal = signal.clone();
        spawn("millstream-produce", move || {
            let worker = Worker { settings, requested, teller, signal, failures: 0 };
            worker.work(&address);
        });
        Self {
            requests,
            told,
            connection: None,
            under_way: VecDeque::new(),
            failures_heard: 0,
            is_draining: false,
            is_rested: true,
        }
    }

    /// A request that has come back, with the lanes that it is about, if one has.
    ///
    /// # Errors
    /// When the connection is of no use any more.
    pub(super) fn poll(&mut self) -> Result<Option<(Vec<usize>, Returned)>, LinkError> {
        loop {
            let returned = match self.told.try_recv() {
                Ok(Told::Connected(connection)) => {
                    self.connection = Some(connection);
                    continue;
                }
                Ok(Told::Rested) => {
                    self.is_rested = true;
                    continue;
                }
                Ok(Told::Answered { answer, is_rested }) => {
                    let asked = self.under_way.front().map_or(0, Vec::len);
                    let has_failed = has_failed(&answer, asked);
                    self.is_draining |= has_failed;
                    self.failures_heard += usize::from(has_failed);
                    self.is_rested = is_rested;
                    Returned::Answered(answer)
                }
                Ok(Told::Unsent) => {
                    self.is_rested = true;
                    Returned::Unsent
                }
                Ok(Told::Ended(error)) => return Err(error),
                Err(TryRecvError::Empty) => return Ok(None),
                Err(TryRecvError::Disconnected) => {
                    return Err(LinkError::Garbled { what: "its reader is gone" });
                }
            };
            let lanes = self.under_way.pop_front().unwrap_or_default();
            self.is_draining &= !self.under_way.is_empty();
            return Ok(Some((lanes, returned)));
        }
    }

    /// Whether a request may be handed over: to be sent at once, or, if it `is_due`, after the one under way.
    pub(super) fn takes(&self, is_due: bool) -> bool {
        let has_room =
            if is_due { self.under_way.len() < REQUESTS_MAX } else { self.under_way.is_empty() && self.is_rested };
        self.connection.is_some() && !self.is_draining && has_room
    }

    /// Hands a request over; only to a link that takes one.
    pub(super) fn send(&mut self, lanes: Vec<usize>, batches: Vec<(TopicPartition, Arc<Batch>)>) {
        let request = Request { failures_heard: self.failures_heard, batches };
        // A thread that is gone has told why.
        let _gone = self.requests.try_send(request);
        self.under_way.push_back(lanes);
        self.is_rested = false;
    }

    /// The lanes of all requests that have not come back.
    pub(super) fn lanes_under_way(&self) -> impl Iterator<Item = usize> {
        self.under_way.iter().flatten().copied()
    }
}

/// What the thread has.
struct Worker {
    settings: ProduceSettings,
    requested: Receiver<Request>,
    teller: SyncSender<Told>,
    signal: Signal,
    /// How many requests have failed for a partition.
    failures: usize,
}

/// Nobody listens any more.
struct Unheard;

impl Worker {
    /// Sends request by request and hands over the answers, until the connection or the interest in it ends.
    fn work(mut self, address: &Address) {
        let end = match self.connect(address) {
            Ok(connection) => self.serve(connection),
            Err(error) => Some(error),
        };
        if let Some(error) = end {
            // Nobody listens any more to a link that was dropped.
            let _unheard = self.tell(Told::Ended(error));
        }
    }

    fn connect(&self, address: &Address) -> Result<Connection, LinkError> {
        let connection = Connection::open(address, &self.settings.client, WRITER)?;
        connection.wait_for(Some(self.settings.client.answer_within + self.settings.replicate_within))?;
        Ok(connection)
    }

    /// Why the connection has ended, unless the interest has.
    fn serve(&mut self, mut connection: Connection) -> Option<LinkError> {
        match connection.handle() {
            Ok(handle) => self.tell(Told::Connected(handle)).ok()?,
            Err(error) => return Some(error),
        }
        let mut request = self.requested.recv().ok()?;
        loop {
            if request.failures_heard < self.failures {
                self.tell(Told::Unsent).ok()?;
                request = self.requested.recv().ok()?;
                continue;
            }
            let (begin, asked) = (now(), request.batches.len());
            let answer = match self.ask(&mut connection, request) {
                Ok(answer) => answer,
                Err(error) => return Some(error),
            };
            self.failures += usize::from(has_failed(&answer, asked));
            let took = now() - begin;
            let rest = self.settings.linger.saturating_sub(took).max(took.min(REST_MAX));
            self.tell(Told::Answered { answer, is_rested: rest.is_zero() }).ok()?;
            request = self.next(rest).ok()?;
        }
    }

    /// Sends a request and waits for its answer. A broker that is to be spared does not read the next one for a while.
    fn ask(&self, connection: &mut Connection, request: Request) -> Result<ProduceAnswer, LinkError> {
        connection.produce(&self.settings, &request.batches)?;
        produce::read(connection.answer(produce::API.is_flexible)?)
    }

    /// The next request; when none comes during the rest, its end is told.
    fn next(&self, rest: Duration) -> Result<Request, Unheard> {
        if !rest.is_zero() {
            match self.requested.recv_timeout(rest) {
                Ok(request) => return Ok(request),
                Err(RecvTimeoutError::Timeout) => self.tell(Told::Rested)?,
                Err(RecvTimeoutError::Disconnected) => return Err(Unheard),
            }
        }
        self.requested.recv().map_err(|_| Unheard)
    }

    fn tell(&self, told: Told) -> Result<(), Unheard> {
        self.teller.send(told).map_err(|_| Unheard)?;
        self.signal.raise();
        Ok(())
    }
}

/// Whether any of so many batches is not written. Both ends of the channel count this way.
fn has_failed(answer: &ProduceAnswer, asked: usize) -> bool {
    let is_written = |said: &Produced| Fate::of(said.error) == Fate::Written;
    answer.partitions.iter().filter(|said| is_written(said)).count() < asked
}

#[expect(clippy::disallowed_methods, reason = "how long a broker takes is not the time of any record")]
fn now() -> Instant {
    Instant::now()
}
