//! Frames: a size, a header, a body, in the encoding that Kafka calls flexible.
//!
//! Source: `KIP-482` and the message schemas of Kafka 4.3.

mod request;
mod response;

pub(crate) use request::{Api, RequestFrame};
pub(crate) use response::{RESPONSE_BYTES_MAX, ResponseFrame};
