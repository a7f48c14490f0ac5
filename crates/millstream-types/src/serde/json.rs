//! JSON through serde: for a type of your own, for any type in a wrapper, or for one topic.
//!
//! # Bytes
//! Compact JSON in UTF-8, struct fields in the order they are declared. Reading takes any valid JSON for the type,
//! nested at most 127 deep.
//!
//! # What is refused
//! Writing refuses what would not be read back, and names the member: NaN and the infinities, which JSON does not have;
//! `Some(None)` and `Some(())`, which would be read as `None`; values nested more than 127 deep; and flattened members with the
//! name of another one. A serde also refuses what the type's own `Deserialize` does not read, or reads as another value, when a
//! value of that shape is first written: a required member that `skip_serializing_if` leaves out, maps with numbers for keys in
//! flattened and internally tagged types, whole numbers beyond 64 bits in untagged ones. [`encode`] alone, which takes types
//! that cannot be read at all, does not look. A type that is written one way and read another needs a
//! [`Codec`](crate::Codec) of its own, or is two types.
//!
//! # Where the laws of [`Data`](crate::Data) end
//! * A `HashMap` or `HashSet` writes its entries in an order of its own each time, so two equal values have different
//!   bytes: a key must not hold one. Use `BTreeMap` and `BTreeSet`.
//! * What serde skips (`#[serde(skip)]`) does not come back.
//! * A field of type `f64` takes the nearest float to the number that is there, as in every JSON library, and a map takes the
//!   last of several members of one name. [`Value`](crate::Value) keeps the first exactly and refuses the second.

use std::any::type_name;
use std::marker::PhantomData;

use ::serde::Serialize;
use ::serde::de::DeserializeOwned;

use super::codec::short_type_name;
use super::guard::{Format, Guarded, Refusal, encode_read_back, without_quotes};
use super::newtype::serde_newtype;
use crate::{Codec, Serde, SerdeError};

/// Appends `value` as JSON to `out`.
///
/// # Errors
/// When serde refuses the value, as for a map whose keys are not text, or it [would not be read back](self#what-is-refused).
///
/// # Examples
/// ```
/// let mut bytes = Vec::new();
/// millstream_types::serde::json::encode(&("pear", 3), &mut bytes)?;
/// assert_eq!(bytes, br#"["pear",3]"#);
///
/// let error = millstream_types::serde::json::encode(&("pear", f64::NAN), &mut bytes).unwrap_err();
/// assert!(error.to_string().ends_with("`[1]`: it is not a finite number, and JSON has no other"));
/// # Ok::<(), millstream_types::SerdeError>(())
/// ```
pub fn encode<T: Serialize>(value: &T, out: &mut Vec<u8>) -> Result<(), SerdeError> {
    write(value, out, &Refusal::default())
}

