//! Conversions into a `Value`, and from a `Value` of the right kind.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Value;

/// A [`Value`] of another kind than was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value is of kind {actual}, but {expected} was expected")]
pub struct WrongKind {
    /// The kind that was expected.
    pub expected: &'static str,
    /// The kind that it is.
    pub actual: &'static str,
}

/// Implements `From` for a Rust type and one kind.
macro_rules! into_value {
    ($($type:ty => $kind:ident),+ $(,)?) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$kind(value.into())
            }
        }
    )+};
}

into_value! {
    bool => Bool,
    i8 => Int, i16 => Int, i32 => Int, i64 => Int, u8 => Int, u16 => Int, u32 => Int,
    f32 => Float, f64 => Float,
    &str => Text, String => Text, Arc<str> => Text,
    &[u8] => Bytes, Vec<u8> => Bytes, Arc<[u8]> => Bytes,
    Vec<Value> => List,
    BTreeMap<Arc<str>, Value> => Map,
}

/// Implements `TryFrom` for one kind and a Rust type that can hold all its values.
macro_rules! from_value {
    ($($kind:ident => $type:ty),+ $(,)?) => {$(
        impl TryFrom<Value> for $type {
            type Error = WrongKind;

            fn try_from(value: Value) -> Result<Self, WrongKind> {
                match value {
                    Value::$kind(inner) => Ok(inner.into()),
                    other => Err(WrongKind { expected: stringify!($kind), actual: other.kind() }),
                }
            }
        }
    )+};
}

from_value! {
    Bool => bool,
    Int => i64,
    Float => f64,
    Text => Arc<str>,
    Bytes => Arc<[u8]>,
    List => Vec<Value>,
    Map => BTreeMap<Arc<str>, Value>,
}

impl TryFrom<Value> for String {
    type Error = WrongKind;

    fn try_from(value: Value) -> Result<Self, WrongKind> {
        Arc::<str>::try_from(value).map(|text| text.as_ref().to_owned())
    }
}

impl TryFrom<Value> for Vec<u8> {
    type Error = WrongKind;

    fn try_from(value: Value) -> Result<Self, WrongKind> {
        Arc::<[u8]>::try_from(value).map(|bytes| bytes.to_vec())
    }
}

/// Makes a list.
impl FromIterator<Value> for Value {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Self {
        Self::List(values.into_iter().collect())
    }
}

/// Makes a map. Of several values with one name the last is kept.
impl<Name: Into<Arc<str>>> FromIterator<(Name, Value)> for Value {
    fn from_iter<I: IntoIterator<Item = (Name, Value)>>(values: I) -> Self {
        Self::Map(values.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }
}
