//! Authenticating a connection by SASL.

use std::time::Duration;

use millstream_protocol::messages::{SaslAuthenticateResponse, SaslHandshakeResponse};

use super::Connection;
use crate::clock::now;
use crate::error::LinkError;
use crate::messages::sasl;
use crate::sasl::{SaslFault, SaslRequests};
use crate::settings::ClientSettings;

impl Connection {
    /// Authenticates, if the settings have SASL. No request may be in flight.
    pub(super) fn authenticate(&mut self, settings: &ClientSettings) -> Result<(), LinkError> {
        if let Some(authenticator) = settings.security.sasl() {
            let limit = settings.request_timeout;
            let requests = &mut Requests { connection: self, client_id: &settings.client_id, limit };
            self.session = authenticator.authenticate(requests).map_err(|error| error.after_waiting(limit))?;
        }
        Ok(())
    }

    /// Authenticates again, if the session is about to end (KIP-368). No request may be in flight.
    ///
    /// # Errors
    /// `SessionEnds` when the broker does not take another authentication on this connection, which Kafka's brokers do at most once
    /// a second: a session may be that short when a token is about to expire. Another connection is needed then.
    pub(crate) fn renew(&mut self, settings: &ClientSettings) -> Result<(), LinkError> {
        if !self.session.is_over(now()) {
            return Ok(());
        }
        match self.authenticate(settings) {
            Err(LinkError::Sasl(SaslFault::NotExpected)) => Err(LinkError::SessionEnds),
            renewed => renewed,
        }
    }
}

struct Requests<'a> {
    connection: &'a mut Connection,
    client_id: &'a str,
    /// How long each response may take.
    limit: Duration,
}

impl SaslRequests for Requests<'_> {
    fn handshake(&mut self, mechanism: &str) -> Result<SaslHandshakeResponse, LinkError> {
        let request = sasl::handshake(self.connection.next_correlation(), self.client_id, mechanism)?;
        self.connection.send(&request)?;
        sasl::read_handshake(self.connection.response_within(sasl::HANDSHAKE, self.limit)?)
    }

    fn authenticate(&mut self, message: &[u8]) -> Result<SaslAuthenticateResponse, LinkError> {
        let request = sasl::authenticate(self.connection.next_correlation(), self.client_id, message)?;
        self.connection.send(&request)?;
        sasl::read_authenticate(self.connection.response_within(sasl::AUTHENTICATE, self.limit)?)
    }
}
