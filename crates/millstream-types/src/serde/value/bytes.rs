//! The native encoding of a `Value`; `docs/formats/value.md` describes it.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::{DEPTH_MAX, Value};
use crate::serde::cursor::{Cursor, put_length, put_prefixed};
use crate::{Data, SerdeError};

/// The first byte of an encoded value: the oldest version that has all kinds of the value. So the bytes of keys did not
/// change with version 2.
mod version {
    pub(super) const FIRST: u8 = 1;
    pub(super) const WITH_NULL_AND_DECIMAL: u8 = 2;
}

/// The name of the type in errors.
const TYPE_NAME: &str = "Value";

/// The byte before each value that tells its kind.
mod tag {
    pub(super) const BOOL: u8 = 1;
    pub(super) const INT: u8 = 2;
    pub(super) const FLOAT: u8 = 3;
    pub(super) const TEXT: u8 = 4;
    pub(super) const BYTES: u8 = 5;
    pub(super) const LIST: u8 = 6;
    pub(super) const MAP: u8 = 7;
    pub(super) const NULL: u8 = 8;
    pub(super) const DECIMAL: u8 = 9;
}

/// A version byte, then the value, each part after its tag: see `docs/formats/value.md`.
impl Data for Value {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        let start = out.len();
        out.push(version::FIRST);
        let version = put_value(self, 0, out)?;
        out[start] = version;
        Ok(())
    }

    fn decode(bytes: &[u8]) -> Result<Self, SerdeError> {
        let mut cursor = Cursor::new(TYPE_NAME, bytes);
        let [version] = cursor.array()?;
        if !(version::FIRST..=version::WITH_NULL_AND_DECIMAL).contains(&version) {
            return Err(cursor.malformed(format!("it has version {version}, this program reads the versions 1 and 2")));
        }
        let mut needed = version::FIRST;
        let value = take_value(&mut cursor, 0, &mut needed)?;
        if needed != version {
            return Err(cursor.malformed(format!("it has version {version}, but what is in it has version {needed}")));
        }
        cursor.finish()?;
        Ok(value)
    }

    fn hash_key<H: Hasher>(&self, hasher: &mut H) {
        self.hash(hasher);
    }

    fn same_key(&self, other: &Self) -> bool {
        self == other
    }
}

/// Appends a value inside `depth` lists and maps. Returns the version that it needs.
fn put_value(value: &Value, depth: usize, out: &mut Vec<u8>) -> Result<u8, SerdeError> {
    let mut version = version::FIRST;
    match value {
        Value::Null => {
            out.push(tag::NULL);
            version = version::WITH_NULL_AND_DECIMAL;
        }
        Value::Bool(value) => out.extend_from_slice(&[tag::BOOL, u8::from(*value)]),
        Value::Int(value) => put_fixed(tag::INT, value.to_be_bytes(), out),
        Value::Float(value) => put_fixed(tag::FLOAT, value.to_bits().to_be_bytes(), out),
        Value::Decimal(value) => {
            put_bytes(tag::DECIMAL, value.as_str().as_bytes(), out)?;
            version = version::WITH_NULL_AND_DECIMAL;
        }
        Value::Text(value) => put_bytes(tag::TEXT, value.as_bytes(), out)?,
        Value::Bytes(value) => put_bytes(tag::BYTES, value, out)?,
        Value::List(values) => {
            put_count(tag::LIST, values.len(), depth, out)?;
            for value in values {
                version = version.max(put_value(value, depth + 1, out)?);
            }
        }
        Value::Map(values) => {
            put_count(tag::MAP, values.len(), depth, out)?;
            for (name, value) in values {
                put_prefixed(TYPE_NAME, out, |out| name.encode(out))?;
                version = version.max(put_value(value, depth + 1, out)?);
            }
        }
    }
    Ok(version)
}

fn put_fixed(tag: u8, bytes: [u8; 8], out: &mut Vec<u8>) {
    out.push(tag);
    out.extend_from_slice(&bytes);
}

fn put_bytes(tag: u8, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), SerdeError> {
    out.push(tag);
    put_length(TYPE_NAME, bytes.len(), out)?;
    out.extend_from_slice(bytes);
    Ok(())
}

