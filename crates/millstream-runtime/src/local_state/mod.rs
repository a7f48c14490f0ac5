//! State on this host: for each task a locked directory with the engines of its stores.

mod damage_tracking;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use millstream_core::StoreInfo;
use millstream_state::{
    Backing, Engine, EngineError, EngineErrorKind, EngineSupplier, StoreIndex, StoreSpace, TaskEngines,
};
use millstream_task::{Damage, HeldState};
use millstream_types::TaskId;

use self::damage_tracking::DamageTracking;
use crate::state_directory::{StateDirectory, StateDirectoryError, TaskDirectory};
use millstream_observe::events::{EventKind, EventSink, Failure, FailureKind};

/// The state directory of an application, and the engines that keep its stores there.
pub(crate) struct LocalState {
    supplier: Arc<dyn EngineSupplier>,
    directory: StateDirectory,
}

/// The open state of a task: the engines of its stores, and the lock that the task holds while it uses them.
pub(crate) struct OpenState {
    engines: BTreeMap<StoreIndex, Box<dyn Engine>>,
    pub(crate) held: HeldState,
}

/// Why the state of a task could not be opened.
#[derive(Debug)]
pub(crate) enum NotOpened {
    /// Another thread or process has it open, usually not for long. With the reason as a sentence.
    Held(String),
    /// It cannot be opened.
    Failed(Failure),
}

impl LocalState {
    pub(crate) fn new(supplier: Arc<dyn EngineSupplier>, directory: StateDirectory) -> Self {
        Self { supplier, directory }
    }

    pub(crate) fn directory(&self) -> &StateDirectory {
        &self.directory
    }

    /// Locks the directory of a task and opens the engines of `stores` in it; `None` if the task has no store on disk. State
    /// with damage, given as `damage` or found now, is deleted, to be restored from the changelogs.
    pub(crate) fn open(
        &self,
        task: TaskId,
        stores: &[StoreInfo],
        damage: Option<&str>,
        events: &EventSink,
    ) -> Result<Option<OpenState>, NotOpened> {
        let stores: Vec<&StoreInfo> = stores.iter().filter(|store| !store.in_memory).collect();
        if stores.is_empty() {
            return Ok(None);
        }
        let directory = self.directory.lock_task(task)?;
        if let Some(damage) = damage {
            discard(&directory, &stores, damage, events)?;
        }
        let opened = match self.open_engines(directory.path(), &stores) {
            Err(error) if error.kind() == EngineErrorKind::Corrupt => {
                discard(&directory, &stores, &error.to_string(), events)?;
                self.open_engines(directory.path(), &stores)?
            }
            opened => opened?,
        };
        if !opened.unknown.is_empty() {
            let directory = directory.path().display().to_string();
            events.emit(EventKind::StoresUnknown { directory, stores: opened.unknown });
        }
        let damage = Damage::default();
        let tracked = |engine| Box::new(DamageTracking { engine, damage: damage.clone() }) as Box<dyn Engine>;
        let indices = stores.iter().map(|store| store.index);
        let engines = indices.zip(opened.engines.into_iter().map(tracked)).collect();
        Ok(Some(OpenState { engines, held: HeldState::new(damage, directory) }))
    }

    fn open_engines(&self, directory: &Path, stores: &[&StoreInfo]) -> Result<TaskEngines, EngineError> {
        let space = |store: &&StoreInfo| StoreSpace::new(Arc::clone(&store.name), Arc::clone(&store.contents));
        self.supplier.open(directory, &stores.iter().map(space).collect::<Vec<_>>())
    }
}

impl OpenState {
    /// The backing of a store: its engine, or memory.
    pub(crate) fn backing(&mut self, store: StoreIndex) -> Backing {
        let engine = self.engines.remove(&store);
        // The thread divides its cache once the task is open.
        engine.map_or(Backing::InMemory, |engine| Backing::Engine { engine, cache_bytes_max: 0 })
    }
}

/// Deletes damaged state, unless it cannot be restored.
fn discard(
    directory: &TaskDirectory,
    stores: &[&StoreInfo],
    damage: &str,
    events: &EventSink,
) -> Result<(), NotOpened> {
    let path = directory.path().display();
    if let Some(store) = stores.iter().find(|store| !store.is_restorable()) {
        let kept = format!(
            "{damage}; store `{}` has no changelog to be restored from, so nothing is deleted: repair `{path}`, or delete \
             it and begin with an empty store",
            store.name
        );
        return Err(NotOpened::Failed(Failure::new(FailureKind::Store, kept)));
    }
    directory.wipe()?;
    events.emit(EventKind::StateDiscarded { directory: path.to_string(), reason: damage.to_owned() });
    Ok(())
}

impl From<StateDirectoryError> for NotOpened {
    fn from(error: StateDirectoryError) -> Self {
        match error {
            StateDirectoryError::TaskLocked { .. } => Self::Held(error.to_string()),
            _ => Self::Failed(Failure::from_error(FailureKind::Store, error)),
        }
    }
}

impl From<EngineError> for NotOpened {
    fn from(error: EngineError) -> Self {
        match error.kind() {
            EngineErrorKind::Busy => Self::Held(error.to_string()),
            _ => Self::Failed(Failure::from_error(FailureKind::Store, error)),
        }
    }
}
