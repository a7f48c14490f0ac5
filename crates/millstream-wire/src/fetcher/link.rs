//! A connection that is read by a thread of its own, for who must not wait.

use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread;
use std::time::Duration;

use millstream_log::Signal;
use millstream_types::MonotonicTime;

use crate::connection::{Address, Connection, Handle, spawn};
use crate::error::LinkError;
use crate::messages::api_versions::READER;
use crate::messages::fetch::{self, FetchPartition, FetchResponse};
use crate::settings::FetchSettings;

/// Events that can wait in the channel at once: connected, a response, the end of a rest, the end of the connection.
const EVENTS_MAX: usize = 4;

/// After a response with less than this the next request waits for [`REST`]. A broker to which single records are written
/// answers for each of them alone, as soon as it gets a request, and soon does nothing else. After a rest it answers for several.
const SMALL_BYTES: usize = 16 << 10;
const REST: Duration = Duration::from_millis(1);

/// A connection to a broker for fetching. One request is under way at a time, which is what a broker works on.
pub(crate) struct Link {
    events: Receiver<LinkEvent>,
    state: State,
}

enum State {
    Connecting,
    /// Not free to ask yet, and not before that time.
    Resting(Line, MonotonicTime),
    /// Free to ask, not before that time.
    Free(Line, MonotonicTime),
    /// The broker may hold the request for so long; after `due` the connection is given up.
    InFlight {
        line: Line,
        wait: Duration,
        due: MonotonicTime,
    },
}

/// How requests go out.
struct Line {
    connection: Handle,
    next_correlation: i32,
}

enum LinkEvent {
    Connected(Line),
    Response(FetchResponse),
    /// The next request may be sent.
    Rested,
    Ended(LinkError),
}

impl Link {
    /// Connects; the signal is raised whenever there is something to poll.
    pub(crate) fn open(address: Address, settings: FetchSettings, signal: &Signal) -> Self {
        let (teller, events) = sync_channel(EVENTS_MAX);
        let signal = signal.clone();
        spawn("millstream-fetch", move || {
            let end = read_all(&address, &settings, &teller, &signal).err();
            let ended = end.map_or(Ok(()), |error| teller.send(LinkEvent::Ended(error)));
            // The connection handle may have been dropped.
            if ended.is_ok() {
                signal.raise();
            }
        });
        Self { events, state: State::Connecting }
    }

    /// What the broker responded, if it has.
    ///
    /// # Errors
    /// When the connection is of no use any more.
    pub(crate) fn poll(&mut self, now: MonotonicTime) -> Result<Option<FetchResponse>, LinkError> {
        loop {
            match self.events.try_recv() {
                Ok(LinkEvent::Connected(line)) => self.state = State::Free(line, now),
                Ok(LinkEvent::Response(response)) => {
                    self.state = self.take_state().on_response(&response, now);
                    return Ok(Some(response));
                }
                Ok(LinkEvent::Rested) => self.state = self.take_state().rested(),
                Ok(LinkEvent::Ended(error)) => return Err(error),
                Err(TryRecvError::Empty) if self.is_overdue(now) => {
                    return Err(LinkError::Garbled { what: "there is none in time" });
                }
                Err(TryRecvError::Empty) => return Ok(None),
                Err(TryRecvError::Disconnected) => {
                    return Err(LinkError::Garbled { what: "its reader is gone" });
                }
            }
        }
    }

    /// Whether a request may be sent.
    pub(crate) fn is_free(&self, now: MonotonicTime) -> bool {
        matches!(&self.state, State::Free(_, at) if now >= *at)
    }

    /// Requests records; only on a link that is free. The broker may hold the request for as long as `wait`.
    pub(crate) fn ask(
        &mut self,
        requested: &[FetchPartition],
        wait: Duration,
        settings: &FetchSettings,
        now: MonotonicTime,
    ) {
        if let State::Free(mut line, _) = self.take_state() {
            let sent = line.connection.send(&fetch::request(line.next_correlation, settings, wait, requested));
            line.next_correlation = line.next_correlation.wrapping_add(1);
            // If that failed the line is dropped, and the reading thread reports the end of the connection.
            if sent.is_ok() {
                self.state = State::InFlight { line, wait, due: now + wait + settings.client.request_timeout };
            }
        }
    }

    /// Whether the broker may hold the request under way for longer than that.
    pub(crate) fn is_held(&self, limit: Duration) -> bool {
        matches!(&self.state, State::InFlight { wait, .. } if *wait > limit)
    }

    fn is_overdue(&self, now: MonotonicTime) -> bool {
        matches!(&self.state, State::InFlight { due, .. } if now > *due)
    }

    fn take_state(&mut self) -> State {
        std::mem::replace(&mut self.state, State::Connecting)
    }
}

impl State {
    fn on_response(self, response: &FetchResponse, now: MonotonicTime) -> Self {
        let free_at = now + response.throttle;
        match self {
            Self::InFlight { line, .. } if is_small(response) => Self::Resting(line, free_at),
            Self::InFlight { line, .. } => Self::Free(line, free_at),
            other => other,
        }
    }

    fn rested(self) -> Self {
        match self {
            Self::Resting(line, free_at) => Self::Free(line, free_at),
            other => other,
        }
    }
}

/// Connects and hands over response by response, until the connection or the interest in it ends.
fn read_all(
    address: &Address,
    settings: &FetchSettings,
    teller: &SyncSender<LinkEvent>,
    signal: &Signal,
) -> Result<(), LinkError> {
    let mut connection = Connection::open(address, &settings.client, READER)?;
    // From now on whoever asks says how long it waits.
    connection.wait_for(None)?;
    let line = Line { connection: connection.handle()?, next_correlation: connection.next_correlation() };
    let tell = |event| teller.send(event).map(|()| signal.raise());
    let mut is_listening = tell(LinkEvent::Connected(line)).is_ok();
    while is_listening {
        let response = fetch::read(connection.response(fetch::API.is_flexible)?, settings.is_read_committed)?;
        let is_small = is_small(&response);
        is_listening = tell(LinkEvent::Response(response)).is_ok();
        if is_small && is_listening {
            rest();
            is_listening = tell(LinkEvent::Rested).is_ok();
        }
    }
    Ok(())
}

/// Whether the thread rests after this response.
fn is_small(response: &FetchResponse) -> bool {
    response.partitions.iter().map(|fetched| fetched.records.len()).sum::<usize>() < SMALL_BYTES
}

#[expect(clippy::disallowed_methods, reason = "nobody waits for this thread, and nothing can come that should wake it")]
fn rest() {
    thread::sleep(REST);
}
