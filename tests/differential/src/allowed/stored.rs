//! What the program says of a store, and what a stored key says of its window.

use crate::outcome::bytes_of;
use crate::program::{Operator, Program, Store};

/// How long the window or session store of this name keeps its rows, if it is such a one as `wanted`. Where names are generated, of those that
/// it may be the shortest time.
pub(super) fn retention_ms(program: &Program, name: &str, wanted: impl Fn(&Store) -> bool) -> Option<i64> {
    let of_node = |index: usize| {
        let node = &program.nodes[index];
        let store = node.operator.store().filter(|store| wanted(store))?;
        match &node.operator {
            Operator::JoinStream { within, .. }
            | Operator::LeftJoinStream { within, .. }
            | Operator::OuterJoinStream { within, .. } => {
                let is_it = name.starts_with(store.name.as_deref().unwrap_or("KSTREAM-"));
                is_it.then_some(within.before_ms + within.after_ms + within.grace_ms as i64)
            }
            _ => {
                let Operator::WindowedBy { windows, .. } = &program.nodes[*node.from.first()?].operator else {
                    return None;
                };
                let is_it = store.name.as_deref().map_or(name.contains("-STATE-STORE-"), |own| own == name);
                is_it.then(|| store.retention_ms.unwrap_or(windows.retention_ms()) as i64)
            }
        }
    };
    (0..program.nodes.len()).filter_map(of_node).min()
}

/// How long the versioned store of this name keeps the history of a key.
pub(super) fn history_ms(program: &Program, name: &str) -> Option<i64> {
    let mut stores = program.nodes.iter().filter_map(|node| node.operator.store());
    let history_ms = stores.find(|store| store.name.as_deref() == Some(name))?.history_ms?;
    Some(history_ms as i64)
}

/// Where the window of a stored key begins, or a session: its last eight bytes.
pub(super) fn start_of(shown: &str) -> Option<i64> {
    let bytes = bytes_of(shown)?;
    bytes.last_chunk().map(|start| i64::from_be_bytes(*start))
}

/// Where the session of a stored key ends: the eight bytes before its start.
pub(super) fn end_of(shown: &str) -> Option<i64> {
    let bytes = bytes_of(shown)?;
    let (end, _start) = bytes.last_chunk::<16>()?.split_first_chunk()?;
    Some(i64::from_be_bytes(*end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::shown;

    #[test]
    fn the_start_of_a_stored_window_is_read_from_its_key() {
        let mut key = b"k\\".to_vec();
        key.extend_from_slice(&5_000_i64.to_be_bytes());
        assert_eq!(start_of(&shown(&key)), Some(5_000));
        assert_eq!(start_of("short"), None);
        key.extend_from_slice(&4_000_i64.to_be_bytes());
        assert_eq!((end_of(&shown(&key)), start_of(&shown(&key))), (Some(5_000), Some(4_000)));
    }
}
