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

/// When the last address was tried this many request time-outs ago, the request has failed. An attempt has time-outs of its own for
/// each step, but a token's function or a look-up of a name may never return.
const GIVE_UP_AFTER: u32 = 3;

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
    /// How long the last attempt may take.
    patience: Duration,
    /// When the last attempt began.
    tried_at: MonotonicTime,
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
        let patience = settings.request_timeout.saturating_mul(GIVE_UP_AFTER);
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
            patience,
            tried_at: now,
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
            let after = now - self.tried_at;
            let is_late = self.untried.is_empty() && after >= self.patience;
            return is_late.then_some(Err(LinkError::TimedOut { after }));
        }
        Some(Err(failed.unwrap_or(LinkError::Garbled { what: "there is no address to connect to" })))
    }

    fn try_next(&mut self, now: MonotonicTime) {
        self.next_at = now + NEXT_AFTER;
        while let Some(address) = self.untried.pop_front() {
            self.tried_at = now;
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

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "an attempt that waits for ever")]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::messages::api_versions::WRITER;
    use crate::testing::TestCluster;

    /// A token's function that never returned, or that panicked, once took the only attempt of a look-up with it. The look-up was
    /// awaited for ever: a producer sent nothing any more, and reported nothing.
    #[test]
    fn a_request_whose_attempt_never_ends_fails_in_the_end() {
        let cluster = TestCluster::start(1);
        let settings = cluster.client();
        let (_kept, blocking) = sync_channel::<()>(0);
        let blocking = Mutex::new(blocking);
        let request = move |_: &mut Connection, _: &ClientSettings| Ok(blocking.lock().unwrap().recv().is_ok());
        let addresses = [("127.0.0.1".to_owned(), cluster.edit(|script| script.ports[&1]))];
        let at = |timeouts: u32| MonotonicTime::after_start(settings.request_timeout * timeouts);
        let mut begun = AnyBrokerRequest::begin(addresses, &settings, WRITER, &Signal::new(), at(0), request);
        assert!(
            begun.poll(at(GIVE_UP_AFTER - 1)).is_none(),
            "an attempt has some steps, each of which may take its time"
        );
        let given_up = begun.poll(at(GIVE_UP_AFTER));
        assert!(matches!(given_up, Some(Err(LinkError::TimedOut { .. }))), "{given_up:?}");
    }
}
