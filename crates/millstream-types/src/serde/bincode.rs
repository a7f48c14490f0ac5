//! The bincode format through serde, for your own types, for any type in a wrapper, or for one topic.
//!
//! # Bytes
//! The layout is the standard configuration of bincode 2, fixed here and independent of a program's own use of bincode:
//! little-endian, integers as varints (one byte up to 250), signed ones with zigzag encoding, floats as their bits, lengths
//! and enum variants as varints, struct fields in the order of declaration, without names. So adding, removing or moving a
//! field changes the format. For topics that outlive a program, JSON is the safer choice.
//!
//! The bytes of numbers do not sort as the numbers do. If you read ranges of a store, use `i64` or text as its keys.
//!
//! # Limits
//! A value takes at most [`BYTES_MAX`] bytes, so that a damaged length cannot exhaust the memory. It is nested at most 256
//! deep, counting lists, maps, structs, variants, wrappers and `Some`, so that hostile bytes cannot overflow the stack.
//!
//! # What is refused
//! Writing refuses values beyond these limits, and fields that `skip_serializing_if` leaves out, because the next field would
//! be read instead of them. A serde also refuses types that bincode cannot read, when such a value is first written: types that
//! need a self-describing format (`serde_json::Value`, untagged and internally tagged enums, flattened fields), and types whose
//! `Deserialize` does not read what their `Serialize` writes. [`encode`] does not check this, because it accepts types that
//! cannot be read.
//!
//! # Exceptions from the laws of [`Data`](crate::Data)
//! * The order of the entries of a `HashMap` or `HashSet` varies, so two equal values have different bytes: a key must not
//!   contain one. Use `BTreeMap` and `BTreeSet`.
//! * Fields that serde skips (`#[serde(skip)]`) are lost.

use std::any::type_name;
use std::marker::PhantomData;

use ::bincode::config::{Configuration, Limit, LittleEndian, Varint};
use ::bincode::error::{DecodeError, EncodeError};
use ::serde::Serialize;
use ::serde::de::DeserializeOwned;

use super::guard::{Bounded, Format, Guarded, Refusal, TOO_DEEP, encode_read_back, without_quotes};
use super::newtype::serde_newtype;
use crate::{Codec, Serde, SerdeError, short_type_name};

/// The largest encoding of a value: 64 MiB.
pub const BYTES_MAX: usize = 64 << 20;

/// A varint of one byte may be decoded to 16 bytes of memory (a `u128`), and bincode limits the memory.
const MEMORY_MAX: usize = 16 * BYTES_MAX;

/// The layout. All its parts are given, so that a new default in bincode cannot change the format.
const LAYOUT: Configuration<LittleEndian, Varint, Limit<MEMORY_MAX>> =
    ::bincode::config::standard().with_little_endian().with_variable_int_encoding().with_limit::<MEMORY_MAX>();

/// Appends `value` as bincode to `out`.
///
/// # Errors
/// When serde refuses the value, it takes more than [`BYTES_MAX`] bytes, or it [would not be read back](self#what-is-refused).
///
/// # Examples
/// ```
/// use millstream_types::serde::bincode;
///
/// let mut bytes = Vec::new();
/// bincode::encode(&("pear".to_owned(), 3_u8), &mut bytes)?;
/// assert_eq!(bytes, b"\x04pear\x03");
/// # Ok::<(), millstream_types::SerdeError>(())
/// ```
pub fn encode<T: Serialize>(value: &T, out: &mut Vec<u8>) -> Result<(), SerdeError> {
    write(value, out, &Refusal::default())
}

/// Appends `value` as bincode to `out`, if it can be read back. Serdes and [`bincode_data!`](crate::bincode_data) use this
/// function.
///
/// A value is read back if no earlier value of its type in this thread had the same shape, for example if it has another
/// variant, a `Some`, or a list that is not empty.
///
/// # Errors
/// The errors of [`encode`]; and when the value would not be read back, or would be read as another one.
///
/// # Examples
/// ```
/// use millstream_types::serde::bincode;
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// #[serde(tag = "kind")]
/// enum Event {
///     Opened { name: String },
/// }
///
/// let opened = Event::Opened { name: "a".to_owned() };
/// let error = bincode::encode_readable(&opened, &mut Vec::new()).unwrap_err();
/// assert!(error.to_string().contains("asks serde what comes next, which bincode does not know"), "{error}");
/// ```
pub fn encode_readable<T>(value: &T, out: &mut Vec<u8>) -> Result<(), SerdeError>
where
    T: Serialize + DeserializeOwned + 'static,
{
    encode_read_back(Format::Bincode, value, out, write, decode)
}

