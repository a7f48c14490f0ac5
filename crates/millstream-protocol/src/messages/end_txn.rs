//! `EndTxn` (key 26, versions 3 to 5): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Writer};

impl Request for EndTxnRequest {
    type Response = EndTxnResponse;
    const API_KEY: i16 = 26;
    const NAME: &'static str = "EndTxn";
    const OLDEST: i16 = 3;
    const NEWEST: i16 = 5;
    const FLEXIBLE_FROM: i16 = 3;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `EndTxnRequest` of Kafka, versions 3 to 5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EndTxnRequest {
    /// `TransactionalId`: string.
    pub transactional_id: String,
    /// `ProducerId`: `int64`.
    pub producer_id: i64,
    /// `ProducerEpoch`: `int16`.
    pub producer_epoch: i16,
    /// `Committed`: `bool`.
    pub committed: bool,
}

impl Message for EndTxnRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(3..=5).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "EndTxnRequest", version });
        }
        out.string(Lengths::Compact, &self.transactional_id, "EndTxnRequest.transactional_id")?;
        out.int64(self.producer_id);
        out.int16(self.producer_epoch);
        out.bool(self.committed);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(3..=5).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "EndTxnRequest", version });
        }
        let value = Self {
            transactional_id: input.string(Lengths::Compact, "EndTxnRequest.transactional_id")?,
            producer_id: input.int64("EndTxnRequest.producer_id")?,
            producer_epoch: input.int16("EndTxnRequest.producer_epoch")?,
            committed: input.bool("EndTxnRequest.committed")?,
        };
        input.skip_tagged_fields("EndTxnRequest")?;
        Ok(value)
    }
}

/// `EndTxnResponse` of Kafka, versions 3 to 5.
#[derive(Clone, Debug, PartialEq)]
pub struct EndTxnResponse {
    /// `ThrottleTimeMs`: `int32`.
    pub throttle_time_ms: i32,
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
    /// `ProducerId`: `int64`, `-1` by default; version 5 (left out of others).
    pub producer_id: i64,
    /// `ProducerEpoch`: `int16`, `-1` by default; version 5 (left out of others).
    pub producer_epoch: i16,
}

impl Default for EndTxnResponse {
    fn default() -> Self {
        Self { throttle_time_ms: 0, error_code: 0, producer_id: -1, producer_epoch: -1 }
    }
}

impl Message for EndTxnResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(3..=5).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "EndTxnResponse", version });
        }
        out.int32(self.throttle_time_ms);
        out.int16(self.error_code);
        if version >= 5 {
            out.int64(self.producer_id);
        }
        if version >= 5 {
            out.int16(self.producer_epoch);
        }
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(3..=5).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "EndTxnResponse", version });
        }
        let value = Self {
            throttle_time_ms: input.int32("EndTxnResponse.throttle_time_ms")?,
            error_code: input.int16("EndTxnResponse.error_code")?,
            producer_id: if version >= 5 { input.int64("EndTxnResponse.producer_id")? } else { -1 },
            producer_epoch: if version >= 5 { input.int16("EndTxnResponse.producer_epoch")? } else { -1 },
        };
        input.skip_tagged_fields("EndTxnResponse")?;
        Ok(value)
    }
}
