//! Stores apart from operators: how they are declared, named, defined, opened, and lent to a chain.

mod declared;
mod definition;
mod handle;
mod opened;

pub use declared::Store;
pub(crate) use definition::{ChangelogKind, SerdeNames, StoreDefinition};
pub use handle::StoreHandle;
pub use opened::Stores;
