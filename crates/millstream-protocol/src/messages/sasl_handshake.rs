//! `SaslHandshake` (key 17, version 1): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Writer};

impl Request for SaslHandshakeRequest {
    type Response = SaslHandshakeResponse;
    const API_KEY: i16 = 17;
    const NAME: &'static str = "SaslHandshake";
    const OLDEST: i16 = 1;
    const NEWEST: i16 = 1;
    const FLEXIBLE_FROM: i16 = i16::MAX;
}

/// `SaslHandshakeRequest` of Kafka, version 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SaslHandshakeRequest {
    /// `Mechanism`: string.
    pub mechanism: String,
}

impl Message for SaslHandshakeRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version != 1 {
            return Err(EncodeError::UnsupportedVersion { message: "SaslHandshakeRequest", version });
        }
        out.string(Lengths::Fixed, &self.mechanism, "SaslHandshakeRequest.mechanism")?;
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if version != 1 {
            return Err(DecodeError::UnsupportedVersion { message: "SaslHandshakeRequest", version });
        }
        Ok(Self { mechanism: input.string(Lengths::Fixed, "SaslHandshakeRequest.mechanism")? })
    }
}

/// `SaslHandshakeResponse` of Kafka, version 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SaslHandshakeResponse {
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
    /// `Mechanisms`: array of string.
    pub mechanisms: Vec<String>,
}

impl Message for SaslHandshakeResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version != 1 {
            return Err(EncodeError::UnsupportedVersion { message: "SaslHandshakeResponse", version });
        }
        out.int16(self.error_code);
        out.array(Lengths::Fixed, &self.mechanisms, "SaslHandshakeResponse.mechanisms", |out, each| {
            out.string(Lengths::Fixed, each, "SaslHandshakeResponse.mechanisms")
        })?;
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if version != 1 {
            return Err(DecodeError::UnsupportedVersion { message: "SaslHandshakeResponse", version });
        }
        Ok(Self {
            error_code: input.int16("SaslHandshakeResponse.error_code")?,
            mechanisms: input.array(Lengths::Fixed, "SaslHandshakeResponse.mechanisms", 2, |input| {
                input.string(Lengths::Fixed, "SaslHandshakeResponse.mechanisms")
            })?,
        })
    }
}
