//! Ranges of keys by their bytes, rows, and cursors.

use std::collections::VecDeque;
use std::ops::Bound;

use millstream_types::Timestamp;

use crate::StoreError;

/// The number of rows that a cursor reads at once.
const CURSOR_PAGE_ROWS: usize = 128;

/// The direction of a range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Ascending by key bytes.
    #[default]
    Forward,
    /// Descending by key bytes.
    Backward,
}

/// A range of keys by their bytes, which are compared as unsigned. (The bytes of signed numbers do not sort as numbers do.)
///
/// # Examples
/// ```
/// use millstream_state::KeyRange;
///
/// assert!(KeyRange::prefix(b"ab").contains(b"abc"));
/// assert!(!KeyRange::prefix(b"ab").contains(b"ac"));
/// assert!(KeyRange::all().contains(b""));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyRange {
    /// The lower bound.
    pub from: Bound<Vec<u8>>,
    /// The upper bound.
    pub to: Bound<Vec<u8>>,
}

impl KeyRange {
    /// The range of all keys.
    ///
    /// # Examples
    /// ```
    /// use millstream_state::KeyRange;
    ///
    /// assert!(KeyRange::all().contains(b"any key"));
    /// ```
    #[must_use]
    pub const fn all() -> Self {
        Self { from: Bound::Unbounded, to: Bound::Unbounded }
    }

    /// The range from `from` to `to`, both inclusive. `None` means no bound.
    ///
    /// # Examples
    /// ```
    /// use millstream_state::KeyRange;
    ///
    /// let range = KeyRange::between(Some(b"b".to_vec()), None);
    /// assert!(!range.contains(b"a") && range.contains(b"b") && range.contains(b"c"));
    /// ```
    #[must_use]
    pub fn between(from: Option<Vec<u8>>, to: Option<Vec<u8>>) -> Self {
        Self { from: from.map_or(Bound::Unbounded, Bound::Included), to: to.map_or(Bound::Unbounded, Bound::Included) }
    }

    /// The range of all keys that begin with `prefix`.
    ///
    /// # Examples
    /// ```
    /// use millstream_state::KeyRange;
    ///
    /// assert!(KeyRange::prefix(b"user-").contains(b"user-7"));
    /// ```
    #[must_use]
    pub fn prefix(prefix: &[u8]) -> Self {
        let to = prefix_end(prefix).map_or(Bound::Unbounded, Bound::Excluded);
        Self { from: Bound::Included(prefix.to_vec()), to }
    }

    /// Whether `key` is in the range.
    ///
    /// # Examples
    /// ```
    /// use millstream_state::KeyRange;
    ///
    /// assert!(!KeyRange::prefix(b"user-").contains(b"order-7"));
    /// ```
    #[must_use]
    pub fn contains(&self, key: &[u8]) -> bool {
        use std::ops::RangeBounds as _;
        self.bounds().contains(key)
    }

    pub(crate) fn bounds(&self) -> Bounds<'_> {
        (self.from.as_ref().map(Vec::as_slice), self.to.as_ref().map(Vec::as_slice))
    }

    /// The part of it after `after` in this direction.
    pub(crate) fn rest<'a>(&'a self, after: Option<&'a [u8]>, direction: Direction) -> Bounds<'a> {
        rest_of(self.bounds(), after, direction)
    }
}

/// Two bounds of borrowed key bytes.
pub(crate) type Bounds<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

/// The part of a range after `after` in this direction.
pub(crate) fn rest_of<'a>((from, to): Bounds<'a>, after: Option<&'a [u8]>, direction: Direction) -> Bounds<'a> {
    match (after, direction) {
        (None, _) => (from, to),
        (Some(after), Direction::Forward) => (Bound::Excluded(after), to),
        (Some(after), Direction::Backward) => (from, Bound::Excluded(after)),
    }
}

