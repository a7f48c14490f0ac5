//! `SaslAuthenticate` (key 36, version 2): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Writer};

impl Request for SaslAuthenticateRequest {
    type Response = SaslAuthenticateResponse;
    const API_KEY: i16 = 36;
    const NAME: &'static str = "SaslAuthenticate";
    const OLDEST: i16 = 2;
    const NEWEST: i16 = 2;
    const FLEXIBLE_FROM: i16 = 2;
}

/// `SaslAuthenticateRequest` of Kafka, version 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SaslAuthenticateRequest {
    /// `AuthBytes`: bytes.
    pub auth_bytes: Vec<u8>,
}

impl Message for SaslAuthenticateRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version != 2 {
            return Err(EncodeError::UnsupportedVersion { message: "SaslAuthenticateRequest", version });
        }
        out.bytes(Lengths::Compact, &self.auth_bytes, "SaslAuthenticateRequest.auth_bytes")?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if version != 2 {
            return Err(DecodeError::UnsupportedVersion { message: "SaslAuthenticateRequest", version });
        }
        let value = Self { auth_bytes: input.bytes(Lengths::Compact, "SaslAuthenticateRequest.auth_bytes")? };
        input.skip_tagged_fields("SaslAuthenticateRequest")?;
        Ok(value)
    }
}

/// `SaslAuthenticateResponse` of Kafka, version 2.
#[derive(Clone, Debug, PartialEq)]
pub struct SaslAuthenticateResponse {
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
    /// `ErrorMessage`: string or null, empty by default.
    pub error_message: Option<String>,
    /// `AuthBytes`: bytes.
    pub auth_bytes: Vec<u8>,
    /// `SessionLifetimeMs`: `int64`.
    pub session_lifetime_ms: i64,
}

impl Default for SaslAuthenticateResponse {
    fn default() -> Self {
        Self { error_code: 0, error_message: Some(String::new()), auth_bytes: Vec::new(), session_lifetime_ms: 0 }
    }
}

impl Message for SaslAuthenticateResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version != 2 {
            return Err(EncodeError::UnsupportedVersion { message: "SaslAuthenticateResponse", version });
        }
        out.int16(self.error_code);
        out.nullable_string(Lengths::Compact, self.error_message.as_deref(), "SaslAuthenticateResponse.error_message")?;
        out.bytes(Lengths::Compact, &self.auth_bytes, "SaslAuthenticateResponse.auth_bytes")?;
        out.int64(self.session_lifetime_ms);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if version != 2 {
            return Err(DecodeError::UnsupportedVersion { message: "SaslAuthenticateResponse", version });
        }
        let value = Self {
            error_code: input.int16("SaslAuthenticateResponse.error_code")?,
            error_message: input.nullable_string(Lengths::Compact, "SaslAuthenticateResponse.error_message")?,
            auth_bytes: input.bytes(Lengths::Compact, "SaslAuthenticateResponse.auth_bytes")?,
            session_lifetime_ms: input.int64("SaslAuthenticateResponse.session_lifetime_ms")?,
        };
        input.skip_tagged_fields("SaslAuthenticateResponse")?;
        Ok(value)
    }
}
