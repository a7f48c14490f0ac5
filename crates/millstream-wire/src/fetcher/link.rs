//! A connection that is read by a thread of its own, for who must not wait.

use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread;
use std::time::Duration;

use millstream_log::Signal;
use millstream_types::MonotonicTime;

use crate::connection::{Address, Connection, Handle, spawn};
use crate::error::LinkError;
use crate::messages::api_versions::READER;
use crate::messages::fetch::{self, Asked, FetchAnswer};
use crate::settings::FetchSettings;

/// What the thread has to tell at most while nobody listens: that it is connected, an answer, its rest, and its end.
const TOLD_MAX: usize = 4;

/// After an answer with less than this the next question waits for [`REST`]. A broker to which single records are written
/// answers each of them by itself, as soon as it is asked, and soon does nothing else; so it answers for several.
const SMALL_BYTES: usize = 16 << 10;
const REST: Duration = Duration::from_millis(1);

/// A connection to a broker for fetching. One question is under way at a time, which is what a broker works on.
pub(crate) struct Link {
    told: Receiver<Told>,
    state: State,
}

enum State {
    Connecting,
    /// Not free to ask yet, and not before that time.
    Resting(Line, MonotonicTime),
    /// Free to ask, not before that time.
    Free(Line, MonotonicTime),
    /// The broker may hold the question for so long; if it is not answered by that time it never is.
    Asked {
        line: Line,
        wait: Duration,
        due: MonotonicTime,
    },
}

/// How questions go out.
struct Line {
    connection: Handle,
    next_correlation: i32,
}

enum Told {
    Connected(Line),
    Answered(FetchAnswer),
    /// The next question may be asked.
    Rested,
    Ended(LinkError),
}

impl Link {
    /// Connects; the signal is raised whenever there is something to poll.
    pub(crate) fn open(address: Address, settings: FetchSettings, signal: &Signal) -> Self {
        let (teller, told) = sync_channel(TOLD_MAX);
        let signal = signal.clone();
        spawn("millstream-fetch", move || {
            let end = read_all(&address, &settings, &teller, &signal).err();
            let ended = end.map_or(Ok(()), |error| teller.send(Told::Ended(error)));
            // Nobody listens any more to a link that was dropped.
            if ended.is_ok() {
                signal.raise();
            }
        });
        Self { told, state: State::Connecting }
    }

    /// What the broker answered, if it has.
    ///
    /// # Errors
    /// When the connection is of no use any more.
    pub(crate) fn poll(&mut self, now: MonotonicTime) -> Result<Option<FetchAnswer>, LinkError> {
        loop {
            match self.told.try_recv() {
                Ok(Told::Connected(line)) => self.state = State::Free(line, now),
                Ok(Told::Answered(answer)) => {
                    self.state = self.take_state().answered(&answer, now);
                    return Ok(Some(answer));
                }
                Ok(Told::Rested) => self.state = self.take_state().rested(),
                Ok(Told::Ended(error)) => return Err(error),
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

    /// Whether a question may be asked.
    pub(crate) fn is_free(&self, now: MonotonicTime) -> bool {
        matches!(&self.state, State::Free(_, at) if now >= *at)
    }

    /// Asks for records; only of a link that is free. The broker may hold the question for as long as `wait`.
    pub(crate) fn ask(&mut self, asked: &[Asked], wait: Duration, settings: &FetchSettings, now: MonotonicTime) {
        if let State::Free(mut line, _) = self.take_state() {
            let sent = line.connection.send(&fetch::question(line.next_correlation, settings, wait, asked));
            line.next_correlation = line.next_correlation.wrapping_add(1);
            // Where that failed the line is dropped, at which the reading thread tells that the connection has ended.
            if sent.is_ok() {
                self.state = State::Asked { line, wait, due: now + wait + settings.client.answer_within };
            }
        }
    }

    /// Whether the broker may hold the question under way for longer than that.
    pub(crate) fn is_held(&self, limit: Duration) -> bool {
        matches!(&self.state, State::Asked { wait, .. } if *wait > limit)
    }

    fn is_overdue(&self, now: MonotonicTime) -> bool {
        matches!(&self.state, State::Asked { due, .. } if now > *due)
    }

    fn take_state(&mut self) -> State {
        std::mem::replace(&mut self.state, State::Connecting)
    }
}

impl State {
    fn answered(self, answer: &FetchAnswer, now: MonotonicTime) -> Self {
        let free_at = now + answer.throttle;
        match self {
            Self::Asked { line, .. } if is_small(answer) => Self::Resting(line, free_at),
            Self::Asked { line, .. } => Self::Free(line, free_at),
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

/// Connects and hands over answer by answer, until the connection or the interest in it ends.
fn read_all(
    address: &Address,
    settings: &FetchSettings,
    teller: &SyncSender<Told>,
    signal: &Signal,
) -> Result<(), LinkError> {
    let mut connection = Connection::open(address, &settings.client, READER)?;
    // From now on whoever asks says how long it waits.
    connection.wait_for(None)?;
    let line = Line { connection: connection.handle()?, next_correlation: connection.next_correlation() };
    let tell = |told| teller.send(told).map(|()| signal.raise());
    let mut is_listening = tell(Told::Connected(line)).is_ok();
    while is_listening {
        let answer = fetch::read(connection.answer(fetch::API.is_flexible)?, settings.is_read_committed)?;
        let is_small = is_small(&answer);
        is_listening = tell(Told::Answered(answer)).is_ok();
        if is_small && is_listening {
            rest();
            is_listening = tell(Told::Rested).is_ok();
        }
    }
    Ok(())
}

/// Whether the thread rests after this answer.
fn is_small(answer: &FetchAnswer) -> bool {
    answer.partitions.iter().map(|fetched| fetched.records.len()).sum::<usize>() < SMALL_BYTES
}

#[expect(clippy::disallowed_methods, reason = "nobody waits for this thread, and nothing can come that should wake it")]
fn rest() {
    thread::sleep(REST);
}
