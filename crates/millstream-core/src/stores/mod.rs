//! Stores without their operators: declaration, handle, definition, and the open stores of a task.

mod builder_id;
mod declared;
mod definition;
mod format;
mod global;
mod handle;
mod opened;
mod read_only;
mod source_rows;
mod versioned;
mod with_headers;

pub(crate) use builder_id::BuilderId;
pub use declared::Store;
pub(crate) use definition::{ChangelogKind, OpenStore, RowHeaders, SerdeNames, StoreDefinition, WindowOrder};
pub use format::StoreFormat;
pub use global::{GlobalStoreHandle, GlobalStores};
pub(crate) use handle::GivenStore;
pub use handle::StoreHandle;
pub use opened::Stores;
pub use read_only::{ReadOnly, StoredAs, TopicStore};
pub use source_rows::{SourceRow, SourceRows};
