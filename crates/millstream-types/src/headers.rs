//! Record headers: an ordered list of named byte strings, which costs nothing when it is empty.

use std::sync::Arc;

/// One header: a name, and a value that may be null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The name; several headers may share one.
    pub name: String,
    /// The value; `None` is Kafka's null, different from empty.
    pub value: Option<Vec<u8>>,
}

/// The headers of a record, in order. Names may repeat.
///
/// A clone shares the list until one of them is changed. An empty list does not allocate. Two lists are equal when they have
/// the same headers in the same order.
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
pub struct Headers(
    /// `None` exactly when there are no headers, so that the derived equality is right.
    Option<Arc<Vec<Header>>>,
);

impl Headers {
    /// An empty list.
    ///
    /// # Examples
    /// ```
    /// let mut headers = millstream_types::Headers::new();
    /// headers.add("trace", "a1");
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    /// Whether there are no headers.
    ///
    /// # Examples
    /// ```
    /// assert!(millstream_types::Headers::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    /// The number of headers.
    ///
    /// # Examples
    /// ```
    /// use millstream_types::Headers;
    ///
    /// let mut headers = Headers::new();
    /// headers.add("trace", "a1");
    /// assert_eq!(headers.len(), 1);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// All headers, in order.
    ///
    /// # Examples
    /// ```
    /// use millstream_types::Headers;
    ///
    /// let mut headers = Headers::new();
    /// headers.add("trace", "a1");
    /// assert_eq!(headers.as_slice()[0].name, "trace");
    /// ```
    #[must_use]
    pub fn as_slice(&self) -> &[Header] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }

    /// The headers, in order.
    ///
    /// # Examples
    /// ```
    /// use millstream_types::Headers;
    ///
    /// let mut headers = Headers::new();
    /// headers.add("trace", "a1");
    /// headers.add("span", "b2");
    /// assert_eq!(headers.iter().map(|header| header.name.as_str()).collect::<Vec<_>>(), ["trace", "span"]);
    /// ```
    pub fn iter(&self) -> std::slice::Iter<'_, Header> {
        self.as_slice().iter()
    }

    /// Appends a header with a value.
    ///
    /// # Examples
    /// ```
    /// use millstream_types::Headers;
    ///
    /// let mut headers = Headers::new();
    /// headers.add("trace", "a1");
    /// headers.add("hops", vec![0, 3]);
    /// assert_eq!(headers.len(), 2);
    /// ```
    pub fn add(&mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) {
        self.push(Header { name: name.into(), value: Some(value.into()) });
    }

    /// Appends a header, whose value may be null.
    ///
    /// # Examples
    /// ```
    /// use millstream_types::{Header, Headers};
    ///
    /// let mut headers = Headers::new();
    /// headers.push(Header { name: "deleted".to_owned(), value: None });
    /// assert_eq!(headers.as_slice()[0].value, None);
    /// ```
    pub fn push(&mut self, header: Header) {
        Arc::make_mut(self.0.get_or_insert_with(Arc::default)).push(header);
    }

    /// Removes every header of this name.
    ///
    /// # Examples
    /// ```
    /// use millstream_types::Headers;
    ///
    /// let mut headers = Headers::new();
    /// headers.add("trace", "a1");
    /// headers.add("trace", "b2");
    /// headers.remove("trace");
    /// assert!(headers.is_empty());
    /// ```
    pub fn remove(&mut self, name: &str) {
        if self.iter().any(|header| header.name == name) {
            *self = self.iter().filter(|header| header.name != name).cloned().collect();
        }
    }

    /// The value of the last header of this name; `None` if there is none or its value is null.
    ///
    /// # Examples
    /// ```
    /// use millstream_types::Headers;
    ///
    /// let mut headers = Headers::new();
    /// headers.add("trace", "a1");
    /// headers.add("trace", "b2");
    /// assert_eq!(headers.last("trace"), Some(&b"b2"[..]));
    /// assert_eq!(headers.last("span"), None);
    /// ```
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

#[cfg(test)]
mod tests {
    use super::*;

    fn names(headers: &Headers) -> Vec<&str> {
        headers.iter().map(|header| header.name.as_str()).collect()
    }

    #[test]
    fn order_and_repeated_names_stay() {
        let mut headers = Headers::new();
        for name in ["b", "a", "b"] {
            headers.add(name, name);
        }
        assert_eq!(names(&headers), ["b", "a", "b"]);
        assert_eq!(headers.len(), 3);
    }

    #[test]
    fn removing_takes_every_header_of_the_name_and_no_other() {
        let mut headers = Headers::new();
        for name in ["b", "a", "b", "c"] {
            headers.add(name, "");
        }
        headers.remove("b");
        headers.remove("unknown");
        assert_eq!(names(&headers), ["a", "c"]);
    }

    #[test]
    fn none_left_equals_none_ever() {
        let mut headers = Headers::new();
        headers.add("a", "");
        headers.remove("a");
        assert_eq!(headers, Headers::new());
        assert_eq!(Headers::from_iter([]), Headers::new());
    }

    #[test]
    fn a_copy_does_not_see_later_changes() {
        let mut headers = Headers::new();
        headers.add("a", "1");
        let copy = headers.clone();
        headers.add("a", "2");
        assert_eq!((copy.last("a"), headers.last("a")), (Some(&b"1"[..]), Some(&b"2"[..])));
    }

    #[test]
    fn the_last_of_a_name_counts_even_when_it_is_null() {
        let mut headers = Headers::new();
        headers.add("a", "1");
        headers.push(Header { name: "a".to_owned(), value: None });
        assert_eq!(headers.last("a"), None);
        headers.add("a", "");
        assert_eq!(headers.last("a"), Some(&b""[..]), "empty is not null");
    }
}
