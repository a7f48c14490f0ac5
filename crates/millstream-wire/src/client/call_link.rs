//! A connection to a broker for calls, with a thread that sends them and waits for their responses, one after the other.

use std::io;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use millstream_log::Signal;
use millstream_protocol::Request;

use super::call::{CallError, Pending};
use crate::address::Address;
use crate::connection::{Connection, Handle, spawn};
use crate::error::LinkError;
use crate::settings::ClientSettings;

/// How many calls may wait. A caller makes few at a time.
const CALLS_MAX: usize = 256;

/// Sends a request on the connection, or takes the error for which there is none. It breaks when the connection has failed.
type Call = Box<dyn FnOnce(Result<&mut Connection, &LinkError>) -> ControlFlow<()> + Send>;

/// A connection for calls. It is opened by the first call, and again by the first call after it has failed.
pub(super) struct CallLink {
    settings: ClientSettings,
    calls: SyncSender<Call>,
    open: Arc<OpenConnection>,
    #[cfg(test)]
    pub(super) counter: super::Counter,
}

/// The connection that is open, so that another thread can close it.
#[derive(Default)]
struct OpenConnection(Mutex<State>);

#[derive(Default)]
enum State {
    #[default]
    None,
    Open(#[expect(dead_code, reason = "dropping it closes the connection")] Handle),
    /// The link was dropped: nothing is sent any more.
    Ended,
}

impl OpenConnection {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_ended(&self) -> bool {
        matches!(*self.lock(), State::Ended)
    }

    /// Replaces the connection, unless the link was dropped meanwhile.
    fn set(&self, open: State) -> Result<(), LinkError> {
        let mut state = self.lock();
        if matches!(*state, State::Ended) {
            return Err(io::Error::from(io::ErrorKind::ConnectionAborted).into());
        }
        *state = open;
        Ok(())
    }
}

impl CallLink {
    pub(super) fn new(address: Address, settings: ClientSettings) -> Self {
        let (calls, waiting) = sync_channel(CALLS_MAX);
        let open = Arc::new(OpenConnection::default());
        let worker = Worker { address, settings: settings.clone(), waiting, connection: None, open: Arc::clone(&open) };
        // Without a thread every call fails, since its end of the channel is gone.
        let _started = spawn("millstream-call", move || worker.work());
        Self {
            settings,
            calls,
            open,
            #[cfg(test)]
            counter: super::Counter::default(),
        }
    }

    /// Sends a request after those that wait. `build` makes it for the version that the broker supports; the broker may take
    /// `patience` to respond.
    pub(super) fn call<R: Request>(
        &self,
        build: impl Fn(i16) -> R + Send + 'static,
        patience: Duration,
        signal: &Signal,
    ) -> Pending<R::Response>
    where
        R::Response: Send + 'static,
    {
        let (responder, pending) = Pending::new(signal);
        let settings = self.settings.clone();
        #[cfg(test)]
        let in_flight = self.counter.begin();
        let call = move |connected: Result<&mut Connection, &LinkError>| {
            let response = connected.map_err(CallError::from).and_then(|connection| {
                let response = connection.call(&settings, &build, patience);
                response.map_err(|error| CallError::of_request(R::NAME, &error))
            });
            let flow = if response.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
            responder.respond(response);
            #[cfg(test)]
            drop(in_flight);
            flow
        };
        // A call that is not taken is dropped, which its caller is told.
        let _refused = self.calls.try_send(Box::new(call));
        pending
    }
}

/// Ends the thread, even if it waits for a response.
impl Drop for CallLink {
    fn drop(&mut self) {
        *self.open.lock() = State::Ended;
    }
}

struct Worker {
    address: Address,
    settings: ClientSettings,
    waiting: Receiver<Call>,
    connection: Option<Connection>,
    open: Arc<OpenConnection>,
}

impl Worker {
    fn work(mut self) {
        while let Some(call) = self.next() {
            match self.connect() {
                Ok(connection) => {
                    if call(Ok(connection)).is_break() {
                        self.close();
                    }
                }
                Err(error) => {
                    let _failed = call(Err(&error));
                    // They would only wait for the same failure.
                    self.waiting.try_iter().for_each(|call| _ = call(Err(&error)));
                }
            }
        }
    }

    /// The next call; `None` when the link was dropped.
    fn next(&mut self) -> Option<Call> {
        let call = self.wait()?;
        // What waits behind a call that the end of the link has cut short is not sent.
        if self.open.has_ended() { None } else { Some(call) }
    }

    fn wait(&mut self) -> Option<Call> {
        if self.connection.is_some() {
            match self.waiting.recv_timeout(self.settings.idle_max) {
                Ok(call) => return Some(call),
                Err(RecvTimeoutError::Timeout) => self.close(),
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
        self.waiting.recv().ok()
    }

    /// The connection, which is opened if there is none, or if the broker has closed it meanwhile.
    fn connect(&mut self) -> Result<&mut Connection, LinkError> {
        let open = self.connection.take().filter(|connection| !connection.has_ended());
        let connection = match open {
            Some(connection) => connection,
            None => {
                self.close();
                let connection = Connection::open(&self.address, &self.settings)?;
                self.open.set(State::Open(connection.handle()?))?;
                connection
            }
        };
        Ok(self.connection.insert(connection))
    }

    fn close(&mut self) {
        self.connection = None;
        let _ended = self.open.set(State::None);
    }
}
