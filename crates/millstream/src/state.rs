//! Stores: as processors and queries see them, and the engines that can stand behind them.

pub use millstream_state::{
    AnyStore, Backing, Batch, Cursor, Direction, Engine, EngineError, EngineRow, InMemoryEngine, KeyRange,
    KeyValueStore, Operation, RawRow, Row, StoreError, StoreKind, ValueAndTimestamp, WindowRange, WindowRow,
    WindowStore, conformance,
};
