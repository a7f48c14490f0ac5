//! What a process tells of itself: where it is, and what lies on its disk.

use std::collections::BTreeMap;

use millstream_types::TaskId;

use crate::copy_state::CopyState;

/// What a process tells of itself. All its members may send it, or one of them for all.
///
/// # Examples
/// ```
/// use millstream_assign::{CopyState, ProcessReport};
/// use millstream_types::TaskId;
///
/// let mut report = ProcessReport { rack: Some("eu-1a".into()), ..ProcessReport::default() };
/// report.on_disk.insert(TaskId::new(0, 3), CopyState::Behind { records: 120 });
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProcessReport {
    /// Where other processes reach its queries, `host:port` (`application.server`).
    pub application_server: Option<String>,
    /// Its rack (`client.rack`).
    pub rack: Option<String>,
    /// Its client tags (`client.tag.*`, KIP-708).
    pub tags: BTreeMap<String, String>,
    /// The state of stateful tasks on its disk, or in its memory, and how far it is.
    pub on_disk: BTreeMap<TaskId, CopyState>,
}

impl ProcessReport {
    /// Adds what another member of the process has reported. Of two states of a copy the better one counts: the report of a thread
    /// that runs a task knows more than that of one which only sees its files.
    pub fn merge(&mut self, other: Self) {
        self.application_server = self.application_server.take().or(other.application_server);
        self.rack = self.rack.take().or(other.rack);
        for (key, value) in other.tags {
            self.tags.entry(key).or_insert(value);
        }
        for (task, state) in other.on_disk {
            self.on_disk.entry(task).and_modify(|known| *known = known.better(state)).or_insert(state);
        }
    }
}