fn put_count(tag: u8, count: usize, depth: usize, out: &mut Vec<u8>) -> Result<(), SerdeError> {
    check_depth(depth).map_err(|reason| SerdeError::unwritable(TYPE_NAME, reason))?;
    out.push(tag);
    put_length(TYPE_NAME, count, out)
}

/// Reads a value inside `depth` lists and maps. Raises `version` to the one that it needs.
fn take_value(cursor: &mut Cursor<'_>, depth: usize, version: &mut u8) -> Result<Value, SerdeError> {
    let [kind] = cursor.array()?;
    if matches!(kind, tag::NULL | tag::DECIMAL) {
        *version = version::WITH_NULL_AND_DECIMAL;
    }
    match kind {
        tag::NULL => Ok(Value::Null),
        tag::BOOL => bool::decode(cursor.take(1)?).map(Value::Bool),
        tag::INT => Ok(Value::Int(i64::from_be_bytes(cursor.array()?))),
        tag::FLOAT => Ok(Value::Float(f64::from_bits(u64::from_be_bytes(cursor.array()?)))),
        tag::DECIMAL => take_decimal(cursor),
        tag::TEXT => Arc::<str>::decode(cursor.prefixed()?).map(Value::Text),
        tag::BYTES => Ok(Value::Bytes(cursor.prefixed()?.into())),
        tag::LIST => take_list(cursor, depth, version),
        tag::MAP => take_map(cursor, depth, version),
        other => Err(cursor.malformed(format!("no kind of value has the tag {other}"))),
    }
}

/// Reads a decimal. A number that fits an `Int` or a `Float` is refused, so that each number has one encoding.
fn take_decimal(cursor: &mut Cursor<'_>) -> Result<Value, SerdeError> {
    let text = std::str::from_utf8(cursor.prefixed()?).ok();
    match text.map(Value::number) {
        Some(Ok(value @ Value::Decimal(_))) => Ok(value),
        Some(Ok(_)) => Err(cursor.malformed("a number in it is a Decimal, but a smaller kind holds it")),
        Some(Err(_)) | None => Err(cursor.malformed("a Decimal in it is not a number")),
    }
}

/// Reads a list. Memory is allocated for values that exist, so that a wrong count allocates nothing.
fn take_list(cursor: &mut Cursor<'_>, depth: usize, version: &mut u8) -> Result<Value, SerdeError> {
    check_depth(depth).map_err(|reason| cursor.malformed(reason))?;
    let count = cursor.length()?;
    (0..count).map(|_| take_value(cursor, depth + 1, version)).collect()
}

/// Reads a map. Names out of order are refused, so that each map has one encoding.
fn take_map(cursor: &mut Cursor<'_>, depth: usize, version: &mut u8) -> Result<Value, SerdeError> {
    check_depth(depth).map_err(|reason| cursor.malformed(reason))?;
    let count = cursor.length()?;
    let mut values = BTreeMap::<Arc<str>, Value>::new();
    for index in 0..count {
        let name = Arc::<str>::decode(cursor.prefixed()?)?;
        if values.last_key_value().is_some_and(|(last, _)| *last >= name) {
            let error = cursor.malformed(format!("the name of member {index} is repeated or out of order"));
            return Err(error.with_details(format!("the name is \"{name}\"")));
        }
        values.insert(name, take_value(cursor, depth + 1, version)?);
    }
    Ok(Value::Map(values))
}