/// Appends `value` as JSON to `out`, if its type reads it back: what serdes and [`json_data!`](crate::json_data) do.
///
/// A value that has a shape which no value of its type had before in this thread is read back: another variant, a `Some`, a
/// list that is not empty, a member left out.
///
/// # Errors
/// As [`encode`], and when the type would not read the value, or would read another one.
///
/// # Examples
/// ```
/// use millstream_types::serde::json;
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Order {
///     #[serde(skip_serializing_if = "Vec::is_empty")] // and no `default` to read it without
///     items: Vec<String>,
/// }
///
/// let mut bytes = Vec::new();
/// json::encode_readable(&Order { items: vec!["pear".to_owned()] }, &mut bytes)?;
/// let error = json::encode_readable(&Order { items: Vec::new() }, &mut bytes).unwrap_err();
/// assert!(error.to_string().contains("missing field `items`"), "{error}");
/// # Ok::<(), millstream_types::SerdeError>(())
/// ```
pub fn encode_readable<T>(value: &T, out: &mut Vec<u8>) -> Result<(), SerdeError>
where
    T: Serialize + DeserializeOwned + 'static,
{
    encode_read_back(Format::Json, value, out, write, decode)
}

fn write<T: Serialize>(value: &T, out: &mut Vec<u8>, refusal: &Refusal) -> Result<(), SerdeError> {
    serde_json::to_writer(out, &Guarded::new(value, Format::Json, refusal)).map_err(|error| {
        let text = error.to_string();
        // What serde_json itself refuses are keys, and it says why without quoting them.
        let reason =
            refusal.describe(|| if text.starts_with("key must") { text.clone() } else { without_quotes(&text) });
        SerdeError::unwritable(type_name::<T>(), reason).with_details(text)
    })
}

/// Reads a value from JSON that makes up all of `bytes`.
///
/// # Errors
/// When `bytes` is not JSON, or not a `T`; with the line and column.
///
/// # Examples
/// ```
/// use millstream_types::serde::json;
///
/// assert_eq!(json::decode::<(String, i32)>(br#"["pear", 3]"#)?, ("pear".to_owned(), 3));
///
/// let error = json::decode::<(String, i32)>(br#"["pear", "3"]"#).unwrap_err();
/// assert!(error.to_string().contains("invalid type: string, expected i32 at line 1 column 12"), "{error}");
/// # Ok::<(), millstream_types::SerdeError>(())
/// ```
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, SerdeError> {
    serde_json::from_slice(bytes).map_err(|error| malformed::<T>(&error, bytes))
}

fn malformed<T>(error: &serde_json::Error, bytes: &[u8]) -> SerdeError {
    let text = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    let reason = text.strip_suffix(&position).unwrap_or(&text);
    let reason = if error.is_data() { without_quotes(reason) } else { reason.to_owned() };
    SerdeError::malformed(type_name::<T>(), reason + &position, bytes).with_details(text)
}

serde_newtype! {
    /// Any type that serde supports, written as JSON: for types that are not yours, or to see the encoding in the type.
    ///
    /// For your own types [`json_data!`](crate::json_data) needs no wrapper. See the [module](self) for the bytes and for
    /// the values whose JSON does not obey the laws of [`Data`](crate::Data).
    ///
    /// # Examples
    /// ```
    /// use millstream_types::Data;
    /// use millstream_types::serde::Json;
    ///
    /// let pair = Json(("pear".to_owned(), 3));
    /// let mut bytes = Vec::new();
    /// pair.encode(&mut bytes)?;
    /// assert_eq!(bytes, br#"["pear",3]"#);
    /// assert_eq!(pair.0.0, "pear");
    /// # Ok::<(), millstream_types::SerdeError>(())
    /// ```
    Json, through self
}

/// Implements [`Data`](crate::Data) as JSON for types of your own that derive serde's `Serialize` and `Deserialize`.
///
/// See [`serde::json`](crate::serde::json) for the bytes and for the values whose JSON does not obey `Data`'s laws.
///
/// # Examples
/// ```
/// use millstream_types::{Data, json_data};
///
/// #[derive(Clone, serde::Serialize, serde::Deserialize)]
/// struct Order {
///     item: String,
///     count: u32,
/// }
/// json_data!(Order);
///
/// let mut bytes = Vec::new();
/// Order { item: "pear".to_owned(), count: 3 }.encode(&mut bytes)?;
/// assert_eq!(bytes, br#"{"item":"pear","count":3}"#);
/// # Ok::<(), millstream_types::SerdeError>(())
/// ```
#[macro_export]
macro_rules! json_data {
    ($($type:ty),+ $(,)?) => {$(
        impl $crate::Data for $type {
            fn encode(&self, out: &mut ::std::vec::Vec<u8>) -> ::std::result::Result<(), $crate::SerdeError> {
                $crate::serde::json::encode_readable(self, out)
            }

            fn decode(bytes: &[u8]) -> ::std::result::Result<Self, $crate::SerdeError> {
                $crate::serde::json::decode(bytes)
            }
        }
    )+};
}

impl<T: Serialize + DeserializeOwned + 'static> Serde<T> {
    /// JSON, whatever the type's own encoding is: to choose it for one topic.
    ///
    /// # Examples
    /// ```
    /// use millstream_types::Serde;
    ///
    /// let serde = Serde::<i64>::json();
    /// let mut bytes = Vec::new();
    /// serde.encode("counts", &42, &mut bytes)?;
    /// assert_eq!(bytes, b"42"); // and not the eight bytes of `Serde::of_type()`
    /// # Ok::<(), millstream_types::SerdeError>(())
    /// ```
    #[must_use]
    pub fn json() -> Self {
        Self::new(JsonCodec(PhantomData))
    }
}

/// The codec behind [`Serde::json`].
struct JsonCodec<T>(PhantomData<fn() -> T>);

impl<T: Serialize + DeserializeOwned + 'static> Codec<T> for JsonCodec<T> {
    fn encode(&self, _topic: &str, value: &T, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        encode_readable(value, out)
    }

    fn decode(&self, _topic: &str, bytes: &[u8]) -> Result<T, SerdeError> {
        decode(bytes)
    }

    fn name(&self) -> String {
        format!("{} as JSON", short_type_name::<T>())
    }
}
