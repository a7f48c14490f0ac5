//! The entries of an index laid upon the rows of an engine, in one order.
//!
//! Nothing here has the types of keys and values, so that it is compiled once and not for each store of a program.

use std::cmp::Ordering;
use std::collections::{VecDeque, btree_map};

use super::cache::Cache;
use super::index::Index;
use crate::range::{Bounds, rest_of};
use crate::{Direction, EngineError, EngineRow};

/// Where the next row is.
pub(super) enum MergedRow<'a> {
    /// An entry of the table, which may be deleted.
    InTable {
        sort_key: &'a [u8],
        entry: u32,
    },
    InEngine(EngineRow),
}

/// The rows between two bounds. An entry of the table hides the engine's row of its key.
pub(super) struct MergedRows<'a> {
    changed: btree_map::Range<'a, Vec<u8>, u32>,
    /// The next of them.
    in_table: Option<(&'a Vec<u8>, &'a u32)>,
    stored: StoredRows<'a>,
    direction: Direction,
}

impl<'a> MergedRows<'a> {
    /// The rows of `index` and of the engine behind `cache`, which is read in pages of `limit` rows.
    pub(super) fn new(
        index: &'a Index,
        cache: Option<&'a Cache>,
        bounds: Bounds<'a>,
        direction: Direction,
        limit: usize,
    ) -> Self {
        let stored = StoredRows { cache, bounds, direction, limit, rows: VecDeque::new(), last: None, ended: false };
        let mut merged = Self { changed: index.range::<[u8], _>(bounds), in_table: None, stored, direction };
        merged.move_in_table();
        merged
    }

    /// The next row.
    pub(super) fn next(&mut self) -> Result<Option<MergedRow<'a>>, EngineError> {
        let table_first = match (self.in_table, self.stored.peek()?) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((key, _)), Some(row)) => in_direction(key, &row.0, self.direction),
        };
        let stored = if table_first == Ordering::Less { None } else { self.stored.rows.pop_front() };
        if table_first == Ordering::Greater {
            return Ok(stored.map(MergedRow::InEngine));
        }
        let found = self.in_table.map(|(sort_key, &entry)| MergedRow::InTable { sort_key, entry });
        self.move_in_table();
        Ok(found)
    }

    fn move_in_table(&mut self) {
        self.in_table = match self.direction {
            Direction::Forward => self.changed.next(),
            Direction::Backward => self.changed.next_back(),
        };
    }
}

/// Compares two keys in `direction`.
fn in_direction(left: &[u8], right: &[u8], direction: Direction) -> Ordering {
    match direction {
        Direction::Forward => left.cmp(right),
        Direction::Backward => right.cmp(left),
    }
}

/// The engine's rows between two bounds, read page by page.
struct StoredRows<'a> {
    /// The engine's; none in memory.
    cache: Option<&'a Cache>,
    bounds: Bounds<'a>,
    direction: Direction,
    limit: usize,
    rows: VecDeque<EngineRow>,
    last: Option<Vec<u8>>,
    ended: bool,
}

impl StoredRows<'_> {
    /// The next row; none in memory.
    fn peek(&mut self) -> Result<Option<&EngineRow>, EngineError> {
        if self.rows.is_empty()
            && !self.ended
            && let Some(cache) = self.cache
        {
            let (from, to) = rest_of(self.bounds, self.last.as_deref(), self.direction);
            let page = cache.engine.page(from, to, self.direction, self.limit)?;
            self.ended = page.len() < self.limit;
            self.last = page.last().map(|row| row.0.clone());
            self.rows = page.into();
        }
        Ok(self.rows.front())
    }
}
