//! `suppress`.

use std::time::Duration;

use millstream::{BufferConfig, Data, KTable, Suppressed};

use super::table::Table;
use crate::program::{Node, Until};

/// A table whose changes are held back.
pub(super) fn suppress(table: &Table, until: &Until, node: &Node) -> Table {
    match (until, table) {
        (Until::WindowCloses { records_max }, Table::Windowed(table)) => {
            held_back(table, Suppressed::until_window_closes(strict(*records_max)), node).into()
        }
        (Until::WindowCloses { records_max }, Table::WindowedLong(table)) => {
            held_back(table, Suppressed::until_window_closes(strict(*records_max)), node).into()
        }
        (Until::WindowCloses { .. }, _) => unreachable!("the types were checked"),
        (Until::TimeLimit { .. }, Table::Text(table)) => held_back(table, for_a_time(until), node).into(),
        (Until::TimeLimit { .. }, Table::Long(table)) => held_back(table, for_a_time(until), node).into(),
        (Until::TimeLimit { .. }, Table::Windowed(table)) => held_back(table, for_a_time(until), node).into(),
        (Until::TimeLimit { .. }, Table::WindowedLong(table)) => held_back(table, for_a_time(until), node).into(),
    }
}

fn strict(records_max: Option<u64>) -> BufferConfig<millstream::ShutDown> {
    records_max.map_or_else(BufferConfig::unbounded, |records| BufferConfig::max_records(records).shut_down_when_full())
}

fn for_a_time<K>(until: &Until) -> Suppressed<K> {
    let Until::TimeLimit { limit_ms, records_max, bytes_max } = until else {
        unreachable!("the caller has checked it")
    };
    let limit = Duration::from_millis(*limit_ms);
    match (records_max, bytes_max) {
        (None, None) => Suppressed::until_time_limit(limit, BufferConfig::unbounded()),
        (Some(records), None) => Suppressed::until_time_limit(limit, BufferConfig::max_records(*records)),
        (None, Some(bytes)) => Suppressed::until_time_limit(limit, BufferConfig::max_bytes(*bytes)),
        (Some(records), Some(bytes)) => {
            Suppressed::until_time_limit(limit, BufferConfig::max_records(*records).with_max_bytes(*bytes))
        }
    }
}

fn held_back<K: Data, V: Data>(table: &KTable<K, V>, suppressed: Suppressed<K>, node: &Node) -> KTable<K, V> {
    table.suppress(match &node.name {
        Some(name) => suppressed.named(name),
        None => suppressed,
    })
}
