//! Frames: a size, a header and a body, encoded as Kafka's flexible versions are.
//!
//! Sources: KIP-482 and the message schemas of Kafka 4.3.

mod request;
mod response;

pub(crate) use request::{Api, RequestFrame};
pub(crate) use response::{RESPONSE_BYTES_MAX, ResponseFrame, read_whole};
