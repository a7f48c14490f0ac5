//! Ordered reads: from the index of the table, merged with the rows of the engine.

use std::ops::Bound;

use millstream_types::Data;

use super::Store;
use super::index::{Order, SortKeys};
use super::merge::{MergedRow, MergedRows};
use crate::layout::Layout;
use crate::range::{Bounds, is_empty_range, rest_of};
use crate::{Direction, EngineRow, KeyRange, RawRow, Row, StoreError};

/// The minimum number of rows that are read at once if some of them are filtered out.
const SCAN_ROWS_MIN: usize = 64;

impl<L: Layout, V: Data> Store<L, V> {
    /// The first `limit` rows between the bounds, in `direction` by engine key.
    pub(crate) fn rows(
        &mut self,
        bounds: Bounds<'_>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Row<L::Key, V>>, StoreError> {
        self.rows_by(Order::Key, bounds, direction, limit)
    }

    /// The first `limit` rows between the bounds that match, in `direction`, after the sort key `after`.
    pub(crate) fn scan(
        &mut self,
        order: Order,
        bounds: Bounds<'_>,
        after: Option<&[u8]>,
        direction: Direction,
        limit: usize,
        matches: impl Fn(&Row<L::Key, V>) -> bool,
    ) -> Result<Vec<Row<L::Key, V>>, StoreError> {
        let mut found = Vec::new();
        let mut after = after.map(<[u8]>::to_vec);
        while found.len() < limit {
            let piece = (limit - found.len()).max(SCAN_ROWS_MIN);
            let rows = self.rows_by(order, rest_of(bounds, after.as_deref(), direction), direction, piece)?;
            let is_last = rows.len() < piece;
            after = rows.last().map(|row| row.engine_key.clone());
            found.extend(rows.into_iter().filter(&matches));
            if is_last {
                break;
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    fn rows_by(
        &mut self,
        order: Order,
        bounds: Bounds<'_>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Row<L::Key, V>>, StoreError> {
        if limit == 0 || is_empty_range(bounds.0, bounds.1) {
            return Ok(Vec::new());
        }
        self.build_index(order)?;
        let mut rows = Vec::new();
        let Some(index) = self.indexes.get(order) else {
            return Ok(rows);
        };
        let mut merged = MergedRows::new(index, self.cache.as_ref(), bounds, direction, limit);
        while rows.len() < limit {
            match merged.next().map_err(|source| self.engine_error(source))? {
                Some(MergedRow::InTable { sort_key, entry }) => rows.extend(self.row_of(sort_key, entry)),
                Some(MergedRow::InEngine(row)) => rows.push(self.decode_row(row)?),
                None => break,
            }
        }
        Ok(rows)
    }

    /// The row of a changelog key, as bytes.
    pub(super) fn get_raw(&mut self, logged: &[u8]) -> Result<Option<RawRow>, StoreError> {
        let key = self.layout.decode(logged).map_err(|source| self.serde_error(source))?;
        let Some(held) = self.get(L::lookup(&key))? else { return Ok(None) };
        let (value, timestamp) = (held.value.clone(), held.timestamp);
        let engine_key = self.encode_lookup(L::lookup(&key))?;
        self.raw_row(Row { key, value, timestamp, engine_key }).map(Some)
    }

    /// The next `limit` rows after the engine key `after` whose changelog key is in the range, as bytes.
    pub(super) fn page_raw(
        &mut self,
        keys: &KeyRange,
        after: Option<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<RawRow>, StoreError> {
        let earliest = self.earliest_visible()?;
        let rows = if L::PREFIX_BYTES == 0 {
            self.rows(keys.rest(after, direction), direction, limit)?
        } else {
            let everything = (Bound::Unbounded, Bound::Unbounded);
            self.scan(Order::Key, everything, after, direction, limit, |row| {
                L::time(L::lookup(&row.key)) >= earliest && keys.contains(logged_part::<L>(&row.engine_key))
            })?
        };
        let mut raw = Vec::with_capacity(rows.len());
        for row in rows {
            raw.push(self.raw_row(row)?);
        }
        Ok(raw)
    }

    /// A row as bytes, as in the changelog.
    fn raw_row(&self, row: Row<L::Key, V>) -> Result<RawRow, StoreError> {
        let mut value = Vec::new();
        self.values.encode_bare(&row.value, &mut value).map_err(|source| self.serde_error(source))?;
        let key = logged_part::<L>(&row.engine_key).to_vec();
        let headers = self.values.headers_of(&row.value).into_owned();
        Ok(RawRow { engine_key: row.engine_key, key, value, timestamp: row.timestamp, headers })
    }

    /// Reads the engine's first and last row.
    pub(super) fn check_stored(&self) -> Result<(), StoreError> {
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

    /// The number with which the last key of the engine's rows begins: that of a segment, or a start.
    pub(super) fn last_stored_prefix(&self) -> Result<Option<i64>, StoreError> {
        let Some(cache) = &self.cache else {
            return Ok(None);
        };
        let last = cache.engine.page(Bound::Unbounded, L::last_segment(), Direction::Backward, 1);
        let last = last.map_err(|source| self.engine_error(source))?;
        let prefix = last.first().and_then(|(key, _)| key.first_chunk());
        Ok(prefix.map(|prefix| i64::from_be_bytes(*prefix)))
    }

    /// Builds an index if it does not exist yet.
    fn build_index(&mut self, order: Order) -> Result<(), StoreError> {
        if self.indexes.get(order).is_some() {
            return Ok(());
        }
        let entries: Vec<u32> = match &self.cache {
            None => self.table.iter().map(|(entry, _)| entry).collect(),
            Some(cache) => cache.unwritten.clone(),
        };
        let mut sort_keys = Vec::with_capacity(entries.len());
        for entry in entries {
            let lookup = L::lookup(&self.table.entry(entry).key);
            let engine_key = self.encode_lookup(lookup)?;
            let sort_key = match order {
                Order::Key => engine_key,
                Order::Time => L::time_key(&engine_key, L::time(lookup)),
            };
            sort_keys.push((sort_key, entry));
        }
        self.indexes.build(order, sort_keys);
        Ok(())
    }

    /// Adds an entry that is new in the table, or with an engine newly changed, to the indexes that are built.
    pub(super) fn add_to_indexes(&mut self, entry: u32) -> Result<(), StoreError> {
        if self.indexes.is_built() {
            let sort_keys = self.sort_keys_of(entry)?;
            self.indexes.insert(entry, sort_keys);
        }
        Ok(())
    }

    /// The sort keys of an entry in the orders that are indexed.
    pub(super) fn sort_keys_of(&self, entry: u32) -> Result<SortKeys, StoreError> {
        let lookup = L::lookup(&self.table.entry(entry).key);
        let engine_key = self.encode_lookup(lookup)?;
        let is_by_time = self.indexes.get(Order::Time).is_some();
        let time_key = is_by_time.then(|| L::time_key(&engine_key, L::time(lookup)));
        Ok(SortKeys { engine_key, time_key })
    }

    /// The engine key of a lookup.
    pub(crate) fn encode_lookup(&self, lookup: L::Lookup<'_>) -> Result<Vec<u8>, StoreError> {
        let mut bytes = Vec::new();
        self.layout.encode(lookup, &mut bytes).map_err(|source| self.serde_error(source))?;
        Ok(bytes)
    }

    /// An entry as a row; `None` if it is deleted.
    fn row_of(&self, sort_key: &[u8], entry: u32) -> Option<Row<L::Key, V>> {
        let entry = self.table.entry(entry);
        let held = entry.value.clone()?;
        let (value, timestamp) = (held.value, held.timestamp);
        Some(Row { key: entry.key.clone(), value, timestamp, engine_key: sort_key.to_vec() })
    }

    fn decode_row(&self, (engine_key, stored): EngineRow) -> Result<Row<L::Key, V>, StoreError> {
        let key = self.layout.decode(logged_part::<L>(&engine_key)).map_err(|source| self.serde_error(source))?;
        let held = self.values.decode_stored(&stored).map_err(|source| self.serde_error(source))?;
        Ok(Row { key, value: held.value, timestamp: held.timestamp, engine_key })
    }
}

/// The changelog key in an engine key.
pub(super) fn logged_part<L: Layout>(engine_key: &[u8]) -> &[u8] {
    engine_key.get(L::PREFIX_BYTES..).unwrap_or_default()
}
