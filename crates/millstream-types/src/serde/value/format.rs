//! The formats of a `Value` in a topic.

use super::{Value, WrongKind, json};
use crate::{Codec, Data, Serde, SerdeError};

/// The format of a [`Value`] in a topic: the native one, JSON, or that of a plain type.
///
/// All except `Native` and `Json` write a single kind of value and refuse any other.
///
/// # Examples
/// ```
/// use millstream_types::serde::{Value, ValueFormat};
///
/// let serde = ValueFormat::Long.serde(); // a topic that a Java program fills with its LongSerializer
/// assert_eq!(serde.decode("counts", &[0, 0, 0, 0, 0, 0, 0, 42])?, Value::Int(42));
///
/// let serde = ValueFormat::Json.serde();
/// let order = serde.decode("orders", br#"{"count": 3, "item": "pear", "note": null}"#)?;
/// let mut bytes = Vec::new();
/// serde.encode("orders", &order, &mut bytes)?;
/// assert_eq!(bytes, br#"{"count":3,"item":"pear","note":null}"#);
/// # Ok::<(), millstream_types::SerdeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ValueFormat {
    /// A `Text` in UTF-8, as Kafka's `StringSerializer` writes it.
    Text,
    /// An `Int` in eight bytes, as Kafka's `LongSerializer` writes it.
    Long,
    /// A `Float` in eight bytes, as Kafka's `DoubleSerializer` writes it.
    Double,
    /// `Bytes`, unchanged.
    Bytes,
    /// Any value as JSON except `Bytes`, NaN and the infinities, which JSON does not have.
    ///
    /// Reading and writing keep nulls, numbers of any size and precision ([`Decimal`](super::Decimal)), and the difference
    /// between a member that is null and one that is missing. They do not keep spaces, the order of members (maps are ordered
    /// by the bytes of their names), and the spelling of floats and texts: `1.50` is written as `1.5`. Two members with the
    /// same name are an error. Values are nested at most [`DEPTH_MAX`](super::DEPTH_MAX) deep.
    Json,
    /// Any value in the native format (`docs/formats/value.md`).
    Native,
}

impl ValueFormat {
    /// The serde of this format.
    #[must_use]
    pub fn serde(self) -> Serde<Value> {
        Serde::new(self)
    }
}

impl Codec<Value> for ValueFormat {
    fn encode(&self, _topic: &str, value: &Value, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        match (self, value) {
            (Self::Text, Value::Text(text)) => text.encode(out),
            (Self::Long, Value::Int(number)) => number.encode(out),
            (Self::Double, Value::Float(number)) => number.encode(out),
            (Self::Bytes, Value::Bytes(bytes)) => bytes.encode(out),
            (Self::Json, any) => json::encode(any, out),
            (Self::Native, any) => any.encode(out),
            (Self::Text, other) => Err(wrong_kind("Text", other)),
            (Self::Long, other) => Err(wrong_kind("Int", other)),
            (Self::Double, other) => Err(wrong_kind("Float", other)),
            (Self::Bytes, other) => Err(wrong_kind("Bytes", other)),
        }
    }

    fn decode(&self, _topic: &str, bytes: &[u8]) -> Result<Value, SerdeError> {
        match self {
            Self::Text => Data::decode(bytes).map(Value::Text),
            Self::Long => Data::decode(bytes).map(Value::Int),
            Self::Double => Data::decode(bytes).map(Value::Float),
            Self::Bytes => Data::decode(bytes).map(Value::Bytes),
            Self::Json => json::decode(bytes),
            Self::Native => Data::decode(bytes),
        }
    }

    fn name(&self) -> String {
        format!("Value as {self:?}")
    }
}

fn wrong_kind(expected: &'static str, value: &Value) -> SerdeError {
    SerdeError::unwritable("Value", WrongKind { expected, actual: value.kind() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_plain_format_refuses_every_other_kind_and_names_both() {
        let cases = [
            (ValueFormat::Text, Value::Int(1), "kind Int, but Text"),
            (ValueFormat::Long, Value::Float(1.0), "kind Float, but Int"),
            (ValueFormat::Double, Value::Int(1), "kind Int, but Float"),
            (ValueFormat::Bytes, Value::from("a"), "kind Text, but Bytes"),
        ];
        for (format, value, reason) in cases {
            let message = format.serde().encode("t", &value, &mut Vec::new()).unwrap_err().to_string();
            assert!(message.contains(reason), "{format:?}: {message}");
        }
    }

    #[test]
    fn json_reads_numbers_by_their_form() {
        let cases = [
            ("7", Value::Int(7)),
            ("-9223372036854775808", Value::Int(i64::MIN)),
            ("7.0", Value::Float(7.0)),
            ("-0.0", Value::Float(-0.0)),
            ("1e3", Value::Float(1000.0)),
            ("18446744073709551615", Value::from(u64::MAX)),
            ("0.1", Value::Float(0.1)),
        ];
        for (text, value) in cases {
            assert_eq!(ValueFormat::Json.decode("t", text.as_bytes()).unwrap(), value, "{text}");
        }
    }

    #[test]
    fn json_refuses_values_that_would_not_be_read_back() {
        let deep = (0..65).fold(Value::Bool(true), |inner, _| Value::List(vec![inner]));
        for value in [Value::Float(f64::NAN), Value::Float(f64::INFINITY), Value::from(vec![1_u8]), deep] {
            assert!(ValueFormat::Json.encode("t", &value, &mut Vec::new()).is_err(), "{value:?}");
        }
        let deep = "[".repeat(1_000_000);
        for text in [r#"{"a":1,"a":1}"#, "{", "1 2", "", deep.as_str()] {
            assert!(ValueFormat::Json.decode("t", text.as_bytes()).is_err(), "{text:.20}");
        }
    }

    #[test]
    fn json_keeps_members_that_are_null_and_orders_them_by_name() {
        let value = ValueFormat::Json.decode("t", br#" {"b":{"c":null}, "a":[ ] } "#).unwrap();
        let mut bytes = Vec::new();
        ValueFormat::Json.encode("t", &value, &mut bytes).unwrap();
        assert_eq!(bytes, br#"{"a":[],"b":{"c":null}}"#);
    }
}