fn write<T: Serialize>(value: &T, out: &mut Vec<u8>, refusal: &Refusal) -> Result<(), SerdeError> {
    let guarded = Guarded::new(value, Format::Bincode, refusal);
    let written = ::bincode::serde::encode_into_std_write(guarded, out, LAYOUT).map_err(|error| {
        let text = error.to_string();
        let reason = refusal.describe(|| written_reason(&error));
        SerdeError::unwritable(type_name::<T>(), reason).with_details(text)
    })?;
    if written > BYTES_MAX {
        return Err(SerdeError::unwritable(
            type_name::<T>(),
            format!("it takes {written} bytes, at most {BYTES_MAX} are allowed"),
        ));
    }
    Ok(())
}

/// Reads a value from all of `bytes`.
///
/// # Errors
/// When `bytes` is not a `T`, does not end with it, is longer than [`BYTES_MAX`], or is nested too deep.
///
/// # Examples
/// ```
/// use millstream_types::serde::bincode;
///
/// assert_eq!(bincode::decode::<(String, u8)>(b"\x04pear\x03")?, ("pear".to_owned(), 3));
///
/// let error = bincode::decode::<(String, u8)>(b"\x04pe").unwrap_err();
/// assert!(error.to_string().contains("the bytes end within it"), "{error}");
/// # Ok::<(), millstream_types::SerdeError>(())
/// ```
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, SerdeError> {
    if bytes.len() > BYTES_MAX {
        return Err(SerdeError::malformed(type_name::<T>(), format!("more than the {BYTES_MAX} allowed"), bytes));
    }
    let (Bounded(value), read) = ::bincode::serde::decode_from_slice(bytes, LAYOUT).map_err(|error| {
        SerdeError::malformed(type_name::<T>(), read_reason(&error), bytes).with_details(error.to_string())
    })?;
    if read < bytes.len() {
        let reason = format!("it ends after {read} of {} bytes", bytes.len());
        return Err(SerdeError::malformed(type_name::<T>(), reason, bytes));
    }
    Ok(value)
}

/// The reason of an error without the bytes, which bincode's own messages quote.
fn read_reason(error: &DecodeError) -> String {
    match error {
        DecodeError::UnexpectedEnd { .. } => "the bytes end within it".to_owned(),
        DecodeError::LimitExceeded => format!("it takes more than the {BYTES_MAX} bytes allowed"),
        DecodeError::Utf8 { .. } => "a text in it is not UTF-8".to_owned(),
        DecodeError::InvalidCharEncoding(_) => "a character in it is none".to_owned(),
        DecodeError::InvalidBooleanValue(_) => "a boolean in it is neither 0 nor 1".to_owned(),
        DecodeError::InvalidIntegerType { .. } => "a whole number in it has more bytes than its type".to_owned(),
        DecodeError::UnexpectedVariant { type_name, .. } => format!("it has no such variant of {type_name}"),
        DecodeError::OtherString(text) if text.starts_with(TOO_DEEP) => text.clone(),
        DecodeError::OtherString(text) => without_quotes(text),
        DecodeError::Serde(
            ::bincode::serde::DecodeError::AnyNotSupported
            | ::bincode::serde::DecodeError::IdentifierNotSupported
            | ::bincode::serde::DecodeError::IgnoredAnyNotSupported,
        ) => "its type asks serde what comes next, which bincode does not know; take JSON".to_owned(),
        _ => "the bytes do not fit the type".to_owned(),
    }
}

fn written_reason(error: &EncodeError) -> String {
    match error {
        EncodeError::OtherString(text) => without_quotes(text),
        EncodeError::Other(text) => (*text).to_owned(),
        EncodeError::Serde(::bincode::serde::EncodeError::SequenceMustHaveLength) => {
            "a list or map in it does not know its length, as with flattened fields; take JSON".to_owned()
        }
        _ => "the type's own implementation refuses it".to_owned(),
    }
}

serde_newtype! {
    /// A wrapper that encodes any type that serde supports as bincode, for types of other crates, or to name the encoding in the
/// type.
    ///
    /// For your own types [`bincode_data!`](crate::bincode_data) needs no wrapper. See the [module](self) for the format
    /// and the exceptions from the laws of [`Data`](crate::Data).
    ///
    /// # Examples
    /// ```
    /// use millstream_types::Data;
    /// use millstream_types::serde::Bincode;
    ///
    /// let pair = Bincode(("pear".to_owned(), 3));
    /// let mut bytes = Vec::new();
    /// pair.encode(&mut bytes)?;
    /// assert_eq!(bytes, b"\x04pear\x06"); // a length, the text, and 3 as a zigzag varint
    /// # Ok::<(), millstream_types::SerdeError>(())
    /// ```
    Bincode, through self
}

