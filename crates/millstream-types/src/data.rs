//! Types that can be the key or value of a record, and null.
//!
//! A type implements [`Data`], which encodes and decodes it. [`Nullable`] is then implemented for the type and for its
//! `Option`: a `KStream<String, Order>` never has a null, a `KStream<String, Option<Order>>` may have, and operators that
//! treat null specially require `Nullable`.

use std::hash::Hasher;

use crate::SerdeError;

/// A type whose values can be the key or value of a record.
///
/// Types that implement it can be written to topics and stores. For types that derive serde's traits,
/// [`json_data!`](crate::json_data) and [`bincode_data!`](crate::bincode_data) generate the implementation.
///
/// # Laws
/// * `decode(encode(x)) == x`.
/// * Two values are the same key exactly when their bytes are equal, since Kafka partitions, compacts and looks up by bytes.
///
/// [`serde::laws::check`](crate::serde::laws::check) tests both.
///
/// # Examples
/// ```
/// use millstream_types::{Data, SerdeError};
///
/// #[derive(Clone, PartialEq, Debug)]
/// struct Celsius(i16);
///
/// impl Data for Celsius {
///     fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError> {
///         self.0.encode(out)
///     }
///     fn decode(bytes: &[u8]) -> Result<Self, SerdeError> {
///         i16::decode(bytes).map(Self)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no serde: Millstream cannot write it to a topic or a store",
    label = "needs `millstream::Data`",
    note = "a type of your own that derives serde's traits: `millstream::json_data!({Self})` or `millstream::bincode_data!({Self})`",
    note = "any other type of your own: implement `millstream::Data`, two methods, `encode` and `decode`",
    note = "a reference: return an owned value, for example with `.clone()`; `usize` and `isize`: convert them, for example to `i64`",
    note = "a type of another crate: wrap it, `millstream::Json<{Self}>` or `millstream::Bincode<{Self}>`",
    note = "an `Option<T>` may be null, and here null is ruled out: name `T` itself"
)]
pub trait Data: Clone + Send + Sync + 'static {
    /// The number of bytes at the end of an encoding that are the window of a key: 8 for [`Windowed`](crate::Windowed) keys,
    /// 0 for others. A sink ignores them when it chooses a partition.
    const WINDOW_BYTES: usize = 0;

    /// Whether [`decode`](Self::decode) reads what [`encode`](Self::encode) writes. `false` only for
    /// [`Windowed`](crate::Windowed) keys, because their bytes do not contain the size of the window. Topics and stores of such a
    /// type need another serde.
    const READABLE: bool = true;

    /// Appends the encoding of this value to `out`.
    ///
    /// # Errors
    /// When the value has no encoding. Bytes that were appended before the error are discarded.
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError>;

    /// Reads a value from all of `bytes`.
    ///
    /// # Errors
    /// When `bytes` is not an encoding of this type. The implementation must not panic on any input.
    fn decode(bytes: &[u8]) -> Result<Self, SerdeError>;

    /// Hashes this value as a key. Keys that are equal by [`same_key`](Self::same_key) must have the same hash.
    ///
    /// The default hashes the encoding. Types with a cheap `Hash` should use that.
    fn hash_key<H: Hasher>(&self, hasher: &mut H) {
        hasher.write(&encoded(self));
    }

    /// Whether both are the same key. The default compares encodings. Types with a cheap `Eq` should use that.
    fn same_key(&self, other: &Self) -> bool {
        encoded(self) == encoded(other)
    }

    /// The value that represents Kafka's null, if this type has one; only `()` does.
    #[must_use]
    fn null() -> Option<Self> {
        None
    }

    /// Whether this value is written as Kafka's null.
    fn is_null(&self) -> bool {
        false
    }
}

/// The encoding of a value; empty if it has none, which the write that follows reports.
fn encoded<T: Data>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    if value.encode(&mut bytes).is_err() {
        bytes.clear();
    }
    bytes
}

/// A type that implements [`Data`], or its `Option`. Operators that treat null specially require it.
///
/// It is implemented for every `T: Data`, which is never null, and every `Option<T>`, whose null is `None`. User code does
/// not implement it.
///
/// # Examples
/// ```
/// use millstream_types::Nullable;
///
/// assert_eq!(String::from_null(), None); // a plain `String` cannot stand for null
/// assert_eq!(Option::<String>::from_null(), Some(None));
/// assert_eq!("x".to_owned().into_present(), Some("x".to_owned()));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no serde: Millstream cannot write it to a topic or a store",
    label = "needs `millstream::Data` for this type, or for `T` if it is `Option<T>`",
    note = "a type `T` of your own that derives serde's traits: `millstream::json_data!(T)` or `millstream::bincode_data!(T)`; `Option<T>` follows by itself",
    note = "any other type of your own: implement `millstream::Data`, two methods, `encode` and `decode`",
    note = "a reference: return an owned value, for example with `.clone()`; `usize` and `isize`: convert them, for example to `i64`",
    note = "a type `T` of another crate: wrap it, `millstream::Json<T>` or `millstream::Bincode<T>`"
)]
pub trait Nullable: Clone + Send + Sync + 'static {
    /// The type without null: `T` for both `T` and `Option<T>`.
    type Present: Data;

    /// The value, unless it is null.
    fn into_present(self) -> Option<Self::Present>;

    /// A reference to the value, unless it is null.
    fn present(&self) -> Option<&Self::Present>;

    /// Makes a value that is not null.
    fn from_present(value: Self::Present) -> Self;

    /// The null of this type; `None` if it has none.
    fn from_null() -> Option<Self>;

    /// Makes a value from an `Option`; `None` if that is `None` and this type has no null.
    fn from_option(value: Option<Self::Present>) -> Option<Self> {
        value.map_or_else(Self::from_null, |value| Some(Self::from_present(value)))
    }
}

impl<T: Data> Nullable for T {
    type Present = T;

    fn into_present(self) -> Option<T> {
        (!self.is_null()).then_some(self)
    }

    fn present(&self) -> Option<&T> {
        (!self.is_null()).then_some(self)
    }

    fn from_present(value: T) -> Self {
        value
    }

    fn from_null() -> Option<Self> {
        T::null()
    }
}

impl<T: Data> Nullable for Option<T> {
    type Present = T;

    fn into_present(self) -> Option<T> {
        self.filter(|value| !value.is_null())
    }

    fn present(&self) -> Option<&T> {
        self.as_ref().filter(|value| !value.is_null())
    }

    fn from_present(value: T) -> Self {
        Some(value)
    }

    fn from_null() -> Option<Self> {
        Some(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_type_is_never_null_and_cannot_be_made_from_null() {
        assert_eq!(7_i64.present(), Some(&7));
        assert_eq!(i64::from_option(Some(7)), Some(7));
        assert_eq!(i64::from_option(None), None);
        assert_eq!(String::new().into_present(), Some(String::new()), "empty is not null");
    }

    #[test]
    fn an_option_is_null_when_it_is_none() {
        assert_eq!(Some(7_i64).present(), Some(&7));
        assert_eq!(None::<i64>.present(), None);
        assert_eq!(Option::<i64>::from_option(Some(7)), Some(Some(7)));
        assert_eq!(Option::<i64>::from_option(None), Some(None));
    }

    #[test]
    fn unit_is_always_null_even_inside_an_option() {
        assert_eq!(().into_present(), None);
        assert_eq!(<()>::from_null(), Some(()));
        assert_eq!(Some(()).into_present(), None);
        assert_eq!(Some(()).present(), None);
    }
}
