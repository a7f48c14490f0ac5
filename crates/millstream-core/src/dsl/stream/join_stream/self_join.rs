//! The join of a stream with itself over a single store, an optimisation of all three joins.

use std::any::Any;
use std::sync::Arc;

use millstream_state::{DuplicateWindowStore, StoreIndex, WindowValue};
use millstream_types::{Data, Nullable, Timestamp};

use super::join::SideJoin;
use crate::chain::{Context, Downstream, Node, SkipReason};
use crate::join_windows::{JoinBounds, JoinWindows};
use crate::record::{Element, Record};
use crate::topology::{Blueprint, BuildNode, Built};

/// The factory of the join of a stream with itself. `L` and `R` are one type, since both sides are the same stream.
pub(super) fn self_join_factory<K: Nullable, V: Nullable<Present = L>, L: Data, R: Data, V2: Element>(
    store: StoreIndex,
    windows: JoinWindows,
    retention_ms: i64,
    join: SideJoin<K, L, R, V2>,
) -> BuildNode {
    Box::new(move |blueprint: Blueprint<'_>| {
        let (name, join, children) = (blueprint.name(), Arc::clone(&join), blueprint.downstream()?);
        let stream_time = Timestamp::UNKNOWN;
        Ok(Built::new::<K, V>(SelfJoin { name, store, windows, retention_ms, stream_time, join, children }))
    })
}

struct SelfJoin<K, L, R, V2> {
    name: Arc<str>,
    store: StoreIndex,
    windows: JoinWindows,
    retention_ms: i64,
    stream_time: Timestamp,
    join: SideJoin<K, L, R, V2>,
    children: Downstream<K, V2>,
}

impl<K: Nullable, L: Data, R: Data, V2: Element> SelfJoin<K, L, R, V2> {
    /// The records in `bounds` of one of `key` at `time`, earliest first.
    fn matches(
        &self,
        context: &mut Context<'_>,
        bounds: JoinBounds,
        key: &K::Present,
        time: Timestamp,
    ) -> Option<Vec<WindowValue<L>>> {
        let Some((store, _)) = context.store::<DuplicateWindowStore<K::Present, L>>(self.store) else {
            context.fail_topology(&self.name, "its store is not open in this task");
            return None;
        };
        let found = store.fetch_values(key, bounds.from(time), bounds.to(time));
        context.check(&self.name, found)
    }

    /// Forwards the result of two values. Returns `None` if it failed.
    fn forward(
        &mut self,
        context: &mut Context<'_>,
        record: &Record<K, L>,
        (left, right): (&L, &L),
        time: Timestamp,
    ) -> Option<()> {
        let right = (right as &dyn Any).downcast_ref::<R>();
        match (self.join)(&record.key, left, right) {
            Ok(value) => {
                let (key, headers) = (record.key.clone(), record.headers.clone());
                let timestamp = time.max(record.timestamp);
                self.children.forward(context, Record { key, value, timestamp, headers });
                (!context.has_failed()).then_some(())
            }
            Err(error) => {
                self.children.fail(context, error);
                None
            }
        }
    }

    /// Joins a record with the earlier ones: first as the left of each pair, then as the right. The pair with itself comes before
    /// those with a later time, as with two stores, and only if the record has not expired; as in Kafka Streams that is a millisecond
    /// earlier than with two stores.
    fn join_all(&mut self, context: &mut Context<'_>, key: &K::Present, record: &Record<K, L>) -> Option<()> {
        let time = record.timestamp;
        for row in &self.matches(context, self.windows.of_left(), key, time)? {
            self.forward(context, record, (&record.value, &row.value), row.start)?;
        }
        let expires = self.stream_time.saturating_add(-self.retention_ms).saturating_add(1);
        let mut is_itself_due = time > expires;
        for row in &self.matches(context, self.windows.of_right(), key, time)? {
            if row.start > time && std::mem::take(&mut is_itself_due) {
                self.forward(context, record, (&record.value, &record.value), time)?;
            }
            self.forward(context, record, (&row.value, &record.value), row.start)?;
        }
        if is_itself_due {
            self.forward(context, record, (&record.value, &record.value), time)?;
        }
        Some(())
    }
}

impl<K: Nullable, V: Nullable<Present = L>, L: Data, R: Data, V2: Element> Node<K, V> for SelfJoin<K, L, R, V2> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let Record { key, value, timestamp, headers } = record;
        let Some(present) = key.present().cloned() else { return context.skip(&self.name, SkipReason::NullKey) };
        let Some(value) = value.into_present() else { return context.skip(&self.name, SkipReason::NullValue) };
        self.stream_time = self.stream_time.max(timestamp);
        self.join_all(context, &present, &Record { key, value, timestamp, headers });
    }
}