/// Checks that a list or map may be inside `depth` others.
pub(in crate::serde::value) fn check_depth(depth: usize) -> Result<(), String> {
    if depth < DEPTH_MAX { Ok(()) } else { Err(format!("it is nested more than {DEPTH_MAX} deep")) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn nested(depth: usize) -> Value {
        (0..depth).fold(Value::Bool(true), |inner, _| Value::List(vec![inner]))
    }

    fn encoded(value: &Value) -> Vec<u8> {
        let mut bytes = Vec::new();
        value.encode(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn each_kind_has_the_bytes_that_the_format_document_shows() {
        let map = [("a", Value::from(true)), ("b", Value::from(vec![Value::from(1)]))].into_iter().collect();
        let cases: [(Value, &[u8]); 10] = [
            (Value::Bool(true), b"\x01\x01\x01"),
            (Value::Int(-2), b"\x01\x02\xff\xff\xff\xff\xff\xff\xff\xfe"),
            (Value::Float(1.0), b"\x01\x03\x3f\xf0\0\0\0\0\0\0"),
            (Value::from("hé"), b"\x01\x04\0\0\0\x03h\xc3\xa9"),
            (Value::from(vec![0_u8, 9]), b"\x01\x05\0\0\0\x02\0\x09"),
            (Value::List(vec![Value::Bool(false)]), b"\x01\x06\0\0\0\x01\x01\0"),
            (Value::Null, b"\x02\x08"),
            (Value::from(u64::MAX), b"\x02\x09\0\0\0\x1418446744073709551615"),
            (Value::List(vec![Value::Null]), b"\x02\x06\0\0\0\x01\x08"),
            (map, b"\x01\x07\0\0\0\x02\0\0\0\x01a\x01\x01\0\0\0\x01b\x06\0\0\0\x01\x02\0\0\0\0\0\0\0\x01"),
        ];
        for (value, bytes) in cases {
            assert_eq!(encoded(&value), bytes, "{value:?}");
            assert_eq!(Value::decode(bytes).unwrap(), value);
        }
    }

    #[test]
    fn corrupt_bytes_are_errors_that_say_what_is_wrong() {
        let cases: [(&[u8], &str); 16] = [
            (b"", "1 bytes should follow, but 0 are left"),
            (b"\x03\x01\x01", "it has version 3, this program reads the versions 1 and 2"),
            (b"\x02\x01\x01", "it has version 2, but what is in it has version 1"),
            (b"\x01\x08", "it has version 1, but what is in it has version 2"),
            (b"\x02\x0a", "no kind of value has the tag 10"),
            (b"\x02\x09\0\0\0\x0212", "a smaller kind holds it"),
            (b"\x02\x09\0\0\0\x031.5", "a smaller kind holds it"),
            (b"\x02\x09\0\0\0\x02ab", "a Decimal in it is not a number"),
            (b"\x01\x01\x02", "neither 0 nor 1"),
            (b"\x01\x01\x01\0", "1 bytes follow its end"),
            (b"\x01\x04\x7f\xff\xff\xffa", "2147483647 bytes should follow, but 1 are left"),
            (b"\x01\x04\xff\xff\xff\xff", "-1 is no length"),
            (b"\x01\x04\0\0\0\x01\xff", "utf-8"),
            (b"\x01\x06\x7f\xff\xff\xff\x01\x01", "1 bytes should follow, but 0 are left"),
            (
                b"\x01\x07\0\0\0\x02\0\0\0\x01b\x01\x01\0\0\0\x01a\x01\x01",
                "the name of member 1 is repeated or out of order",
            ),
            (
                b"\x01\x07\0\0\0\x02\0\0\0\x01a\x01\x01\0\0\0\x01a\x01\x01",
                "the name of member 1 is repeated or out of order",
            ),
        ];
        for (bytes, reason) in cases {
            let message = Value::decode(bytes).unwrap_err().to_string();
            assert!(message.contains(reason), "{bytes:?}: {message}");
        }
    }

    #[test]
    fn nesting_is_limited_the_same_way_in_both_directions() {
        let deepest = nested(DEPTH_MAX);
        assert_eq!(Value::decode(&encoded(&deepest)).unwrap(), deepest);
        assert!(nested(DEPTH_MAX + 1).encode(&mut Vec::new()).is_err());

        let mut hostile = vec![version::FIRST];
        for _ in 0..1_000_000 {
            hostile.extend_from_slice(&[tag::LIST, 0, 0, 0, 1]);
        }
        let message = Value::decode(&hostile).unwrap_err().to_string();
        assert!(message.contains("nested more than 64 deep"), "{message}");
    }

    #[test]
    fn floats_are_compared_by_their_bits() {
        assert_eq!(Value::Float(f64::NAN), Value::Float(f64::NAN));
        assert_ne!(Value::Float(0.0), Value::Float(-0.0));
        assert_ne!(Value::Float(1.0), Value::Int(1));
    }
}
