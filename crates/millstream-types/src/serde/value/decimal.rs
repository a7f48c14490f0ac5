//! Numbers that neither a 64-bit integer nor a 64-bit float can represent.

use std::fmt;
use std::sync::Arc;

/// A number that neither an `Int` nor a `Float` represents exactly, kept as it was written.
///
/// [`Value::number`](super::Value::number) makes one if it is needed: for an integer beyond 64 bits, and for more digits
/// than a float has. Two are equal when their texts are: `1e400` and `10e399` differ.
///
/// # Examples
/// ```
/// use millstream_types::serde::Value;
///
/// let Value::Decimal(price) = Value::number("0.10000000000000000000001")? else { panic!("a float holds fewer digits") };
/// assert_eq!(price.as_str(), "0.10000000000000000000001");
/// # Ok::<(), millstream_types::serde::value::NotANumber>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Decimal(Arc<str>);

impl Decimal {
    /// `text` must be a number in JSON's notation that no other kind represents.
    pub(super) fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The number as text in JSON's notation, for a library for decimals or big numbers.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decimal({})", self.0)
    }
}

/// A text is not a number in JSON's notation, such as `-1.5e3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the text is not a number as JSON writes it: an optional minus, digits, and optionally a fraction and an exponent"
)]
pub struct NotANumber;
