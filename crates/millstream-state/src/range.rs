//! Ranges of keys by their bytes, the rows in them, and cursors that walk them page by page.

use std::collections::VecDeque;
use std::ops::Bound;

use millstream_types::Timestamp;

use crate::StoreError;

/// How many rows a cursor reads at a time.
const CURSOR_PAGE_ROWS: usize = 128;

/// From the lowest key up, or from the highest down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Ascending by key bytes.
    #[default]
    Forward,
    /// Descending by key bytes.
    Backward,
}

/// A range of keys by their bytes, as unsigned bytes compare. (The bytes of signed numbers do not sort as numbers do.)
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
    /// Where it begins.
    pub from: Bound<Vec<u8>>,
    /// Where it ends.
    pub to: Bound<Vec<u8>>,
}

impl KeyRange {
    /// Every key.
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

    /// From `from` to `to`, both included; `None` is open.
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

    /// All keys that begin with `prefix`.
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

    /// Whether `key` is within it.
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

    /// What is left of it behind `after` in this direction.
    pub(crate) fn rest<'a>(&'a self, after: Option<&'a [u8]>, direction: Direction) -> Bounds<'a> {
        rest_of(self.bounds(), after, direction)
    }
}

/// Two bounds of borrowed key bytes.
pub(crate) type Bounds<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

/// What is left of a range behind `after` in this direction.
pub(crate) fn rest_of<'a>((from, to): Bounds<'a>, after: Option<&'a [u8]>, direction: Direction) -> Bounds<'a> {
    match (after, direction) {
        (None, _) => (from, to),
        (Some(after), Direction::Forward) => (Bound::Excluded(after), to),
        (Some(after), Direction::Backward) => (from, Bound::Excluded(after)),
    }
}

/// The first key behind all that begin with `prefix`; `None` if there is none.
fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let kept = prefix.iter().rposition(|&byte| byte < u8::MAX)?;
    let mut end = prefix[..=kept].to_vec();
    end[kept] += 1;
    Some(end)
}

/// Whether the bounds leave nothing between them. `BTreeMap::range` panics on some of these.
pub(crate) fn is_empty_range(from: Bound<&[u8]>, to: Bound<&[u8]>) -> bool {
    match (from, to) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
        (Bound::Included(from), Bound::Included(to)) => from > to,
        (Bound::Included(from) | Bound::Excluded(from), Bound::Included(to) | Bound::Excluded(to)) => from >= to,
    }
}

/// A row of a store, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row<K, V> {
    /// The key.
    pub key: K,
    /// The value.
    pub value: V,
    /// The value's time; [`Timestamp::UNKNOWN`] in stores without times.
    pub timestamp: Timestamp,
    /// The key's bytes, by which rows are ordered: what to continue a page after.
    pub engine_key: Vec<u8>,
}

/// A store that is read in pages.
pub trait Paged {
    /// Which rows to read.
    type Query;
    /// What a page holds.
    type Row;

    /// The next `limit` rows of `query` behind the key `after`, in `direction`. Fewer than `limit` means: no more.
    ///
    /// # Errors
    /// When the engine fails, or a stored key or value cannot be read.
    fn page(
        &mut self,
        query: &Self::Query,
        after: Option<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Self::Row>, StoreError>;

    /// The place of a row in the order of pages, for continuing after it.
    fn engine_key(row: &Self::Row) -> &[u8];
}

/// Walks the rows of a query page by page. It holds no borrow: the store may be written between two steps.
///
/// A row shows the store as of the reading of its page, at most 128 rows ago; rows written behind the cursor's page are
/// seen, others are not.
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
    /// As [`Paged::page`].
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
    fn a_range_is_empty_unless_a_key_fits_in() {
        assert!(!is_empty_range(Included(b"a"), Included(b"a")));
        assert!(is_empty_range(Included(b"a"), Excluded(b"a")));
        assert!(is_empty_range(Excluded(b"a"), Excluded(b"a")));
        assert!(is_empty_range(Included(b"b"), Included(b"a")));
        assert!(!is_empty_range(Unbounded, Excluded(b"")));
    }
}