/// Implements [`Data`](crate::Data) as bincode for types of your own that derive serde's `Serialize` and `Deserialize`.
///
/// See [`serde::bincode`](crate::serde::bincode) for the format, its limits, and the exceptions from the laws of `Data`.
///
/// # Examples
/// ```
/// use millstream_types::{Data, bincode_data};
///
/// #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// struct Order {
///     item: String,
///     count: u32,
/// }
/// bincode_data!(Order);
///
/// let order = Order { item: "pear".to_owned(), count: 3 };
/// let mut bytes = Vec::new();
/// order.encode(&mut bytes)?;
/// assert_eq!(bytes, b"\x04pear\x03");
/// assert_eq!(Order::decode(&bytes)?, order);
/// # Ok::<(), millstream_types::SerdeError>(())
/// ```
#[macro_export]
macro_rules! bincode_data {
    ($($type:ty),+ $(,)?) => {$(
        impl $crate::Data for $type {
            fn encode(&self, out: &mut ::std::vec::Vec<u8>) -> ::std::result::Result<(), $crate::SerdeError> {
                $crate::serde::bincode::encode_readable(self, out)
            }

            fn decode(bytes: &[u8]) -> ::std::result::Result<Self, $crate::SerdeError> {
                $crate::serde::bincode::decode(bytes)
            }
        }
    )+};
}

impl<T: Serialize + DeserializeOwned + 'static> Serde<T> {
    /// The serde for bincode, whatever the type's own encoding is, to use it for one topic.
    ///
    /// # Examples
    /// ```
    /// use millstream_types::Serde;
    ///
    /// let serde = Serde::<(String, bool)>::bincode();
    /// let mut bytes = Vec::new();
    /// serde.encode("flags", &("a".to_owned(), true), &mut bytes)?;
    /// assert_eq!(bytes, b"\x01a\x01");
    /// # Ok::<(), millstream_types::SerdeError>(())
    /// ```
    #[must_use]
    pub fn bincode() -> Self {
        Self::new(BincodeCodec(PhantomData))
    }
}

/// The codec behind [`Serde::bincode`].
struct BincodeCodec<T>(PhantomData<fn() -> T>);

impl<T: Serialize + DeserializeOwned + 'static> Codec<T> for BincodeCodec<T> {
    fn encode(&self, _topic: &str, value: &T, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        encode_readable(value, out)
    }

    fn decode(&self, _topic: &str, bytes: &[u8]) -> Result<T, SerdeError> {
        decode(bytes)
    }

    fn name(&self) -> String {
        format!("{} as bincode", short_type_name(type_name::<T>()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_layout_is_pinned() {
        #[derive(Serialize)]
        enum Shape {
            _Point,
            Circle { radius: f32 },
        }
        let value =
            (250_u16, 251_u32, -1_i64, "é", Some(true), None::<u8>, Shape::Circle { radius: 1.0 }, vec![1_u64, 2]);
        let mut bytes = Vec::new();
        encode(&value, &mut bytes).unwrap();
        assert_eq!(bytes, b"\xfa\xfb\xfb\0\x01\x02\xc3\xa9\x01\x01\0\x01\0\0\x80\x3f\x02\x01\x02");
    }

    #[test]
    fn a_wrong_length_is_an_error_and_allocates_no_memory() {
        let mut huge = vec![253];
        huge.extend_from_slice(&u64::MAX.to_le_bytes());
        assert!(decode::<String>(&huge).is_err());
        assert!(decode::<Vec<u64>>(&huge).is_err());
    }

    #[test]
    fn bytes_after_the_value_are_an_error() {
        let message = decode::<u8>(&[1, 2]).unwrap_err().to_string();
        assert!(message.contains("it ends after 1 of 2 bytes"), "{message}");
    }

    #[test]
    fn values_over_the_limit_are_refused_both_ways() {
        let text = "x".repeat(BYTES_MAX);
        assert!(encode(&text, &mut Vec::new()).unwrap_err().to_string().contains("at most 67108864 are allowed"));
        assert!(decode::<String>(format!("{text}x").as_bytes()).unwrap_err().to_string().contains("67108864 allowed"));
    }
}
