//! `SaslHandshake` and `SaslAuthenticate`: who connects.

use std::io::Read;

use millstream_protocol::messages::{
    SaslAuthenticateRequest, SaslAuthenticateResponse, SaslHandshakeRequest, SaslHandshakeResponse,
};
use millstream_protocol::{Message, Reader, Request, request_frame};

use crate::error::LinkError;
use crate::frame::{Api, ResponseFrame};

/// Version 1, since Kafka 1.0: the mechanism's messages are `SaslAuthenticate` requests.
pub(crate) const HANDSHAKE: Api = Api { key: SaslHandshakeRequest::API_KEY, version: 1, is_flexible: false };

/// Version 2, since Kafka 2.5.
pub(crate) const AUTHENTICATE: Api = Api { key: SaslAuthenticateRequest::API_KEY, version: 2, is_flexible: true };

/// Writes a handshake request.
pub(crate) fn handshake(correlation: i32, client_id: &str, mechanism: &str) -> Result<Vec<u8>, LinkError> {
    let request = SaslHandshakeRequest { mechanism: mechanism.to_owned() };
    frame(&request, HANDSHAKE, correlation, client_id)
}

/// Reads the response.
pub(crate) fn read_handshake<R: Read>(response: ResponseFrame<R>) -> Result<SaslHandshakeResponse, LinkError> {
    read(response, HANDSHAKE)
}

/// Writes a request with a message of the mechanism.
pub(crate) fn authenticate(correlation: i32, client_id: &str, message: &[u8]) -> Result<Vec<u8>, LinkError> {
    let request = SaslAuthenticateRequest { auth_bytes: message.to_vec() };
    frame(&request, AUTHENTICATE, correlation, client_id)
}

/// Reads the response.
pub(crate) fn read_authenticate<R: Read>(response: ResponseFrame<R>) -> Result<SaslAuthenticateResponse, LinkError> {
    read(response, AUTHENTICATE)
}

fn frame<R: Request>(request: &R, api: Api, correlation: i32, client_id: &str) -> Result<Vec<u8>, LinkError> {
    let frame = request_frame(request, api.version, correlation, client_id);
    frame.map_err(|error| std::io::Error::other(error).into())
}

fn read<M: Message>(response: ResponseFrame<impl Read>, api: Api) -> Result<M, LinkError> {
    let body = response.rest()?;
    let unreadable = |_| LinkError::Garbled { what: "it is no response of SASL" };
    M::read(&mut Reader::new(&body), api.version).map_err(unreadable)
}
