//! The rows of a table that is kept in a window store.

use millstream_state::{AnyStore, PrefetchFrom, StoreIndex, WindowStore};
use millstream_types::{Data, Timestamp, Window, Windowed};

use crate::chain::{Context, Downstream};
use crate::dsl::table::{Look, TableView, borrowed};
use crate::record::{Change, Record};

/// Looks up the row of a key and window.
pub(super) struct WindowRows {
    pub(super) index: StoreIndex,
}

impl<K: Data, A: Data> TableView<Windowed<K>, A> for WindowRows {
    fn look_up(&self, context: &mut Context<'_>, node: &str, key: &Windowed<K>, look: &mut Look<'_, A>) {
        let found = match context.store::<WindowStore<K, A>>(self.index) {
            Some((store, _)) => store.get(&key.key, key.window.start).map(|row| look(row.map(borrowed))),
            None => return context.fail_topology(node, "the table's store is not open in this task"),
        };
        context.check(node, found);
    }

    fn prefetch(&self, context: &mut Context<'_>, keys: &[&Windowed<K>], from: PrefetchFrom) {
        if let Some((store, _)) = context.store::<WindowStore<K, A>>(self.index) {
            store.prefetch(keys.iter().map(|windowed| (&windowed.key, windowed.window.start)), from);
        }
    }
}

/// Logs up to `rows_max` dirty windows, which are forwarded when they close.
pub(super) fn log_dirty_windows<K: Data, A: Data>(
    context: &mut Context<'_>,
    node: &str,
    store: StoreIndex,
    rows_max: usize,
) {
    let Some((store, log)) = context.store::<WindowStore<K, A>>(store) else { return };
    let logged = store.log_dirty(log, rows_max);
    context.check(node, logged);
}

/// Logs and forwards up to `rows_max` dirty windows, which end at `end_of` their start.
pub(super) fn forward_dirty_windows<K: Data, A: Data>(
    context: &mut Context<'_>,
    node: &str,
    store: StoreIndex,
    rows_max: usize,
    end_of: impl Fn(Timestamp) -> Timestamp,
    children: &mut Downstream<Windowed<K>, Change<A>>,
) {
    let Some((store, log)) = context.store::<WindowStore<K, A>>(store) else { return };
    let flushed = store.take_dirty(log, rows_max);
    for row in context.check(node, flushed).into_iter().flatten() {
        context.set_position(row.context.position);
        let key = Windowed { key: row.key, window: Window { start: row.start, end: end_of(row.start) } };
        let value = Change { old: row.old, new: row.new, is_latest: true };
        children.forward(context, Record { key, value, timestamp: row.timestamp, headers: row.context.headers });
        if context.has_failed() {
            return;
        }
    }
}
