//! A request that any broker can respond to. It is sent to one broker after the other, without waiting for each to fail.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use millstream_log::Signal;
use millstream_types::MonotonicTime;

use crate::connection::{Address, Connection, spawn};
use crate::error::LinkError;
use crate::messages::api_versions::Needed;
use crate::settings::ClientSettings;

/// When a broker has not responded for this long, the request is sent to the next one too. A silent broker must not delay
/// a request that others can respond to.
const NEXT_AFTER: Duration = Duration::from_millis(500);

/// Sends the request to one address.
type Attempt<T> = Arc<dyn Fn(&Address) -> Result<T, LinkError> + Send + Sync>;

/// A request that is in flight. The first response counts.
///
/// Each attempt has its own thread, which ends with its connection or after a time-out.
pub(crate) struct AnyBrokerRequest<T> {
    attempt: Attempt<T>,
    signal: Signal,
    sender: SyncSender<Result<T, LinkError>>,
    responses: Receiver<Result<T, LinkError>>,
    /// The addresses that have not been tried yet.
    untried: VecDeque<Address>,
    /// How many attempts are in flight.
    pending: usize,
    /// When the next attempt begins.
    next_at: MonotonicTime,
}

impl<T: Send + 'static> AnyBrokerRequest<T> {
    /// Sends the request to the first address. The signal is raised when there is something to poll.
    pub(crate) fn begin(
        addresses: impl IntoIterator<Item = Address>,
        settings: &ClientSettings,
        needed: Needed,
        signal: &Signal,
        now: MonotonicTime,
        request: impl Fn(&mut Connection, &ClientSettings) -> Result<T, LinkError> + Send + Sync + 'static,
    ) -> Self {
        let untried: VecDeque<Address> = addresses.into_iter().collect();
        let (sender, responses) = sync_channel(untried.len());
        let settings = settings.clone();
        let attempt = move |address: &Address| {
            Connection::open(address, &settings, needed).and_then(|mut connection| request(&mut connection, &settings))
        };
        let mut begun = Self {
            attempt: Arc::new(attempt),
            signal: signal.clone(),
            sender,
            responses,
            untried,
            pending: 0,
            next_at: now,
        };
        begun.try_next(now);
        begun
    }

    /// Returns the first response, or the last error when all attempts have failed; `None` while neither is the case.
    pub(crate) fn poll(&mut self, now: MonotonicTime) -> Option<Result<T, LinkError>> {
        let mut failed = None;
        while let Ok(response) = self.responses.try_recv() {
            self.pending -= 1;
            match response {
                Ok(response) => return Some(Ok(response)),
                Err(error) => failed = Some(error),
            }
        }
        if failed.is_some() || now >= self.next_at {
            self.try_next(now);
        }
        if self.pending > 0 {
            return None;
        }
        Some(Err(failed.unwrap_or(LinkError::Garbled { what: "there is no address to connect to" })))
    }

    fn try_next(&mut self, now: MonotonicTime) {
        self.next_at = now + NEXT_AFTER;
        while let Some(address) = self.untried.pop_front() {
            let (attempt, sender, signal) = (Arc::clone(&self.attempt), self.sender.clone(), self.signal.clone());
            let is_spawned = spawn("millstream-any-broker", move || {
                // Another broker may have responded first.
                if sender.send(attempt(&address)).is_ok() {
                    signal.raise();
                }
            });
            if is_spawned {
                self.pending += 1;
                return;
            }
        }
    }
}
