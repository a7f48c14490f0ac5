//! A layout: how the keys of a kind of store become bytes, how they are found, and how they expire.
//!
//! Everything in which kinds of stores differ below their typed surface is here. A new kind brings a layout and
//! a surface; caching, logging, restoring, write-back, reading by bytes and the undo log it has from [`Store`].
//!
//! [`Store`]: crate::store::Store

use std::hash::Hasher;

use millstream_types::{SerdeError, Timestamp};

use crate::StoreKind;
use crate::expiry::Expiry;

/// A kind of key: the form a table owns, the borrowed form of a lookup, and the bytes of both.
///
/// A key's bytes in the engine are a prefix of fixed length and then its bytes in the changelog.
pub(crate) trait Layout: Send + 'static {
    /// The key as entries own it.
    type Key: Clone + Send + 'static;
    /// The key in the borrowed form of a lookup.
    type Lookup<'a>: Copy;

    /// How many bytes the engine's key has before the changelog's.
    const PREFIX_BYTES: usize;
    /// Whether rows expire. Where they do not, the compiler leaves out everything about it.
    const EXPIRES: bool;

    /// The kind of store, which may depend on whether values carry a time.
    fn kind(timestamped: bool) -> StoreKind;

    fn lookup(key: &Self::Key) -> Self::Lookup<'_>;
    fn own(lookup: Self::Lookup<'_>) -> Self::Key;
    fn hash<H: Hasher>(lookup: Self::Lookup<'_>, hasher: &mut H);
    fn matches(key: &Self::Key, lookup: Self::Lookup<'_>) -> bool;

    /// Appends the engine's key: prefix, then changelog key.
    fn encode(&self, lookup: Self::Lookup<'_>, out: &mut Vec<u8>) -> Result<(), SerdeError>;
    /// Reads a changelog key.
    fn decode(&self, logged: &[u8]) -> Result<Self::Key, SerdeError>;
    /// Appends the engine's key that belongs to a changelog key, without decoding it.
    fn encode_logged(&self, logged: &[u8], out: &mut Vec<u8>) -> Result<(), SerdeError>;

    /// How rows expire, at the opening of a store; `None` where they do not.
    fn expiry(&self) -> Option<Expiry>;
    /// The time by which a row expires.
    fn time(lookup: Self::Lookup<'_>) -> Timestamp;
    /// The place of a row among those of a store in memory that are read by time.
    fn place_in_time(engine_key: &[u8], time: Timestamp) -> Vec<u8>;
    /// The time by which a row expires, from a changelog key.
    fn logged_time(logged: &[u8]) -> Result<Timestamp, SerdeError>;
}
