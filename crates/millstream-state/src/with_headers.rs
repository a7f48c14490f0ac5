//! Values with headers, and how a store reaches the headers of its values.

use std::borrow::Cow;

use millstream_types::{Codec, Data, Headers, Serde, SerdeError};

use crate::header_bytes::{encode_headers, split_headers};

/// A value with headers: the value of a store with headers
/// ([`KeyValueStore::with_headers`](crate::KeyValueStore::with_headers)).
///
/// In the changelog the headers are those of the record, and its value is `value` alone.
///
/// # Examples
/// ```
/// use millstream_state::WithHeaders;
/// use millstream_types::Headers;
///
/// let mut headers = Headers::new();
/// headers.add("trace", "a1");
/// let order = WithHeaders::new("3 apples".to_owned(), headers);
/// assert_eq!(order.headers.last("trace"), Some(&b"a1"[..]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithHeaders<V> {
    /// The value.
    pub value: V,
    /// Its headers, in order.
    pub headers: Headers,
}

impl<V> WithHeaders<V> {
    /// `value` with `headers`.
    ///
    /// # Examples
    /// ```
    /// use millstream_state::WithHeaders;
    /// use millstream_types::Headers;
    ///
    /// assert!(WithHeaders::new(7, Headers::new()).headers.is_empty());
    /// ```
    #[must_use]
    pub const fn new(value: V, headers: Headers) -> Self {
        Self { value, headers }
    }
}

/// The bytes are those of a row: the headers, then the value.
impl<V: Data> Data for WithHeaders<V> {
    const READABLE: bool = V::READABLE;

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        encode_headers(&self.headers, out)?;
        self.value.encode(out)
    }

    fn decode(bytes: &[u8]) -> Result<Self, SerdeError> {
        let (headers, value) = split_headers(bytes)?;
        Ok(Self { value: V::decode(value)?, headers })
    }

    fn null() -> Option<Self> {
        V::null().map(|value| Self::new(value, Headers::new()))
    }

    fn is_null(&self) -> bool {
        self.value.is_null()
    }
}

/// The serde with which a store writes the value alone, since it keeps the headers apart.
pub(crate) fn value_alone<V: Data>(values: Serde<V>) -> Serde<WithHeaders<V>> {
    Serde::new(ValueAlone(values))
}

struct ValueAlone<V>(Serde<V>);

impl<V: 'static> Codec<WithHeaders<V>> for ValueAlone<V> {
    fn encode(&self, topic: &str, value: &WithHeaders<V>, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        self.0.encode(topic, &value.value, out)
    }

    fn decode(&self, topic: &str, bytes: &[u8]) -> Result<WithHeaders<V>, SerdeError> {
        self.0.decode(topic, bytes).map(|value| WithHeaders::new(value, Headers::new()))
    }

    fn is_readable(&self) -> bool {
        self.0.is_readable()
    }

    fn has_sessions(&self) -> bool {
        self.0.has_sessions()
    }

    fn name(&self) -> String {
        self.0.name()
    }
}

/// Reads and sets the headers of a store's values, which are those of their changelog records.
pub(crate) struct HeaderAccess<V> {
    pub(crate) get: fn(&V) -> Cow<'_, Headers>,
    pub(crate) set: fn(&mut V, &Headers),
}

impl<V> HeaderAccess<WithHeaders<V>> {
    pub(crate) fn of_values() -> Self {
        Self { get: |held| Cow::Borrowed(&held.headers), set: |held, headers| held.headers = headers.clone() }
    }
}

#[cfg(test)]
mod tests {
    use millstream_types::serde::laws;

    use super::*;

    #[test]
    fn the_bytes_keep_the_value_and_all_headers() {
        let mut headers = Headers::new();
        headers.add("h", "x");
        let values = [Headers::new(), headers].map(|headers| WithHeaders::new("v".to_owned(), headers));
        laws::check(&values);
        assert_eq!(WithHeaders::<()>::null(), Some(WithHeaders::new((), Headers::new())));
        assert_eq!(WithHeaders::<String>::null(), None);
    }
}
