//! The open stores of a task apart from its processors, as an active task and a standby hand them to each other.

use std::collections::BTreeMap;

use millstream_changelog::{Changelogs, Positions, Restorer};
use millstream_core::{StoreInfo, Stores, Topology};
use millstream_state::{Backing, StoreError, StoreIndex};
use millstream_types::{Offset, TaskId, Timestamp};

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

    /// The id of the task.
    #[must_use]
    pub const fn id(&self) -> TaskId {
        self.id
    }

    /// Holds resources, such as the lock of the stores' directory, until the stores are dropped.
    #[must_use]
    pub fn holding(self, held: HeldState) -> Self {
        Self { held_state: Some(held), ..self }
    }
}

/// How far the stores of a task have come in their changelogs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChangelogSums {
    /// The sum of the stores' positions.
    pub offset_sum: i64,
    /// The sum of the last known ends of their changelogs; `None` while one is not known.
    pub end_sum: Option<i64>,
}

/// The sums of a task's stores that have a changelog. Those that are restored, and not by `restorer` any more, are at their ends.
pub(crate) fn changelog_sums(
    id: TaskId,
    stores: &mut Stores,
    changelogs: &Changelogs,
    positions: &Positions,
    restorer: &Restorer,
) -> Result<ChangelogSums, StoreError> {
    let (mut offset_sum, mut end_sum) = (0_i64, Some(0_i64));
    for store in stores.iter_mut().filter(|store| changelogs.is_restorable(store.index())) {
        let restoring = restorer.positions(id).find(|(index, ..)| *index == store.index());
        let kept = positions.get(store.index()).max(store.changelog_offset()?);
        let (position, end) = match restoring {
            Some((_, Some(position), restoring)) => (Some(position), Some(restoring.end)),
            Some((_, None, _)) => (kept, None),
            None => (kept, positions.get(store.index())),
        };
        offset_sum = offset_sum.saturating_add(position.map_or(0, Offset::number));
        end_sum = end_sum.zip(end).map(|(sum, end)| sum.saturating_add(end.number()));
    }
    Ok(ChangelogSums { offset_sum, end_sum })
}

/// The sum of the offsets up to which the engines of these stores have their changelogs; `None` if there is no engine with one.
pub(crate) fn engine_offset_sum(stores: &mut Stores) -> Result<Option<i64>, StoreError> {
    stores.iter_mut().try_fold(None, |sum: Option<i64>, store| {
        Ok(match store.changelog_offset()? {
            Some(offset) => Some(sum.unwrap_or(0).saturating_add(offset.number())),
            None => sum,
        })
    })
}
