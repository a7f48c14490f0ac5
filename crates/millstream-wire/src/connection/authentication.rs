//! Authenticating a connection by SASL.

use super::Connection;
use crate::clock::now;
use crate::error::LinkError;
use crate::messages::sasl::{self, Authenticated, Offered};
use crate::sasl::SaslRequests;
use crate::settings::ClientSettings;

impl Connection {
    /// Authenticates, if the settings have SASL. No request may be in flight.
    pub(super) fn authenticate(&mut self, settings: &ClientSettings) -> Result<(), LinkError> {
        if let Some(authenticator) = settings.security.sasl() {
            let client_id = &settings.client_id;
            self.session = authenticator.authenticate(&mut Requests { connection: self, client_id })?;
        }
        Ok(())
    }

    /// Authenticates again, if the session is about to end (KIP-368). No request may be in flight.
    pub(crate) fn renew(&mut self, settings: &ClientSettings) -> Result<(), LinkError> {
        if self.session.is_over(now()) { self.authenticate(settings) } else { Ok(()) }
    }
}

struct Requests<'a> {
    connection: &'a mut Connection,
    client_id: &'a str,
}

impl SaslRequests for Requests<'_> {
    fn handshake(&mut self, mechanism: &str) -> Result<Offered, LinkError> {
        let request = sasl::handshake(self.connection.next_correlation(), self.client_id, mechanism);
        self.connection.send(&request)?;
        sasl::read_offered(self.connection.response(sasl::HANDSHAKE)?)
    }

    fn authenticate(&mut self, message: &[u8]) -> Result<Authenticated, LinkError> {
        let request = sasl::authenticate(self.connection.next_correlation(), self.client_id, message);
        self.connection.send(&request)?;
        sasl::read_authenticated(self.connection.response(sasl::AUTHENTICATE)?)
    }
}
