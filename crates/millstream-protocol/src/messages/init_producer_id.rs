//! `InitProducerId` (key 22, versions 4 to 5): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Writer};

impl Request for InitProducerIdRequest {
    type Response = InitProducerIdResponse;
    const API_KEY: i16 = 22;
    const NAME: &'static str = "InitProducerId";
    const OLDEST: i16 = 4;
    const NEWEST: i16 = 5;
    const FLEXIBLE_FROM: i16 = 2;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `InitProducerIdRequest` of Kafka, versions 4 to 5.
#[derive(Clone, Debug, PartialEq)]
pub struct InitProducerIdRequest {
    /// `TransactionalId`: string or null, empty by default.
    pub transactional_id: Option<String>,
    /// `TransactionTimeoutMs`: `int32`.
    pub transaction_timeout_ms: i32,
    /// `ProducerId`: `int64`, `-1` by default.
    pub producer_id: i64,
    /// `ProducerEpoch`: `int16`, `-1` by default.
    pub producer_epoch: i16,
}

impl Default for InitProducerIdRequest {
    fn default() -> Self {
        Self { transactional_id: Some(String::new()), transaction_timeout_ms: 0, producer_id: -1, producer_epoch: -1 }
    }
}

impl Message for InitProducerIdRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(4..=5).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "InitProducerIdRequest", version });
        }
        out.nullable_string(
            Lengths::Compact,
            self.transactional_id.as_deref(),
            "InitProducerIdRequest.transactional_id",
        )?;
        out.int32(self.transaction_timeout_ms);
        out.int64(self.producer_id);
        out.int16(self.producer_epoch);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(4..=5).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "InitProducerIdRequest", version });
        }
        let value = Self {
            transactional_id: input.nullable_string(Lengths::Compact, "InitProducerIdRequest.transactional_id")?,
            transaction_timeout_ms: input.int32("InitProducerIdRequest.transaction_timeout_ms")?,
            producer_id: input.int64("InitProducerIdRequest.producer_id")?,
            producer_epoch: input.int16("InitProducerIdRequest.producer_epoch")?,
        };
        input.skip_tagged_fields("InitProducerIdRequest")?;
        Ok(value)
    }
}

/// `InitProducerIdResponse` of Kafka, versions 4 to 5.
#[derive(Clone, Debug, PartialEq)]
pub struct InitProducerIdResponse {
    /// `ThrottleTimeMs`: `int32`.
    pub throttle_time_ms: i32,
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
    /// `ProducerId`: `int64`, `-1` by default.
    pub producer_id: i64,
    /// `ProducerEpoch`: `int16`.
    pub producer_epoch: i16,
}

impl Default for InitProducerIdResponse {
    fn default() -> Self {
        Self { throttle_time_ms: 0, error_code: 0, producer_id: -1, producer_epoch: 0 }
    }
}

impl Message for InitProducerIdResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(4..=5).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "InitProducerIdResponse", version });
        }
        out.int32(self.throttle_time_ms);
        out.int16(self.error_code);
        out.int64(self.producer_id);
        out.int16(self.producer_epoch);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(4..=5).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "InitProducerIdResponse", version });
        }
        let value = Self {
            throttle_time_ms: input.int32("InitProducerIdResponse.throttle_time_ms")?,
            error_code: input.int16("InitProducerIdResponse.error_code")?,
            producer_id: input.int64("InitProducerIdResponse.producer_id")?,
            producer_epoch: input.int16("InitProducerIdResponse.producer_epoch")?,
        };
        input.skip_tagged_fields("InitProducerIdResponse")?;
        Ok(value)
    }
}
