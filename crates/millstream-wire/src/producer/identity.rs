//! Who a producer is to the brokers.

use std::thread;
use std::time::Duration;

use millstream_log::Signal;
use millstream_types::MonotonicTime;

use crate::codes;
use crate::connection::Connection;
use crate::errand::Errand;
use crate::error::LinkError;
use crate::leaders::Leaders;
use crate::messages::init_producer_id::ProducerId;
use crate::pause::Pause;
use crate::settings::ClientSettings;

/// How often one broker is asked in a row.
const ATTEMPTS: usize = 10;
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(20);

/// A producer's number, which brokers give it, and which tells them what they have of it already.
#[derive(Default)]
pub(super) struct Identity {
    known: Option<ProducerId>,
    errand: Option<Errand<ProducerId>>,
    pause: Pause,
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
    /// When it is refused, for more than a moment; it is asked for again.
    pub(super) fn poll(&mut self, leaders: &Leaders, signal: &Signal, now: MonotonicTime) -> Result<(), LinkError> {
        if let Some(answer) = self.errand.as_ref().and_then(Errand::poll) {
            self.errand = None;
            self.hear(answer, now)?;
        }
        if self.known.is_none() && self.errand.is_none() && self.pause.is_over(now) {
            self.errand = Some(leaders.ask(signal, ask));
        }
        Ok(())
    }

    fn hear(&mut self, answer: Result<ProducerId, LinkError>, now: MonotonicTime) -> Result<(), LinkError> {
        match answer {
            Ok(known) => {
                (self.known, self.pause) = (Some(known), Pause::default());
                Ok(())
            }
            Err(error) => {
                self.pause.fail(now);
                let is_refused = matches!(error, LinkError::Refused { code } if !codes::is_coordinator_away(code));
                // That no broker answers, the client beside this one tells.
                if is_refused || error.is_final() { Err(error) } else { Ok(()) }
            }
        }
    }
}

/// A broker has to fetch numbers before it gives them out, and meanwhile asks for patience.
fn ask(connection: &mut Connection, settings: &ClientSettings) -> Result<ProducerId, LinkError> {
    for _ in 0..ATTEMPTS {
        match connection.producer_id(settings) {
            Err(LinkError::Refused { code }) if codes::is_coordinator_away(code) => rest(),
            answer => return answer,
        }
    }
    connection.producer_id(settings)
}

#[expect(clippy::disallowed_methods, reason = "nobody waits for this thread")]
fn rest() {
    thread::sleep(BETWEEN_ATTEMPTS);
}
