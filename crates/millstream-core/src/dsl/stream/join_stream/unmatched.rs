//! The records of a left or outer join that wait for a match, and their emission when their time is over.

use std::sync::Arc;

use millstream_state::{Direction, KeyRange, KeyValueStore, RecordContext, Row, StoreIndex, ValueAndTimestamp};
use millstream_types::{Data, Headers, Nullable, Timestamp};

use super::unmatched_rows::{Either, Side, UnmatchedKey, UnmatchedValues};
use crate::chain::{BoxError, Context, Downstream, in_store};
use crate::graph::WithoutRow;
use crate::join_windows::{JoinBounds, JoinWindows};
use crate::record::{Element, Record};

/// How many rows are read from the store at once.
const ROWS_AT_ONCE: usize = 64;

/// The joiner: a function of a key and the values of both sides, of which at least one is there.
pub(super) type Joiner<K, L, R, V2> = Arc<dyn Fn(&K, Option<&L>, Option<&R>) -> Result<V2, BoxError> + Send + Sync>;

type UnmatchedStore<K, L, R> = KeyValueStore<UnmatchedKey<K>, UnmatchedValues<L, R>>;
type UnmatchedRow<K, L, R> = Row<UnmatchedKey<K>, UnmatchedValues<L, R>>;

/// The records without a match, as the side with values `V` uses them.
pub(super) struct Unmatched<K, V, L, R, V2> {
    pub(super) store: StoreIndex,
    /// The store of the left side, which identifies the join.
    pub(super) left: StoreIndex,
    /// This side.
    pub(super) side: Side,
    pub(super) windows: JoinWindows,
    /// Whether records of the right side wait, too.
    pub(super) right: WithoutRow,
    pub(super) to_either: fn(V) -> Either<L, R>,
    pub(super) join: Joiner<K, L, R, V2>,
}

impl<K, V, L, R, V2> Clone for Unmatched<K, V, L, R, V2> {
    fn clone(&self) -> Self {
        let Self { store, left, side, windows, right, to_either, .. } = *self;
        Self { store, left, side, windows, right, to_either, join: Arc::clone(&self.join) }
    }
}

/// Which sides have no more records whose time is over. Rows are in the order of time.
#[derive(Clone, Copy)]
struct Open {
    left: bool,
    right: bool,
}

impl<K: Nullable, V, L: Data, R: Data, V2: Element> Unmatched<K, V, L, R, V2> {
    /// Lets a record wait for a match.
    pub(super) fn add(&self, context: &mut Context<'_>, node: &str, key: &K::Present, record: Record<K, V>) {
        let Record { value, timestamp, headers, .. } = record;
        let write = context.write_context(timestamp, &headers);
        let key = UnmatchedKey { time: timestamp, side: self.side, key: key.clone() };
        let value = (self.to_either)(value);
        let add = |row: Option<ValueAndTimestamp<UnmatchedValues<L, R>>>| {
            let mut values = row.map_or_else(|| UnmatchedValues(Vec::new()), |row| row.value);
            values.0.push(value);
            Some(ValueAndTimestamp::new(values, timestamp))
        };
        if let Some((store, log)) = context.store::<UnmatchedStore<K::Present, L, R>>(self.store) {
            let added = in_store(|| store.update(&key, &write, log, add));
            context.check(node, added);
        } else {
            context.fail_topology(node, "the store of records without a match is not open in this task");
        }
    }

    /// Removes the records of the other side with this key and time: `record` matches them. Returns `None` if the store failed.
    pub(super) fn forget(
        &self,
        context: &mut Context<'_>,
        node: &str,
        key: &K::Present,
        time: Timestamp,
        record: &Record<K, V>,
    ) -> Option<()> {
        let write = context.write_context(record.timestamp, &record.headers);
        let key = UnmatchedKey { time, side: self.side.other(), key: key.clone() };
        let Some((store, _)) = context.store::<UnmatchedStore<K::Present, L, R>>(self.store) else {
            context.fail_topology(node, "the store of records without a match is not open in this task");
            return None;
        };
        let found = store.get(&key).map(|row| row.is_some());
        if context.check(node, found)? { self.delete(context, node, &key, &write) } else { Some(()) }
    }

