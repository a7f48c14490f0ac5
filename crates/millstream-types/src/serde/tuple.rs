//! Tuples of two to four parts, for composite keys.

use std::any::type_name;
use std::hash::Hasher;

use super::cursor::{Cursor, put_prefixed};
use crate::{Data, SerdeError};

/// Implements `Data` for a tuple: each part except the last after its length.
macro_rules! tuple_data {
    ($(#[$doc:meta])* $($part:ident $index:tt),+; $last:ident $last_index:tt) => {
        $(#[$doc])*
        impl<$($part: Data,)+ $last: Data> Data for ($($part,)+ $last,) {
            const READABLE: bool = $($part::READABLE &&)+ $last::READABLE;

            fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError> {
                $(put_prefixed(type_name::<Self>(), out, |out| self.$index.encode(out))?;)+
                self.$last_index.encode(out)
            }

            fn decode(bytes: &[u8]) -> Result<Self, SerdeError> {
                let mut cursor = Cursor::new(type_name::<Self>(), bytes);
                Ok(($($part::decode(cursor.prefixed()?)?,)+ $last::decode(cursor.rest())?))
            }

            fn hash_key<Hash: Hasher>(&self, hasher: &mut Hash) {
                $(self.$index.hash_key(hasher);)+
                self.$last_index.hash_key(hasher);
            }

            fn same_key(&self, other: &Self) -> bool {
                $(self.$index.same_key(&other.$index) &&)+ self.$last_index.same_key(&other.$last_index)
            }
        }
    };
}

tuple_data! {
    /// The length of the first part as a big-endian `i32`, the first part, the second part. Keys with the same first part are
    /// adjacent in a store, so a prefix finds them.
    ///
    /// # Examples
    /// ```
    /// use millstream_types::Data;
    ///
    /// let mut bytes = Vec::new();
    /// ("eu".to_owned(), 7_i16).encode(&mut bytes)?;
    /// assert_eq!(bytes, b"\0\0\0\x02eu\0\x07");
    /// # Ok::<(), millstream_types::SerdeError>(())
    /// ```
    A 0; B 1
}
tuple_data! {
    /// As with two parts: each part except the last after its length.
    A 0, B 1; C 2
}
tuple_data! {
    /// As with two parts: each part except the last after its length.
    A 0, B 1, C 2; D 3
}
