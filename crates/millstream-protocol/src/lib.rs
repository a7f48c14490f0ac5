//! The messages of Kafka's protocol that Millstream uses besides producing and fetching: metadata, groups, offsets,
//! transactions, topics, authentication.
//!
//! The [messages] are plain structures, generated from the schemas of Kafka 4.4. The oldest version of each is one that
//! brokers know since Kafka 2.8; streams groups came with Kafka 4.1. Fields of all versions are in one structure. A
//! field that a version does not have is left out there or is an error, as the schema says.
//!
//! The crate does no I/O. It knows no connections, does not choose versions, and repeats nothing: [`request_frame`]
//! makes bytes of a request, [`read_response`] makes a response of bytes. [`read_request_header`] and
//! [`response_frame`] are the other side, for brokers in tests. Produce and Fetch, whose messages are large, are in the
//! crate `millstream-wire`, as are record batches.
//!
//! Bytes from the network are not trusted: they are a message or an error, and a message takes room in proportion to
//! its bytes. Tagged fields that are not known are skipped. Numbers that are not known, such as error codes, are kept.
//!
//! | module | content |
//! |---|---|
//! | [`messages`] | the requests, the responses, and what consumers put into them; a module for each |
//! | [`error_code`] | [`ErrorCode`]: names of error codes, and whether it helps to try again |
//! | `message` | [`Message`], [`Request`], [`Data`]: what messages have in common |
//! | `frame` | whole requests and responses, with size and header |
//! | [`wire`] | [`Writer`], [`Reader`]: the primitive types |
//! | [`error`] | [`EncodeError`], [`DecodeError`] |
//!
//! The generator is `examples/generate`. The list of messages and versions is in its `apis.rs`.
//!
//! # Examples
//! ```
//! use millstream_protocol::messages::{HeartbeatRequest, HeartbeatResponse};
//! use millstream_protocol::{ErrorCode, read_response, request_frame, response_frame};
//!
//! let request = HeartbeatRequest { group_id: "counts".to_owned(), generation_id: 3, ..HeartbeatRequest::default() };
//! let frame = request_frame(&request, 4, 17, "client-1")?;
//! assert_eq!(frame[..4], (frame.len() as i32 - 4).to_be_bytes());
//!
//! // What a broker might respond; the reader of the connection takes the size.
//! let response = HeartbeatResponse { error_code: ErrorCode::REBALANCE_IN_PROGRESS.0, ..HeartbeatResponse::default() };
//! let frame = response_frame::<HeartbeatRequest>(&response, 4, 17)?;
//! let (correlation, response) = read_response::<HeartbeatRequest>(&frame[4..], 4)?;
//! assert_eq!(correlation, 17);
//! assert_eq!(ErrorCode(response.error_code).to_string(), "REBALANCE_IN_PROGRESS (27)");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod error;
pub mod error_code;
mod frame;
mod message;
pub mod messages;
pub mod wire;

pub use error::{DecodeError, EncodeError};
pub use error_code::ErrorCode;
pub use frame::{data_bytes, read_data, read_request_header, read_response, request_frame, response_frame};
pub use message::{Data, Message, Request};
pub use wire::{Lengths, Reader, TaggedFields, Uuid, Writer};