    /// Forwards the records whose window and grace are over, with the headers of the present record, and removes them. Nothing
    /// happens before the emit interval is over, or if none of them can have ended for a record with `bounds`.
    ///
    /// As in Kafka Streams the time of the last row that was looked at decides when to look again.
    pub(super) fn emit(
        &self,
        context: &mut Context<'_>,
        node: &str,
        headers: &Headers,
        bounds: JoinBounds,
        children: &mut Downstream<K, V2>,
    ) {
        let time = *context.join_time(self.left);
        let may_have_ended =
            time.earliest_unmatched.map_or(bounds.waits(), |earliest| !bounds.is_open(earliest, time.stream_time));
        if !may_have_ended || !context.begin_emit(self.left) {
            return;
        }
        context.join_time(self.left).earliest_unmatched = None;
        // Without rows of the right side all rows are looked at, of which only the last one then counts.
        let mut open = Open { left: false, right: false };
        let (mut after, write) = (None::<Vec<u8>>, context.write_context(time.stream_time, headers));
        while let Some(rows) = self.page(context, node, after.as_deref(), Direction::Forward, ROWS_AT_ONCE) {
            let is_last = rows.len() < ROWS_AT_ONCE;
            after = rows.last().map(|row| row.engine_key.clone());
            for row in rows {
                context.join_time(self.left).earliest_unmatched = Some(row.key.time);
                if open.left && open.right {
                    return;
                }
                if self.is_open(row.key.side, row.key.time, time.stream_time) {
                    match row.key.side {
                        Side::Left => open.left = true,
                        Side::Right => open.right = true,
                    }
                    if open.left && self.right == WithoutRow::Drop {
                        return self.note_last(context, node);
                    }
                    // Kafka Streams looks at each value of a row, and so stops at the second one.
                    if open.left && open.right && row.value.0.len() > 1 {
                        return;
                    }
                } else if self.forward(context, node, &write, row, children).is_none() {
                    return;
                }
            }
            if is_last {
                return;
            }
        }
    }

    /// Whether a record of `side` still waits for a match.
    fn is_open(&self, side: Side, time: Timestamp, now: Timestamp) -> bool {
        let bounds = match side {
            Side::Left => self.windows.of_left(),
            Side::Right => self.windows.of_right(),
        };
        bounds.is_open(time, now)
    }

    /// Notes the time of the last row.
    fn note_last(&self, context: &mut Context<'_>, node: &str) {
        let last = self.page(context, node, None, Direction::Backward, 1).and_then(|rows| rows.into_iter().next());
        if let Some(row) = last {
            context.join_time(self.left).earliest_unmatched = Some(row.key.time);
        }
    }

    /// Forwards the values of a row and deletes it. A value whose joiner fails is skipped, if the handler decides so. Returns
    /// `None` if the task has failed.
    fn forward(
        &self,
        context: &mut Context<'_>,
        node: &str,
        write: &RecordContext,
        row: UnmatchedRow<K::Present, L, R>,
        children: &mut Downstream<K, V2>,
    ) -> Option<()> {
        let key = K::from_present(row.key.key.clone());
        for value in row.value.0 {
            let joined = match &value {
                Either::Left(value) => (self.join)(&key, Some(value), None),
                Either::Right(value) => (self.join)(&key, None, Some(value)),
            };
            match joined {
                Ok(value) => {
                    let (key, headers) = (key.clone(), write.headers.clone());
                    children.forward(context, Record { key, value, timestamp: row.key.time, headers });
                }
                Err(error) => children.fail(context, error),
            }
            if context.has_failed() {
                return None;
            }
        }
        self.delete(context, node, &row.key, write)
    }

    fn delete(
        &self,
        context: &mut Context<'_>,
        node: &str,
        key: &UnmatchedKey<K::Present>,
        write: &RecordContext,
    ) -> Option<()> {
        let (store, log) = context.store::<UnmatchedStore<K::Present, L, R>>(self.store)?;
        let deleted = in_store(|| store.put(key, None, write, log));
        context.check(node, deleted)
    }

    fn page(
        &self,
        context: &mut Context<'_>,
        node: &str,
        after: Option<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Option<Vec<UnmatchedRow<K::Present, L, R>>> {
        let (store, _) = context.store::<UnmatchedStore<K::Present, L, R>>(self.store)?;
        let page = store.page(&KeyRange::all(), after, direction, limit);
        context.check(node, page)
    }
}