/// The first key after all that begin with `prefix`; `None` if there is none.
fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let kept = prefix.iter().rposition(|&byte| byte < u8::MAX)?;
    let mut end = prefix[..=kept].to_vec();
    end[kept] += 1;
    Some(end)
}

/// Whether the range is empty. `BTreeMap::range` panics for some empty ranges.
pub(crate) fn is_empty_range(from: Bound<&[u8]>, to: Bound<&[u8]>) -> bool {
    match (from, to) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
        (Bound::Included(from), Bound::Included(to)) => from > to,
        (Bound::Included(from) | Bound::Excluded(from), Bound::Included(to) | Bound::Excluded(to)) => from >= to,
    }
}

/// A row of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row<K, V> {
    /// The key.
    pub key: K,
    /// The value.
    pub value: V,
    /// The time of the value; [`Timestamp::UNKNOWN`] in stores without times.
    pub timestamp: Timestamp,
    /// The bytes of the key, by which rows are ordered. The next page continues after them.
    pub engine_key: Vec<u8>,
}

/// A store that is read in pages.
pub trait Paged {
    /// The type that selects rows.
    type Query;
    /// The type of rows.
    type Row;

    /// The next `limit` rows of `query` after the key `after`, in `direction`. Fewer than `limit` rows mean that there are no
    /// more.
    ///
    /// # Errors
    /// When the engine fails, or a stored key or value cannot be decoded.
    fn page(
        &mut self,
        query: &Self::Query,
        after: Option<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Self::Row>, StoreError>;

    /// The key of a row, after which the next page continues.
    fn engine_key(row: &Self::Row) -> &[u8];
}

/// Iterates over the rows of a query in pages. It does not borrow the store, which may be written between two calls.
///
/// Each page of 128 rows shows the store at the time when it was read. Rows that are written after the present page are
/// included, others are not.
#[derive(Debug)]
pub struct Cursor<S: Paged> {
    query: S::Query,
    direction: Direction,
    rows: VecDeque<S::Row>,
    after: Option<Vec<u8>>,
    ended: bool,
}

impl<S: Paged> Cursor<S> {
    /// A cursor before the first row of `query`.
    #[must_use]
    pub fn new(query: S::Query, direction: Direction) -> Self {
        Self { query, direction, rows: VecDeque::new(), after: None, ended: false }
    }

    /// The next row, read from `store`; `None` at the end.
    ///
    /// # Errors
    /// Those of [`Paged::page`].
    pub fn next(&mut self, store: &mut S) -> Result<Option<S::Row>, StoreError> {
        if self.rows.is_empty() && !self.ended {
            let page = store.page(&self.query, self.after.as_deref(), self.direction, CURSOR_PAGE_ROWS)?;
            self.ended = page.len() < CURSOR_PAGE_ROWS;
            self.after = page.last().map(|row| S::engine_key(row).to_vec());
            self.rows = page.into();
        }
        Ok(self.rows.pop_front())
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Bound::{Excluded, Included, Unbounded};

    use super::{KeyRange, is_empty_range};

    #[test]
    fn a_prefix_ends_before_the_next_one() {
        let table: [(&[u8], Option<&[u8]>); 5] =
            [(b"a", Some(b"b")), (b"a\xff", Some(b"b")), (b"\xff\xff", None), (b"", None), (b"a\x00", Some(b"a\x01"))];
        for (prefix, end) in table {
            let expected = end.map_or(Unbounded, |end| Excluded(end.to_vec()));
            assert_eq!(KeyRange::prefix(prefix).to, expected, "{prefix:?}");
        }
    }

    #[test]
    fn a_range_without_a_possible_key_is_empty() {
        assert!(!is_empty_range(Included(b"a"), Included(b"a")));
        assert!(is_empty_range(Included(b"a"), Excluded(b"a")));
        assert!(is_empty_range(Excluded(b"a"), Excluded(b"a")));
        assert!(is_empty_range(Included(b"b"), Included(b"a")));
        assert!(!is_empty_range(Unbounded, Excluded(b"")));
    }
}
