//! Text and raw bytes.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::{Data, SerdeError};

/// UTF-8, as Kafka's `StringSerializer` writes it. Bytes that are not UTF-8 are an error; Java replaces them silently.
impl Data for String {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        out.extend_from_slice(self.as_bytes());
        Ok(())
    }

    fn decode(bytes: &[u8]) -> Result<Self, SerdeError> {
        str_of("String", bytes).map(str::to_owned)
    }

    fn hash_key<H: Hasher>(&self, hasher: &mut H) {
        self.hash(hasher);
    }

    fn same_key(&self, other: &Self) -> bool {
        self == other
    }
}

/// UTF-8, shared: cloning it copies a pointer. Good for keys that fan out.
impl Data for Arc<str> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        out.extend_from_slice(self.as_bytes());
        Ok(())
    }

    fn decode(bytes: &[u8]) -> Result<Self, SerdeError> {
        str_of("Arc<str>", bytes).map(Self::from)
    }

    fn hash_key<H: Hasher>(&self, hasher: &mut H) {
        self.hash(hasher);
    }

    fn same_key(&self, other: &Self) -> bool {
        self == other
    }
}

/// The bytes as they are.
impl Data for Vec<u8> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        out.extend_from_slice(self);
        Ok(())
    }

    fn decode(bytes: &[u8]) -> Result<Self, SerdeError> {
        Ok(bytes.to_vec())
    }

    fn hash_key<H: Hasher>(&self, hasher: &mut H) {
        self.hash(hasher);
    }

    fn same_key(&self, other: &Self) -> bool {
        self == other
    }
}

fn str_of<'a>(type_name: &'static str, bytes: &'a [u8]) -> Result<&'a str, SerdeError> {
    std::str::from_utf8(bytes).map_err(|error| SerdeError::malformed(type_name, error, bytes))
}
