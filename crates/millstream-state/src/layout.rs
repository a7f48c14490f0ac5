//! How a kind of store hashes, compares and encodes its keys: all in which key-value and window stores differ below.

use std::hash::Hasher;
use std::marker::PhantomData;

use millstream_types::{Data, Serde, SerdeError, Topic};

/// A kind of key: the form a table owns, the borrowed form a caller asks with, and the bytes of both.
///
/// A key's bytes in the engine are a prefix of fixed length and then its bytes in the changelog.
pub(crate) trait Layout: Send + 'static {
    /// The key as entries own it.
    type Key: Clone + Send + 'static;
    /// The key as callers ask with it.
    type Lookup<'a>: Copy;

    /// How many bytes the engine's key has before the changelog's.
    const PREFIX_BYTES: usize;

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
}

/// Keys as they are: engine and changelog have the same bytes.
pub(crate) struct PlainKeys<K> {
    serde: Serde<K>,
    topic: Topic,
    key: PhantomData<fn() -> K>,
}

impl<K> PlainKeys<K> {
    pub(crate) fn new(serde: Serde<K>, topic: Topic) -> Self {
        Self { serde, topic, key: PhantomData }
    }
}

impl<K: Data> Layout for PlainKeys<K> {
    type Key = K;
    type Lookup<'a> = &'a K;

    const PREFIX_BYTES: usize = 0;

    fn lookup(key: &K) -> &K {
        key
    }

    fn own(lookup: &K) -> K {
        lookup.clone()
    }

    fn hash<H: Hasher>(lookup: &K, hasher: &mut H) {
        lookup.hash_key(hasher);
    }

    fn matches(key: &K, lookup: &K) -> bool {
        key.same_key(lookup)
    }

    fn encode(&self, lookup: &K, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        self.serde.encode(self.topic.as_str(), lookup, out)
    }

    fn decode(&self, logged: &[u8]) -> Result<K, SerdeError> {
        self.serde.decode(self.topic.as_str(), logged)
    }

    fn encode_logged(&self, logged: &[u8], out: &mut Vec<u8>) -> Result<(), SerdeError> {
        out.extend_from_slice(logged);
        Ok(())
    }
}
