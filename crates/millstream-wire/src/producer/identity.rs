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

/// How many requests in a row go to one broker.
const ATTEMPTS: usize = 10;
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(20);

/// A producer's id, which brokers assign, and by which they know its batches.
#[derive(Default)]
pub(super) struct Identity {
    known: Option<ProducerId>,
    request: Option<AnyBrokerRequest<ProducerId>>,
    backoff: Backoff,
}

impl Identity {
    /// The number, once it is known.
    pub(super) fn get(&self) -> Option<ProducerId> {
        self.known
    }

    /// Takes another number, if it still is this one.
    pub(super) fn leave(&mut self, left: ProducerId) {
        self.known = self.known.filter(|known| *known != left);
    }

    /// Asks for a number as long as there is none.
    ///
    /// # Errors
    /// When it is refused, for more than a moment; it is requested again.
    pub(super) fn poll(&mut self, leaders: &Leaders, signal: &Signal, now: MonotonicTime) -> Result<(), LinkError> {
        if let Some(response) = self.request.as_mut().and_then(|request| request.poll(now)) {
            self.request = None;
            self.on_response(response, now)?;
        }
        if self.known.is_none() && self.request.is_none() && self.backoff.is_over(now) {
            self.request = Some(leaders.ask(signal, now, ask));
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
                let is_refused = matches!(error, LinkError::Refused { code } if !codes::is_coordinator_away(code));
                // That no broker responds is reported by the client beside this one.
                if is_refused || error.is_final() { Err(error) } else { Ok(()) }
            }
        }
    }
}

/// A broker without ids in stock fetches some from the controller, and refuses with a retriable error meanwhile.
fn ask(connection: &mut Connection, settings: &ClientSettings) -> Result<ProducerId, LinkError> {
    for _ in 0..ATTEMPTS {
        match connection.producer_id(settings) {
            Err(LinkError::Refused { code }) if codes::is_coordinator_away(code) => rest(),
            response => return response,
        }
    }
    connection.producer_id(settings)
}

#[expect(clippy::disallowed_methods, reason = "no other thread waits for this one")]
fn rest() {
    thread::sleep(BETWEEN_ATTEMPTS);
}
