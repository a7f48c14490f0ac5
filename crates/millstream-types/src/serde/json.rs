//! The JSON format through serde, for your own types, for any type in a wrapper, or for one topic.
//!
//! # Bytes
//! Compact JSON in UTF-8, struct fields in the order of declaration. Reading accepts any valid JSON for the type that is
//! nested at most 127 deep.
//!
//! # What is refused
//! Writing refuses values that would not be read back, and names the member: NaN and the infinities, which JSON does not
//! have; `Some(None)` and `Some(())`, which would be read as `None`; values nested more than 127 deep; and flattened members
//! with the name of another member. A serde also refuses values that the type's `Deserialize` does not read, or reads as another
//! value, when a value of that shape is first written: a required member that `skip_serializing_if` leaves out, maps with
//! numbers as keys in flattened and internally tagged types, integers of more than 64 bits in untagged types. [`encode`] does
//! not check this, because it accepts types that cannot be read. A type whose `Deserialize` differs from its `Serialize` needs
//! its own [`Codec`], or two types.
//!
//! # Exceptions from the laws of [`Data`](crate::Data)
//! * The order of the entries of a `HashMap` or `HashSet` varies, so two equal values have different bytes: a key must not
//!   contain one. Use `BTreeMap` and `BTreeSet`.
//! * Fields that serde skips (`#[serde(skip)]`) are lost.
//! * A field of type `f64` is read as the float nearest to the number, as in every JSON library, and a map keeps the last of
//!   several members with one name. [`Value`](crate::Value) keeps such numbers exactly, and refuses such members.

use std::any::type_name;
use std::marker::PhantomData;

use ::serde::Serialize;
use ::serde::de::DeserializeOwned;

use super::guard::{Format, Guarded, Refusal, encode_read_back, without_quotes};
use super::newtype::serde_newtype;
use crate::{Codec, Serde, SerdeError, short_type_name};

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

/// Appends `value` as JSON to `out`, if it can be read back. Serdes and [`json_data!`](crate::json_data) use this function.
///
/// A value is read back if no earlier value of its type in this thread had the same shape, for example if it has another
/// variant, a `Some`, a list that is not empty, or omits a member.
///
/// # Errors
/// The errors of [`encode`]; and when the value would not be read back, or would be read as another one.
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
        // serde_json itself refuses only keys, and its message does not quote them.
        let reason =
            refusal.describe(|| if text.starts_with("key must") { text.clone() } else { without_quotes(&text) });
        SerdeError::unwritable(type_name::<T>(), reason).with_details(text)
    })
}

/// Reads a value from all of `bytes`.
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
    /// A wrapper that encodes any type that serde supports as JSON, for types of other crates, or to name the encoding in the
/// type.
    ///
    /// For your own types [`json_data!`](crate::json_data) needs no wrapper. See the [module](self) for the format
    /// and the exceptions from the laws of [`Data`](crate::Data).
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
/// See [`serde::json`](crate::serde::json) for the format and the exceptions from the laws of `Data`.
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
    /// The serde for JSON, whatever the type's own encoding is, to use it for one topic.
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
        format!("{} as JSON", short_type_name(type_name::<T>()))
    }
}
