//! `InitProducerId`: requests a producer id, by which brokers recognise batches that are sent again.

use std::io::Read;

use crate::error::LinkError;
use crate::frame::{Api, RequestFrame, ResponseFrame};

/// Version 4, since Kafka 2.7.
pub(crate) const API: Api = Api { key: 22, version: 4, is_flexible: true };

/// The time-out of transactions. Without a transactional id brokers ignore it; Kafka's Java client always sends a positive
/// value.
const NO_TIMEOUT_MS: i32 = i32::MAX;

/// A producer id, which no other producer has, and its epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProducerId {
    pub(crate) id: i64,
    pub(crate) epoch: i16,
}

/// Writes a request for a new producer id.
pub(crate) fn request(correlation: i32, client_id: &str) -> Vec<u8> {
    let mut request = RequestFrame::new(API, correlation, client_id);
    let (no_id, no_epoch) = (-1, -1);
    request.null().int32(NO_TIMEOUT_MS).int64(no_id).int16(no_epoch).no_tags();
    request.finish()
}

/// Reads the response.
pub(crate) fn read<R: Read>(mut response: ResponseFrame<R>) -> Result<ProducerId, LinkError> {
    let (_throttle, code) = (response.millis()?, response.int16()?);
    let producer = ProducerId { id: response.int64()?, epoch: response.int16()? };
    response.end()?;
    if code != 0 {
        return Err(LinkError::Refused { code });
    }
    if producer.id < 0 || producer.epoch < 0 {
        return Err(LinkError::Garbled { what: "the producer id is negative" });
    }
    Ok(producer)
}
