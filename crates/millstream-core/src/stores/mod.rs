//! Stores without their operators: declaration, handle, definition, and the open stores of a task.

mod declared;
mod definition;
mod global;
mod handle;
mod opened;
mod versioned;

pub use declared::Store;
pub(crate) use definition::{ChangelogKind, OpenStore, SerdeNames, StoreDefinition};
pub use global::{GlobalStoreHandle, GlobalStores};
pub use handle::StoreHandle;
pub use opened::Stores;
