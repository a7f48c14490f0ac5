//! Reading in the order of key bytes: the table's index, over an engine laid upon the engine's rows.

use std::cmp::Ordering;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;

use millstream_types::Data;

use crate::layout::Layout;
use crate::range::is_empty_range;
use crate::store::Store;
use crate::{Direction, EngineRow, RawRow, Row, StoreError};

/// Two bounds of borrowed key bytes.
pub(crate) type Bounds<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

impl<L: Layout, V: Data> Store<L, V> {
    /// The first `limit` rows between the bounds, in `direction`.
    pub(crate) fn rows(
        &mut self,
        bounds: Bounds<'_>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Row<L::Key, V>>, StoreError> {
        if limit == 0 || is_empty_range(bounds.0, bounds.1) {
            return Ok(Vec::new());
        }
        self.build_index()?;
        let mut rows = Vec::new();
        let mut stored = StoredRows::new(bounds, direction, limit);
        let Some(ordered) = &self.ordered else {
            return Ok(rows);
        };
        let mut changed = ordered.range::<[u8], _>(bounds);
        let mut next_changed = || match direction {
            Direction::Forward => changed.next(),
            Direction::Backward => changed.next_back(),
        };
        let mut in_table = next_changed();
        while rows.len() < limit {
            let in_engine = stored.peek(self)?;
            let table_first = match (in_table, in_engine) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((key, _)), Some(row)) => in_direction(key, &row.0, direction),
            };
            if table_first != Ordering::Less {
                let row = stored.take();
                if table_first == Ordering::Greater {
                    rows.extend(row.map(|row| self.decode_row(row)).transpose()?);
                }
            }
            if table_first != Ordering::Greater {
                rows.extend(in_table.and_then(|(key, &index)| self.row_of(key, index)));
                in_table = next_changed();
            }
        }
        Ok(rows)
    }

    /// The first `limit` rows between the bounds, ascending, in the changelog's bytes.
    pub(crate) fn raw_rows(&mut self, bounds: Bounds<'_>, limit: usize) -> Result<Vec<RawRow>, StoreError> {
        let rows = self.rows(bounds, Direction::Forward, limit)?;
        rows.into_iter().map(|row| self.raw_row(row)).collect()
    }

    /// A row in the changelog's bytes.
    pub(crate) fn raw_row(&self, row: Row<L::Key, V>) -> Result<RawRow, StoreError> {
        let mut value = Vec::new();
        self.values.encode_bare(&row.value, &mut value).map_err(|source| self.serde_error(source))?;
        let key = row.engine_key.get(L::PREFIX_BYTES..).unwrap_or_default().to_vec();
        Ok(RawRow { engine_key: row.engine_key, key, value, timestamp: row.timestamp })
    }

    /// Reads the engine's first and last row.
    pub(crate) fn check_stored(&self) -> Result<(), StoreError> {
        let Some(cache) = &self.cache else {
            return Ok(());
        };
        for direction in [Direction::Forward, Direction::Backward] {
            let page = cache.engine.page(Bound::Unbounded, Bound::Unbounded, direction, 1);
            for row in page.map_err(|source| self.engine_error(source))? {
                self.decode_row(row)?;
            }
        }
        Ok(())
    }

    /// The highest key the engine holds.
    pub(crate) fn last_stored_key(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(cache) = &self.cache else {
            return Ok(None);
        };
        let last = cache.engine.page(Bound::Unbounded, Bound::Unbounded, Direction::Backward, 1);
        let last = last.map_err(|source| self.engine_error(source))?;
        Ok(last.into_iter().next().map(|(key, _)| key))
    }

    /// Builds the ordered index at the first range; from then on it is kept.
    fn build_index(&mut self) -> Result<(), StoreError> {
        if self.ordered.is_some() {
            return Ok(());
        }
        let indices: Vec<u32> = match &self.cache {
            None => self.table.iter().map(|(index, _)| index).collect(),
            Some(cache) => cache.unwritten().to_vec(),
        };
        let mut ordered = BTreeMap::new();
        for index in indices {
            ordered.insert(self.engine_key_of(index)?, index);
        }
        self.ordered = Some(ordered);
        Ok(())
    }

    /// An entry as a row; none if it is deleted.
    fn row_of(&self, engine_key: &[u8], index: u32) -> Option<Row<L::Key, V>> {
        let entry = self.table.entry(index);
        let held = entry.value.clone()?;
        let (value, timestamp) = (held.value, held.timestamp);
        Some(Row { key: entry.key.clone(), value, timestamp, engine_key: engine_key.to_vec() })
    }

    fn decode_row(&self, (engine_key, stored): EngineRow) -> Result<Row<L::Key, V>, StoreError> {
        let logged = engine_key.get(L::PREFIX_BYTES..).unwrap_or_default();
        let key = self.layout.decode(logged).map_err(|source| self.serde_error(source))?;
        let held = self.values.decode_stored(&stored).map_err(|source| self.serde_error(source))?;
        Ok(Row { key, value: held.value, timestamp: held.timestamp, engine_key })
    }
}

/// Compares two keys as they come in `direction`.
fn in_direction(left: &[u8], right: &[u8], direction: Direction) -> Ordering {
    match direction {
        Direction::Forward => left.cmp(right),
        Direction::Backward => right.cmp(left),
    }
}

/// The engine's rows between two bounds, read page by page.
struct StoredRows<'a> {
    bounds: Bounds<'a>,
    direction: Direction,
    limit: usize,
    rows: VecDeque<EngineRow>,
    last: Option<Vec<u8>>,
    ended: bool,
}

impl<'a> StoredRows<'a> {
    fn new(bounds: Bounds<'a>, direction: Direction, limit: usize) -> Self {
        Self { bounds, direction, limit, rows: VecDeque::new(), last: None, ended: false }
    }

    /// The next row; a resident store's engine is taken to be empty.
    fn peek<L: Layout, V: Data>(&mut self, store: &Store<L, V>) -> Result<Option<&EngineRow>, StoreError> {
        if self.rows.is_empty()
            && !self.ended
            && let Some(cache) = &store.cache
        {
            let (from, to) = self.rest();
            let page = cache.engine.page(from, to, self.direction, self.limit);
            let page = page.map_err(|source| store.engine_error(source))?;
            self.ended = page.len() < self.limit;
            self.last = page.last().map(|row| row.0.clone());
            self.rows = page.into();
        }
        Ok(self.rows.front())
    }

    fn take(&mut self) -> Option<EngineRow> {
        self.rows.pop_front()
    }

    fn rest(&self) -> Bounds<'_> {
        match (&self.last, self.direction) {
            (None, _) => self.bounds,
            (Some(last), Direction::Forward) => (Bound::Excluded(last), self.bounds.1),
            (Some(last), Direction::Backward) => (self.bounds.0, Bound::Excluded(last)),
        }
    }
}
