//! `AddOffsetsToTxn` (key 25, versions 3 to 4): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Writer};

impl Request for AddOffsetsToTxnRequest {
    type Response = AddOffsetsToTxnResponse;
    const API_KEY: i16 = 25;
    const NAME: &'static str = "AddOffsetsToTxn";
    const OLDEST: i16 = 3;
    const NEWEST: i16 = 4;
    const FLEXIBLE_FROM: i16 = 3;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `AddOffsetsToTxnRequest` of Kafka, versions 3 to 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddOffsetsToTxnRequest {
    /// `TransactionalId`: string.
    pub transactional_id: String,
    /// `ProducerId`: `int64`.
    pub producer_id: i64,
    /// `ProducerEpoch`: `int16`.
    pub producer_epoch: i16,
    /// `GroupId`: string.
    pub group_id: String,
}

impl Message for AddOffsetsToTxnRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(3..=4).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "AddOffsetsToTxnRequest", version });
        }
        out.string(Lengths::Compact, &self.transactional_id, "AddOffsetsToTxnRequest.transactional_id")?;
        out.int64(self.producer_id);
        out.int16(self.producer_epoch);
        out.string(Lengths::Compact, &self.group_id, "AddOffsetsToTxnRequest.group_id")?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(3..=4).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "AddOffsetsToTxnRequest", version });
        }
        let value = Self {
            transactional_id: input.string(Lengths::Compact, "AddOffsetsToTxnRequest.transactional_id")?,
            producer_id: input.int64("AddOffsetsToTxnRequest.producer_id")?,
            producer_epoch: input.int16("AddOffsetsToTxnRequest.producer_epoch")?,
            group_id: input.string(Lengths::Compact, "AddOffsetsToTxnRequest.group_id")?,
        };
        input.skip_tagged_fields("AddOffsetsToTxnRequest")?;
        Ok(value)
    }
}

/// `AddOffsetsToTxnResponse` of Kafka, versions 3 to 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddOffsetsToTxnResponse {
    /// `ThrottleTimeMs`: `int32`.
    pub throttle_time_ms: i32,
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
}

impl Message for AddOffsetsToTxnResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(3..=4).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "AddOffsetsToTxnResponse", version });
        }
        out.int32(self.throttle_time_ms);
        out.int16(self.error_code);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(3..=4).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "AddOffsetsToTxnResponse", version });
        }
        let value = Self {
            throttle_time_ms: input.int32("AddOffsetsToTxnResponse.throttle_time_ms")?,
            error_code: input.int16("AddOffsetsToTxnResponse.error_code")?,
        };
        input.skip_tagged_fields("AddOffsetsToTxnResponse")?;
        Ok(value)
    }
}
