//! Joins the records of one side with those of the other side's store.

use std::sync::Arc;

use millstream_state::{DuplicateWindowStore, StoreIndex, WindowValue};
use millstream_types::{Data, Nullable, Timestamp};

use super::unmatched::Unmatched;
use crate::chain::{BoxError, Context, Downstream, Node, SkipReason};
use crate::graph::WithoutRow;
use crate::join_windows::JoinBounds;
use crate::record::{Element, Record};
use crate::topology::{Blueprint, BuildNode, Built};

/// A joiner as a side uses it: a function of a key, the value of this side, and the one of the other side, if there is one.
pub(super) type SideJoin<K, V, W, V2> = Arc<dyn Fn(&K, &V, Option<&W>) -> Result<V2, BoxError> + Send + Sync>;

/// One side of a join.
pub(super) struct SidePlan<K: Nullable, V: Nullable, W, L, R, V2> {
    /// The store of the left side, which identifies the join.
    pub(super) left: StoreIndex,
    /// The store of the other side.
    pub(super) other: StoreIndex,
    pub(super) bounds: JoinBounds,
    /// What becomes of records of this side without a match.
    pub(super) without_match: WithoutRow,
    pub(super) join: SideJoin<K, V::Present, W, V2>,
    /// The records that wait for a match; `None` if the join is an inner one.
    pub(super) unmatched: Option<Unmatched<K, V::Present, L, R, V2>>,
}

impl<K: Nullable, V: Nullable, W, L, R, V2> Clone for SidePlan<K, V, W, L, R, V2> {
    fn clone(&self) -> Self {
        let Self { left, other, bounds, without_match, .. } = *self;
        Self { left, other, bounds, without_match, join: Arc::clone(&self.join), unmatched: self.unmatched.clone() }
    }
}

impl<K: Nullable, V: Nullable, W: Data, L: Data, R: Data, V2: Element> SidePlan<K, V, W, L, R, V2> {
    pub(super) fn into_factory(self) -> BuildNode {
        Box::new(move |blueprint: Blueprint<'_>| {
            let (name, children) = (blueprint.name(), blueprint.downstream()?);
            Ok(Built::new::<K, V>(StreamJoin { name, plan: self.clone(), children }))
        })
    }
}

struct StreamJoin<K: Nullable, V: Nullable, W, L, R, V2> {
    name: Arc<str>,
    plan: SidePlan<K, V, W, L, R, V2>,
    children: Downstream<K, V2>,
}

impl<K: Nullable, V: Nullable, W: Data, L: Data, R: Data, V2: Element> StreamJoin<K, V, W, L, R, V2> {
    /// The records of the other side in the window of a record of `key` at `time`, earliest first.
    fn matches(&self, context: &mut Context<'_>, key: &K::Present, time: Timestamp) -> Option<Vec<WindowValue<W>>> {
        let Some((store, _)) = context.store::<DuplicateWindowStore<K::Present, W>>(self.plan.other) else {
            context.fail_topology(&self.name, "the store of the other side is not open in this task");
            return None;
        };
        let found = store.fetch_values(key, self.plan.bounds.from(time), self.plan.bounds.to(time));
        context.check(&self.name, found)
    }

    /// Forwards the result of a record with one match, or with none. Returns `None` if it failed.
    fn forward(
        &mut self,
        context: &mut Context<'_>,
        record: &Record<K, V::Present>,
        found: Option<&WindowValue<W>>,
    ) -> Option<()> {
        match (self.plan.join)(&record.key, &record.value, found.map(|row| &row.value)) {
            Ok(value) => {
                let timestamp = found.map_or(record.timestamp, |row| row.start.max(record.timestamp));
                let (key, headers) = (record.key.clone(), record.headers.clone());
                self.children.forward(context, Record { key, value, timestamp, headers });
                (!context.has_failed()).then_some(())
            }
            Err(error) => {
                self.children.fail(context, error);
                None
            }
        }
    }

    /// Forwards a record without a match, or lets it wait for one if its window is not over.
    fn without_match(&mut self, context: &mut Context<'_>, key: &K::Present, record: Record<K, V::Present>) {
        let is_over = self.plan.bounds.to(record.timestamp) < context.join_time(self.plan.left).stream_time;
        match &self.plan.unmatched {
            Some(unmatched) if !is_over => {
                context.join_time(self.plan.left).note_unmatched(record.timestamp);
                unmatched.add(context, &self.name, key, record);
            }
            Some(_) | None => _ = self.forward(context, &record, None),
        }
    }
}

impl<K: Nullable, V: Nullable, W: Data, L: Data, R: Data, V2: Element> Node<K, V> for StreamJoin<K, V, W, L, R, V2> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let Record { key, value, timestamp, headers } = record;
        let time = context.join_time(self.plan.left);
        time.stream_time = time.stream_time.max(timestamp);
        let is_newest = time.stream_time == timestamp;
        let present = key.present().cloned();
        let Some(value) = value.into_present() else {
            let reason = if present.is_some() { SkipReason::NullValue } else { SkipReason::NullKey };
            return context.skip(&self.name, reason);
        };
        let record = Record { key, value, timestamp, headers };
        let Some(key) = present else {
            return match self.plan.without_match {
                WithoutRow::Keep => _ = self.forward(context, &record, None),
                WithoutRow::Drop => context.skip(&self.name, SkipReason::NullKey),
            };
        };
        if is_newest && let Some(unmatched) = &self.plan.unmatched {
            unmatched.emit(context, &self.name, &record.headers, self.plan.bounds, &mut self.children);
            if context.has_failed() {
                return;
            }
        }
        let Some(rows) = self.matches(context, &key, timestamp) else { return };
        for row in &rows {
            if let Some(unmatched) = &self.plan.unmatched
                && unmatched.forget(context, &self.name, &key, row.start, &record).is_none()
            {
                return;
            }
            if self.forward(context, &record, Some(row)).is_none() {
                return;
            }
        }
        if rows.is_empty() && self.plan.without_match == WithoutRow::Keep {
            self.without_match(context, &key, record);
        }
    }
}
