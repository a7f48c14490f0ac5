//! Stores, as processors and queries use them, and the trait of their engines.

pub use millstream_runtime::state_directory::StateDirectoryError;
/// The conformance tests of an engine, and of the stores over it; with the feature `conformance`.
#[cfg(feature = "conformance")]
pub use millstream_state::conformance;
pub use millstream_state::{
    AnyStore, Backing, Batch, BufferSize, Cursor, Direction, DuplicateWindowStore, Engine, EngineError,
    EngineErrorKind, EngineRow, EngineSupplier, InMemoryEngine, KeyRange, KeyValueStore, Operation, PutVersion, RawRow,
    Row, SessionRange, SessionRow, SessionStore, SessionValue, StoreError, StoreKind, StoreSpace, TaskEngines,
    ValueAndTimestamp, VersionedOptions, VersionedRecord, VersionedStore, WindowRange, WindowRow, WindowStore,
    WindowValue, WithHeaders, WriteOutcome,
};
