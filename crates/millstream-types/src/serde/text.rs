//! Text and raw bytes, owned or shared.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::{Data, SerdeError};

/// Implements `Data` for a type that is encoded as its own bytes.
macro_rules! as_it_is {
    ($(#[$doc:meta])* $type:ty, decoded by $decode:expr) => {
        $(#[$doc])*
        impl Data for $type {
            fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError> {
                out.extend_from_slice(AsRef::<[u8]>::as_ref(&**self));
                Ok(())
            }

            fn decode(bytes: &[u8]) -> Result<Self, SerdeError> {
                $decode(bytes)
            }

            fn hash_key<H: Hasher>(&self, hasher: &mut H) {
                self.hash(hasher);
            }

            fn same_key(&self, other: &Self) -> bool {
                self == other
            }
        }
    };
}

as_it_is! {
    /// UTF-8, as Kafka's `StringSerializer` writes it. Bytes that are not UTF-8 are an error; Java replaces them.
    String, decoded by |bytes| text("String", bytes).map(str::to_owned)
}
as_it_is! {
    /// UTF-8, shared: cloning copies a pointer.
    Arc<str>, decoded by |bytes| text("Arc<str>", bytes).map(Self::from)
}
as_it_is! {
    /// The bytes, unchanged.
    Vec<u8>, decoded by |bytes: &[u8]| Ok(bytes.to_vec())
}
as_it_is! {
    /// The bytes, unchanged, without spare capacity.
    Box<[u8]>, decoded by |bytes: &[u8]| Ok(bytes.into())
}
as_it_is! {
    /// The bytes, unchanged, shared: cloning copies a pointer.
    Arc<[u8]>, decoded by |bytes: &[u8]| Ok(bytes.into())
}

fn text<'a>(type_name: &'static str, bytes: &'a [u8]) -> Result<&'a str, SerdeError> {
    std::str::from_utf8(bytes).map_err(|error| SerdeError::malformed(type_name, error, bytes))
}
