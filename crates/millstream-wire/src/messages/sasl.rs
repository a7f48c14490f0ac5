//! `SaslHandshake` and `SaslAuthenticate`: who connects.

use std::io::Read;
use std::time::Duration;

use crate::error::LinkError;
use crate::frame::{Api, RequestFrame, ResponseFrame};

/// Version 1, since Kafka 1.0: the mechanism's messages are `SaslAuthenticate` requests.
pub(crate) const HANDSHAKE: Api = Api { key: 17, version: 1, is_flexible: false };

/// Version 2, since Kafka 2.5.
pub(crate) const AUTHENTICATE: Api = Api { key: 36, version: 2, is_flexible: true };

/// The size of a string without characters.
const STRING_BYTES_MIN: usize = 2;

/// The response to a handshake.
pub(crate) struct Offered {
    /// Kafka's number for the error.
    pub(crate) code: i16,
    /// The mechanisms that the broker supports.
    pub(crate) mechanisms: Vec<String>,
}

/// The response to a message of the mechanism.
pub(crate) struct Authenticated {
    /// Kafka's number for the error.
    pub(crate) code: i16,
    /// Its description; empty without an error.
    pub(crate) why: String,
    /// The broker's message.
    pub(crate) message: Vec<u8>,
    /// After how long the broker ends the session; zero is never.
    pub(crate) life: Duration,
}

/// Writes a handshake request.
pub(crate) fn handshake(correlation: i32, client_id: &str, mechanism: &str) -> Vec<u8> {
    let mut request = RequestFrame::new(HANDSHAKE, correlation, client_id);
    request.string(mechanism);
    request.finish()
}

/// Reads the response.
pub(crate) fn read_offered<R: Read>(mut response: ResponseFrame<R>) -> Result<Offered, LinkError> {
    let code = response.int16()?;
    let count = response.count_of_four_bytes(STRING_BYTES_MIN)?;
    let mechanisms = (0..count).map(|_| response.string()).collect::<Result<_, _>>()?;
    response.end()?;
    Ok(Offered { code, mechanisms })
}

/// Writes a request with a message of the mechanism.
pub(crate) fn authenticate(correlation: i32, client_id: &str, message: &[u8]) -> Vec<u8> {
    let mut request = RequestFrame::new(AUTHENTICATE, correlation, client_id);
    request.short_bytes(message).no_tags();
    request.finish()
}

/// Reads the response.
pub(crate) fn read_authenticated<R: Read>(mut response: ResponseFrame<R>) -> Result<Authenticated, LinkError> {
    let code = response.int16()?;
    let (why, message) = (response.compact_string()?, response.compact_bytes()?);
    let life = Duration::from_millis(u64::try_from(response.int64()?).unwrap_or(0));
    response.end()?;
    Ok(Authenticated { code, why, message, life })
}
