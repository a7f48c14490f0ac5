//! The requests and responses of Kafka's protocol that Millstream uses besides producing and fetching.

pub mod error;
mod frame;
mod message;
pub mod messages;
pub mod wire;

pub use error::{DecodeError, EncodeError};
pub use frame::{data_bytes, read_data, read_request_header, read_response, request_frame, response_frame};
pub use message::{Data, Message, Request};
pub use wire::{Reader, Uuid, Writer};
