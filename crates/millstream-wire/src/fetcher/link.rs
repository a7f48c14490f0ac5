//! A connection for fetching, whose responses are read by its own thread.

use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread;
use std::time::Duration;

use millstream_log::Signal;
use millstream_types::MonotonicTime;

use super::session::FetchSession;
use crate::address::Address;
use crate::connection::{Connection, Handle, spawn};
use crate::error::LinkError;
use crate::messages::fetch::{self, FetchPartition, FetchResponse};
use crate::settings::FetchSettings;

/// The capacity of the channel: connected, a response, the end of a rest, the end of the connection.
const EVENTS_MAX: usize = 4;

/// After a response with fewer bytes than this, the next request waits for [`REST`]. Otherwise a broker that receives single
/// records would send a response for each of them.
const SMALL_BYTES: usize = 16 << 10;
const REST: Duration = Duration::from_millis(1);

/// A connection to a broker for fetching. One request is in flight at a time, since a broker processes the requests of a
/// connection one by one.
pub(crate) struct Link {
    events: Receiver<LinkEvent>,
    state: State,
    /// When the broker stops accepting requests on the connection, a little earlier.
    ends_at: Option<MonotonicTime>,
    /// How late a response may be before the connection is closed.
    timeout: Duration,
    /// How long nothing may be sent before the connection is closed.
    idle_max: Duration,
    session: FetchSession,
}

enum State {
    /// Since this time.
    Connecting(MonotonicTime),
    /// The thread rests; afterwards a request may be sent, though not before this time.
    Resting(Line, MonotonicTime),
    /// A request may be sent, though not before this time.
    Free(Line, MonotonicTime),
    /// A request is in flight, which the broker may hold for as long as `wait`.
    InFlight {
        line: Line,
        wait: Duration,
        /// When the response becomes late.
        due: MonotonicTime,
        /// How many bytes have moved so far: a response that is still arriving is not late.
        moved_bytes: u64,
    },
}

/// Sends requests.
struct Line {
    connection: Handle,
    next_correlation: i32,
    /// How long the connection may be used after it has been set up, if the broker limits that.
    session_left: Option<Duration>,
}

enum LinkEvent {
    Connected(Line),
    Response(FetchResponse),
    /// The next request may be sent.
    Rested,
    Ended(LinkError),
}

impl Link {
    /// Connects. The signal is raised whenever there is something to poll.
    pub(crate) fn open(
        address: Address,
        settings: FetchSettings,
        signal: &Signal,
        timeout: Duration,
        now: MonotonicTime,
    ) -> Self {
        let (sender, events) = sync_channel(EVENTS_MAX);
        let (signal, idle_max) = (signal.clone(), settings.client.idle_max);
        spawn("millstream-fetch", move || {
            let end = read_all(&address, &settings, &sender, &signal).err();
            let ended = end.map_or(Ok(()), |error| sender.send(LinkEvent::Ended(error)));
            // The link may have been dropped.
            if ended.is_ok() {
                signal.raise();
            }
        });
        Self {
            events,
            state: State::Connecting(now),
            ends_at: None,
            timeout,
            idle_max,
            session: FetchSession::default(),
        }
    }

    /// Returns the response and how late it is, if the broker has responded.
    ///
    /// # Errors
    /// When the connection has failed, a response is overdue, the authenticated session ends, or nothing was sent for long.
    pub(crate) fn poll(&mut self, now: MonotonicTime) -> Result<Option<(FetchResponse, Duration)>, LinkError> {
        self.note_progress(now);
        loop {
            match self.events.try_recv() {
                Ok(LinkEvent::Connected(line)) => {
                    self.ends_at = line.session_left.map(|left| now + left);
                    self.state = State::Free(line, now);
                }
                Ok(LinkEvent::Response(mut response)) => {
                    self.session.responded(&mut response);
                    let late_by = self.late_by(now);
                    self.state = self.take_state(now).on_response(&response, now);
                    return Ok(Some((response, late_by)));
                }
                Ok(LinkEvent::Rested) => self.state = self.take_state(now).rested(),
                Ok(LinkEvent::Ended(LinkError::Failed(_) | LinkError::Closed)) if self.is_idle() => {
                    return Err(LinkError::ClosedIdle);
                }
                Ok(LinkEvent::Ended(error)) => return Err(error),
                Err(TryRecvError::Empty) if self.is_idle_for(self.idle_max, now) => return Err(LinkError::ClosedIdle),
                Err(TryRecvError::Empty) if self.is_session_over(now) => return Err(LinkError::SessionEnds),
                Err(TryRecvError::Empty) => return self.check_timeout(now).map(|()| None),
                Err(TryRecvError::Disconnected) => {
                    return Err(LinkError::Garbled { what: "the reading thread has ended" });
                }
            }
        }
    }

    /// Whether the connection has to be replaced, which a request in flight puts off. The broker could authenticate the client again
    /// instead, but this thread, which sends the requests, must not wait for that.
    fn is_session_over(&self, now: MonotonicTime) -> bool {
        self.is_idle() && self.ends_at.is_some_and(|at| now >= at)
    }

