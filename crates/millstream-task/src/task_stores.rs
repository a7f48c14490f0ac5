//! The open stores of a task apart from its processors, as an active task and a standby hand them to each other.

use std::collections::BTreeMap;

use millstream_changelog::Positions;
use millstream_core::{StoreInfo, Stores, Topology};
use millstream_state::{Backing, StoreIndex};
use millstream_types::{TaskId, Timestamp};

use crate::{HeldState, TaskSettings};

/// The open stores of a task, with how far each has come in its changelog and the lock of their directory.
///
/// A [`StandbyTask`](crate::StandbyTask) and an active [`Task`](crate::Task) are built on them. When one becomes the other, the stores
/// stay open and keep what they have, in memory and on disk, and restoring goes on from their positions. As Kafka Streams recycles
/// tasks (KIP-441).
pub struct TaskStores {
    pub(crate) id: TaskId,
    /// Dropped before the lock.
    pub(crate) stores: Stores,
    pub(crate) positions: Positions,
    /// For stores that are restored from the topics of their tables the highest time of the records so far.
    pub(crate) source_times: BTreeMap<StoreIndex, Timestamp>,
    pub(crate) held_state: Option<HeldState>,
}

impl TaskStores {
    /// Opens the stores of task `id`; `backing` returns the backing of each.
    ///
    /// # Panics
    /// When the topology has no such sub-topology.
    pub fn open(
        topology: &Topology,
        id: TaskId,
        settings: &TaskSettings,
        backing: &mut dyn FnMut(&StoreInfo) -> Backing,
    ) -> Self {
        let stores = topology.open_stores(id.subtopology, &settings.chain_settings(), backing);
        let (positions, source_times) = (Positions::default(), BTreeMap::new());
        Self { id, stores, positions, source_times, held_state: None }
    }

    /// Holds resources, such as the lock of the stores' directory, until the stores are dropped.
    #[must_use]
    pub fn holding(self, held: HeldState) -> Self {
        Self { held_state: Some(held), ..self }
    }
}
