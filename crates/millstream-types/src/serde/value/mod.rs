//! Values whose type is known only at run time, and their formats.

mod bytes;
mod convert;
mod decimal;
mod format;
mod json;
mod number;

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

pub use convert::WrongKind;
pub use decimal::{Decimal, NotANumber};
pub use format::ValueFormat;

/// The maximum depth of lists and maps. Deeper values are neither written nor read.
pub const DEPTH_MAX: usize = 64;

/// A value whose type is known only at run time, for topologies that are built from a description.
///
/// `Null` is a value: a member of a map, or a whole JSON document, may be null. The null of Kafka, a record without a value,
/// is the `None` of an `Option<Value>`, as with other types.
///
/// Equality and hash correspond to the bytes: floats are compared by their bits, so NaN equals itself and `-0.0` differs from
/// `0.0`, and an `Int` never equals a `Float` or a [`Decimal`]. The default format is the native one, which keeps all kinds
/// apart (`docs/formats/value.md`). [`ValueFormat`] selects Kafka's plain types or JSON for a topic.
///
/// # Examples
/// ```
/// use millstream_types::Data;
/// use millstream_types::serde::Value;
///
/// let order: Value = [("item", Value::from("pear")), ("count", Value::from(3))].into_iter().collect();
/// assert_eq!(order.get("count"), Some(&Value::Int(3)));
///
/// let mut bytes = Vec::new();
/// order.encode(&mut bytes)?;
/// assert_eq!(Value::decode(&bytes)?, order);
/// # Ok::<(), millstream_types::SerdeError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Value {
    /// Null in a map or list, or as a whole document; not a record without a value.
    Null,
    /// True or false.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating-point number, compared by its bits.
    Float(f64),
    /// A number that neither an `Int` nor a `Float` represents exactly; [`Value::number`] makes it if needed.
    Decimal(Decimal),
    /// Text.
    Text(Arc<str>),
    /// Raw bytes.
    Bytes(Arc<[u8]>),
    /// Values in order.
    List(Vec<Value>),
    /// Values by name, ordered by the bytes of the names.
    Map(BTreeMap<Arc<str>, Value>),
}

impl Value {
    /// The kind of the value: the name of the variant.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(millstream_types::Value::from("pear").kind(), "Text");
    /// ```
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "Null",
            Self::Bool(_) => "Bool",
            Self::Int(_) => "Int",
            Self::Float(_) => "Float",
            Self::Decimal(_) => "Decimal",
            Self::Text(_) => "Text",
            Self::Bytes(_) => "Bytes",
            Self::List(_) => "List",
            Self::Map(_) => "Map",
        }
    }

    /// The member of a map with this name, which may be [`Value::Null`]; `None` if there is none, or this is not a map.
    ///
    /// # Examples
    /// ```
    /// use millstream_types::serde::{Value, ValueFormat};
    ///
    /// let order = ValueFormat::Json.serde().decode("orders", br#"{"note": null}"#)?;
    /// assert_eq!(order.get("note"), Some(&Value::Null));
    /// assert_eq!(order.get("item"), None);
    /// # Ok::<(), millstream_types::SerdeError>(())
    /// ```
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        if let Self::Map(values) = self { values.get(name) } else { None }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(left), Self::Bool(right)) => left == right,
            (Self::Int(left), Self::Int(right)) => left == right,
            (Self::Float(left), Self::Float(right)) => left.to_bits() == right.to_bits(),
            (Self::Decimal(left), Self::Decimal(right)) => left == right,
            (Self::Text(left), Self::Text(right)) => left == right,
            (Self::Bytes(left), Self::Bytes(right)) => left == right,
            (Self::List(left), Self::List(right)) => left == right,
            (Self::Map(left), Self::Map(right)) => left == right,
            _ => false,
        }
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        std::mem::discriminant(self).hash(hasher);
        match self {
            Self::Null => {}
            Self::Bool(value) => value.hash(hasher),
            Self::Int(value) => value.hash(hasher),
            Self::Float(value) => value.to_bits().hash(hasher),
            Self::Decimal(value) => value.hash(hasher),
            Self::Text(value) => value.hash(hasher),
            Self::Bytes(value) => value.hash(hasher),
            Self::List(values) => values.hash(hasher),
            Self::Map(values) => values.hash(hasher),
        }
    }
}
