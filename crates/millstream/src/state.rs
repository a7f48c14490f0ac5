//! Stores: as processors and queries see them, and the engines that can stand behind them.

pub use millstream_runtime::state_directory::StateDirectoryError;
/// What every engine and every store over it must do; with the feature `conformance`.
#[cfg(feature = "conformance")]
pub use millstream_state::conformance;
pub use millstream_state::{
    AnyStore, Backing, Batch, Cursor, Direction, Engine, EngineError, EngineErrorKind, EngineRow, EngineSupplier,
    InMemoryEngine, KeyRange, KeyValueStore, Operation, RawRow, Row, StoreError, StoreKind, StoreSpace, TaskEngines,
    ValueAndTimestamp, WindowRange, WindowRow, WindowStore, WriteOutcome,
};
