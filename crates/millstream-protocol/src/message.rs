//! What messages have in common.

use crate::error::{DecodeError, EncodeError};
use crate::wire::{Reader, Writer};

/// A message or a structure in one.
pub trait Message: Sized {
    /// Appends the message to `out`, as `version` encodes it.
    ///
    /// # Errors
    /// When the version is not supported or cannot carry a field's value; `out` then holds a part of the message.
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError>;

    /// Reads the message, and nothing behind it.
    ///
    /// # Errors
    /// When the version is not supported or the bytes are no such message.
    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError>;
}

/// A request, its key and versions.
pub trait Request: Message {
    /// What a broker responds with.
    type Response: Message;
    /// The API's name, such as `JoinGroup`.
    const NAME: &'static str;
    /// The API's number.
    const API_KEY: i16;
    /// The oldest version that the crate supports.
    const OLDEST: i16;
    /// The newest version that the crate supports.
    const NEWEST: i16;
    /// The first flexible version, [`i16::MAX`] if there is none.
    const FLEXIBLE_FROM: i16;

    /// For how many milliseconds after a response the broker reads nothing more from its connection (KIP-219); 0 if the
    /// response does not say.
    fn throttle_ms(_response: &Self::Response) -> i32 {
        0
    }
}

/// A message inside the bytes of another, behind its version.
pub trait Data: Message {
    /// Its name, such as `ConsumerProtocolSubscription`.
    const NAME: &'static str;
    /// The oldest version that the crate supports.
    const OLDEST: i16;
    /// The newest version that the crate supports.
    const NEWEST: i16;
}