    /// Whether no request is in flight.
    fn is_idle(&self) -> bool {
        matches!(self.state, State::Resting(..) | State::Free(..))
    }

    fn is_idle_for(&self, length: Duration, now: MonotonicTime) -> bool {
        matches!(self.state, State::Free(_, since) if now >= since + length)
    }

    /// Whether a request may be sent.
    pub(crate) fn is_free(&self, now: MonotonicTime) -> bool {
        matches!(&self.state, State::Free(_, at) if now >= *at) && !self.is_session_over(now)
    }

    /// Requests records. The link must be free. The broker may hold the request for as long as `wait`. If
    /// `rack` is not empty, it may name a nearer replica.
    pub(crate) fn fetch(
        &mut self,
        requested: Vec<FetchPartition>,
        wait: Duration,
        rack: &str,
        settings: &FetchSettings,
        now: MonotonicTime,
    ) {
        if let State::Free(mut line, _) = self.take_state(now) {
            let request = self.session.request(requested);
            let sent = line.connection.send(&fetch::request(line.next_correlation, settings, wait, rack, &request));
            line.next_correlation = line.next_correlation.wrapping_add(1);
            // If this fails, the line is dropped, and the reading thread reports the end of the connection.
            if sent.is_ok() {
                let moved_bytes = line.connection.moved_bytes();
                self.state = State::InFlight { line, wait, due: now + wait, moved_bytes };
            }
        }
    }

    /// Whether the broker may hold the request in flight for longer than `limit`.
    pub(crate) fn is_held(&self, limit: Duration) -> bool {
        matches!(&self.state, State::InFlight { wait, .. } if *wait > limit)
    }

    /// How late the response is; while connecting, how long that has taken.
    pub(crate) fn late_by(&self, now: MonotonicTime) -> Duration {
        match &self.state {
            State::Connecting(since) => now - *since,
            State::InFlight { due, .. } => now - *due,
            State::Resting(..) | State::Free(..) => Duration::ZERO,
        }
    }

    fn note_progress(&mut self, now: MonotonicTime) {
        if let State::InFlight { line, due, moved_bytes, .. } = &mut self.state {
            let before = std::mem::replace(moved_bytes, line.connection.moved_bytes());
            if before != *moved_bytes {
                *due = now.max(*due);
            }
        }
    }

    fn check_timeout(&self, now: MonotonicTime) -> Result<(), LinkError> {
        let after = self.late_by(now);
        if after > self.timeout { Err(LinkError::TimedOut { after }) } else { Ok(()) }
    }

    fn take_state(&mut self, now: MonotonicTime) -> State {
        std::mem::replace(&mut self.state, State::Connecting(now))
    }
}

impl State {
    fn on_response(self, response: &FetchResponse, now: MonotonicTime) -> Self {
        let free_at = now + response.throttle;
        match self {
            Self::InFlight { line, .. } if is_small(response) => Self::Resting(line, free_at),
            Self::InFlight { line, .. } => Self::Free(line, free_at),
            unchanged @ (Self::Connecting(_) | Self::Resting(..) | Self::Free(..)) => unchanged,
        }
    }

    fn rested(self) -> Self {
        match self {
            Self::Resting(line, free_at) => Self::Free(line, free_at),
            unchanged @ (Self::Connecting(_) | Self::Free(..) | Self::InFlight { .. }) => unchanged,
        }
    }
}

/// Connects and passes on each response, until the connection fails or the link is dropped.
fn read_all(
    address: &Address,
    settings: &FetchSettings,
    sender: &SyncSender<LinkEvent>,
    signal: &Signal,
) -> Result<(), LinkError> {
    let mut connection = Connection::open(address, &settings.client)?;
    connection.check_support(fetch::API)?;
    // From now on the link checks how long a response takes.
    connection.wait_for(None)?;
    let (next_correlation, session_left) = (connection.next_correlation(), connection.session_left());
    let line = Line { connection: connection.handle()?, next_correlation, session_left };
    let report = |event| sender.send(event).map(|()| signal.raise());
    let mut is_connected = report(LinkEvent::Connected(line)).is_ok();
    while is_connected {
        let response = fetch::read(connection.response()?, settings.isolation)?;
        let is_small = is_small(&response);
        is_connected = report(LinkEvent::Response(response)).is_ok();
        if is_small && is_connected {
            rest();
            is_connected = report(LinkEvent::Rested).is_ok();
        }
    }
    Ok(())
}

/// Whether the thread rests after this response.
fn is_small(response: &FetchResponse) -> bool {
    response.partitions.iter().map(|fetched| fetched.records.len()).sum::<usize>() < SMALL_BYTES
}

#[expect(clippy::disallowed_methods, reason = "no other thread waits for this one, and nothing has to wake it")]
fn rest() {
    thread::sleep(REST);
}
