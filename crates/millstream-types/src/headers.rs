//! Record headers: an ordered list of named byte strings, rarely there and cheap when absent.

use std::sync::Arc;

/// One header: a name, and a value that may be null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The name; several headers may share one.
    pub name: String,
    /// The value; `None` is Kafka's null, different from empty.
    pub value: Option<Vec<u8>>,
}

/// The headers of a record, in order, repeated names allowed.
///
/// A clone shares the list; changing one copy leaves the others as they are. No headers cost no allocation.
///
/// # Examples
/// ```
/// use millstream_types::Headers;
///
/// let mut headers = Headers::new();
/// headers.add("trace", "a1");
/// let sent_elsewhere = headers.clone();
/// headers.remove("trace");
/// assert!(headers.is_empty());
/// assert_eq!(sent_elsewhere.last("trace"), Some(&b"a1"[..]));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Option<Arc<Vec<Header>>>);

impl Headers {
    /// No headers.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// All headers, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Header] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }

    /// The headers, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Header> {
        self.as_slice().iter()
    }

    /// Appends a header with a value.
    pub fn add(&mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) {
        self.push(Header { name: name.into(), value: Some(value.into()) });
    }

    /// Appends a header as it is, its value possibly null.
    pub fn push(&mut self, header: Header) {
        Arc::make_mut(self.0.get_or_insert_with(Arc::default)).push(header);
    }

    /// Removes every header of this name.
    pub fn remove(&mut self, name: &str) {
        if self.iter().any(|header| header.name == name) {
            let list = Arc::make_mut(self.0.get_or_insert_with(Arc::default));
            list.retain(|header| header.name != name);
        }
    }

    /// The value of the last header of this name; `None` if there is none or its value is null.
    #[must_use]
    pub fn last(&self, name: &str) -> Option<&[u8]> {
        self.iter().rev().find(|header| header.name == name)?.value.as_deref()
    }
}

impl FromIterator<Header> for Headers {
    fn from_iter<I: IntoIterator<Item = Header>>(headers: I) -> Self {
        let list: Vec<Header> = headers.into_iter().collect();
        Self((!list.is_empty()).then(|| Arc::new(list)))
    }
}

impl<'a> IntoIterator for &'a Headers {
    type Item = &'a Header;
    type IntoIter = std::slice::Iter<'a, Header>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
