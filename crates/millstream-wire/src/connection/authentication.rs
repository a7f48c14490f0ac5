//! Authenticating a connection by SASL.

use std::time::Duration;

use millstream_protocol::Request;
use millstream_protocol::messages::{
    SaslAuthenticateRequest, SaslAuthenticateResponse, SaslHandshakeRequest, SaslHandshakeResponse,
};

use super::Connection;
use crate::clock::now;
use crate::error::LinkError;
use crate::sasl::{SaslFault, SaslRequests};
use crate::settings::ClientSettings;

impl Connection {
    /// Authenticates, if the settings have SASL. No request may be in flight.
    pub(super) fn authenticate(&mut self, settings: &ClientSettings) -> Result<(), LinkError> {
        if let Some(authenticator) = settings.security.sasl() {
            let patience = settings.request_timeout;
            self.session = authenticator.authenticate(&mut Requests { connection: self, patience })?;
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

/// Sends the requests of an authentication, and waits for their responses.
struct Requests<'a> {
    connection: &'a mut Connection,
    patience: Duration,
}

impl Requests<'_> {
    fn exchange<R: Request>(&mut self, request: &R) -> Result<R::Response, LinkError> {
        let version = self.connection.supported.newest::<R>()?;
        self.connection.exchange(request, version, self.patience)
    }
}

impl SaslRequests for Requests<'_> {
    fn handshake(&mut self, mechanism: &str) -> Result<SaslHandshakeResponse, LinkError> {
        self.exchange(&SaslHandshakeRequest { mechanism: mechanism.to_owned() })
    }

    fn authenticate(&mut self, message: &[u8]) -> Result<SaslAuthenticateResponse, LinkError> {
        self.exchange(&SaslAuthenticateRequest { auth_bytes: message.to_vec() })
    }
}
