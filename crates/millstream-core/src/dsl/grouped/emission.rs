//! When the results of windowed aggregations are forwarded, and the emission of windows that have closed.
//!
//! An aggregation that emits on close looks for windows that have closed when a record has updated its windows, at most once per
//! emit interval. How far it has come is committed with the offsets, under the name of the store.

use millstream_state::{SessionStore, StoreIndex, WindowStore};
use millstream_types::{Data, Headers, Timestamp, Window, Windowed};

use crate::chain::{Context, Downstream};
use crate::options::EmitStrategy;
use crate::record::{Change, Record};
use crate::topology::Blueprint;

/// When an aggregation forwards the results of its updates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forwarding {
    /// With each update.
    AtOnce,
    /// The last one of each row, when the cache is flushed.
    AtFlush,
    /// When the window closes.
    OnClose,
}

impl Forwarding {
    /// The forwarding of an aggregation whose rows are in `store`.
    pub(super) fn of(strategy: EmitStrategy, store: StoreIndex, blueprint: &Blueprint<'_>) -> Self {
        match strategy {
            EmitStrategy::OnWindowClose => Self::OnClose,
            EmitStrategy::OnWindowUpdate if blueprint.is_caching(store) => Self::AtFlush,
            EmitStrategy::OnWindowUpdate => Self::AtOnce,
        }
    }
}

/// Whether windows that have ended by `closed` are to be emitted now: then the time of the last emission, which may be unknown.
pub(super) fn begin(context: &mut Context<'_>, store: StoreIndex, closed: Timestamp) -> Option<Timestamp> {
    if !context.begin_emit(store) {
        return None;
    }
    let last = context.emitted_until(store);
    (last == Timestamp::UNKNOWN || last < closed).then_some(last)
}

/// Forwards the windows that start between two times and end at `end_of` their start. Returns `None` after a failure.
pub(super) fn forward_windows<K: Data, A: Data>(
    context: &mut Context<'_>,
    node: &str,
    store: StoreIndex,
    [from, to]: [Timestamp; 2],
    headers: &Headers,
    end_of: impl Fn(Timestamp) -> Timestamp,
    children: &mut Downstream<Windowed<K>, Change<A>>,
) -> Option<()> {
    let Some((store, _)) = context.store::<WindowStore<K, A>>(store) else {
        context.fail_topology(node, "its store is not open in this task");
        return None;
    };
    let rows = store.fetch_by_start(from, to);
    context.check(node, rows)?.into_iter().try_for_each(|row| {
        let key = Windowed { key: row.key, window: Window { start: row.start, end: end_of(row.start) } };
        let record =
            Record { key, value: Change::to(Some(row.value)), timestamp: row.timestamp, headers: headers.clone() };
        children.forward(context, record);
        (!context.has_failed()).then_some(())
    })
}

/// Forwards the sessions that end between two times. Returns `None` after a failure.
pub(super) fn forward_sessions<K: Data, A: Data>(
    context: &mut Context<'_>,
    node: &str,
    store: StoreIndex,
    [from, to]: [Timestamp; 2],
    headers: &Headers,
    children: &mut Downstream<Windowed<K>, Change<A>>,
) -> Option<()> {
    let Some((store, _)) = context.store::<SessionStore<K, A>>(store) else {
        context.fail_topology(node, "its store is not open in this task");
        return None;
    };
    let rows = store.ended(from, to);
    context.check(node, rows)?.into_iter().try_for_each(|row| {
        let key = Windowed { key: row.key, window: row.window };
        let value = Change::to(Some(row.value));
        children.forward(context, Record { key, value, timestamp: row.window.end, headers: headers.clone() });
        (!context.has_failed()).then_some(())
    })
}
