//! The id of a producer.

use std::thread;
use std::time::Duration;

use millstream_log::Signal;
use millstream_types::MonotonicTime;

use crate::any_broker::AnyBrokerRequest;
use crate::backoff::Backoff;
use crate::codes;
use crate::connection::Connection;
use crate::error::LinkError;
use crate::leaders::Leaders;
use crate::messages::init_producer_id::ProducerId;
use crate::settings::ClientSettings;

/// How many times in a row one broker is asked for an id.
const ATTEMPTS: usize = 10;
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(20);

/// A producer's id, which brokers assign, and by which they recognise its batches.
#[derive(Default)]
pub(super) struct Identity {
    known: Option<ProducerId>,
    request: Option<AnyBrokerRequest<ProducerId>>,
    backoff: Backoff,
}

impl Identity {
    /// The id, once it is known.
    pub(super) fn get(&self) -> Option<ProducerId> {
        self.known
    }

    /// Whether a request for an id is in flight.
    #[cfg(test)]
    pub(super) fn is_requested(&self) -> bool {
        self.request.is_some()
    }

    /// Drops the id if it is still this one. A new one is requested by the next poll.
    pub(super) fn drop_id(&mut self, dropped: ProducerId) {
        self.known = self.known.filter(|known| *known != dropped);
    }

    /// Requests an id while there is none.
    ///
    /// # Errors
    /// When the brokers refuse it with an error that is not retriable. The request is repeated.
    pub(super) fn poll(&mut self, leaders: &Leaders, signal: &Signal, now: MonotonicTime) -> Result<(), LinkError> {
        if let Some(response) = self.request.as_mut().and_then(|request| request.poll(now)) {
            self.request = None;
            self.on_response(response, now)?;
        }
        if self.known.is_none() && self.request.is_none() && self.backoff.is_over(now) {
            self.request = Some(leaders.request_any(signal, now, request_id));
        }
        Ok(())
    }

    fn on_response(&mut self, response: Result<ProducerId, LinkError>, now: MonotonicTime) -> Result<(), LinkError> {
        match response {
            Ok(known) => {
                (self.known, self.backoff) = (Some(known), Backoff::default());
                Ok(())
            }
            Err(error) => {
                self.backoff.fail(now);
                let is_refused =
                    matches!(error, LinkError::Refused { code } if !codes::is_coordinator_unavailable(code));
                // That no broker responds is reported by the look-ups of topics.
                if is_refused || error.is_final() { Err(error) } else { Ok(()) }
            }
        }
    }
}

/// Requests an id from one broker. A broker that has none left gets a block from the controller, and returns a retriable
/// error meanwhile.
fn request_id(connection: &mut Connection, settings: &ClientSettings) -> Result<ProducerId, LinkError> {
    for _ in 0..ATTEMPTS {
        match connection.producer_id(settings) {
            Err(LinkError::Refused { code }) if codes::is_coordinator_unavailable(code) => rest(),
            response => return response,
        }
    }
    connection.producer_id(settings)
}

#[expect(clippy::disallowed_methods, reason = "no other thread waits for this one")]
fn rest() {
    thread::sleep(BETWEEN_ATTEMPTS);
}
