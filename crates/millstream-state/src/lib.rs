//! State stores of Millstream: typed stores for tasks, and the byte engines behind them.

mod any;
mod cache;
mod changelog;
mod codec;
pub mod conformance;
mod dirty;
mod engine;
mod error;
mod key_value;
mod layout;
mod options;
mod ordered;
mod range;
mod size;
mod store;
mod table;
mod value;
mod window;

pub use any::AnyStore;
pub use changelog::{Changelog, NoChangelog, Position, RecordContext};
pub use engine::{Batch, Engine, EngineRow, InMemoryEngine, Operation};
pub use error::{EngineError, StoreError};
pub use key_value::KeyValueStore;
pub use options::{Backing, StoreIndex, StoreKind, StoreOptions};
pub use range::{Cursor, Direction, KeyRange, Paged, Row};
pub use value::{Flushed, RawRow, ValueAndTimestamp};
pub use window::{FlushedWindow, WindowOptions, WindowRange, WindowRow, WindowStore};
