//! State stores of Millstream: typed stores for tasks, and engines that keep their rows.
//!
//! An operator uses a typed store: a [`KeyValueStore`], a [`WindowStore`], a [`DuplicateWindowStore`], or a [`SessionStore`]. *In memory* the store is a hash table of keys
//! and values, which encodes them only for the changelog. With an [`Engine`], for example on disk, the table is a bounded
//! write-back cache. The runtime uses an [`AnyStore`], which restores, flushes, commits, writes back, and reads rows as bytes,
//! independently of the types.
//!
//! All kinds are thin types around one store that is generic over its *layout*: how keys are encoded, found and expire.
//!
//! These invariants hold:
//! * **The engine has only rows that are in the changelog.** A commit flushes (encodes and logs each dirty key once, in the
//!   order of the last update), waits for the changelog, and only then writes back: one atomic batch with the changelog
//!   offset that it reaches. After a crash, the changelog from that offset restores the rest.
//! * **Rows are ordered by key bytes**, in ranges, pages and dumps, with any backing. Window stores in memory are read by
//!   window start first, as in Kafka Streams.
//! * **A store belongs to one task.** It is `Send`, and has no locks, clock, threads or I/O.
//!
//! A store with an undo log ([`AnyStore::keep_undo_log`]) can be rolled back to its last commit when a transaction is aborted.
//!
//! | item | contents |
//! |---|---|
//! | [`KeyValueStore`], [`WindowStore`], [`DuplicateWindowStore`], [`SessionStore`] | the typed stores |
//! | [`WithHeaders`] | the values of stores with headers |
//! | [`AnyStore`] | a store without its types |
//! | [`Engine`], [`Batch`], [`InMemoryEngine`] | the interface between stores and databases |
//! | [`EngineSupplier`] | opens the engines of a task's stores |
//! | [`StoreOptions`], [`Backing`] | the options of a store |
//! | [`Changelog`], [`RecordContext`] | the receiver of updates, and the context of an update |
//! | [`KeyRange`], [`WindowRange`], [`SessionRange`], [`Cursor`] | ordered reads, in pages |
//! | `conformance` | suites for tests of engines and backings; with the feature of that name |
//!
//! The crate depends only on `millstream-types` and a hash function.
//!
//! # Examples
//! ```
//! use millstream_state::{Backing, KeyValueStore, NoChangelog, RecordContext, StoreIndex, StoreOptions, ValueAndTimestamp};
//! use millstream_types::Serde;
//!
//! let options = StoreOptions { caching: true, ..StoreOptions::new("counts", StoreIndex::new(0), "app-counts-changelog") };
//! let mut counts = KeyValueStore::new(options, Serde::<String>::of_type(), Serde::<i64>::of_type(), Backing::InMemory);
//! for (word, time) in [("a", 1), ("b", 2), ("a", 3)] {
//!     counts.update(&word.to_owned(), &RecordContext::at(time), &mut NoChangelog, |count| {
//!         Some(ValueAndTimestamp::new(count.map_or(0, |held| held.value) + 1, time))
//!     })?;
//! }
//! let flushed = counts.take_dirty(&mut NoChangelog, usize::MAX)?;
//! let changes: Vec<_> = flushed.iter().map(|change| (change.key.as_str(), change.new)).collect();
//! assert_eq!(changes, [("b", Some(1)), ("a", Some(2))]); // in the order of last update
//! # Ok::<(), millstream_state::StoreError>(())
//! ```

mod any;
mod buffer;
mod changelog;
#[cfg(feature = "conformance")]
pub mod conformance;
mod engine;
mod error;
mod expiry;
mod header_bytes;
mod join_buffer;
mod key_value;
mod layout;
mod options;
mod range;
mod session;
mod store;
mod table;
mod value;
mod versioned;
mod window;
mod with_headers;

pub use any::AnyStore;
pub use buffer::{BufferedContext, Evicted, SuppressBuffer};
pub use changelog::{Changelog, NoChangelog, Position, RecordContext};
pub use engine::{Batch, Engine, EngineRow, EngineSupplier, InMemoryEngine, Operation, StoreSpace, TaskEngines};
pub use error::{EngineError, EngineErrorKind, StoreError};
pub use expiry::segment_interval_ms;
pub use join_buffer::{Held, JoinBuffer};
pub use key_value::KeyValueStore;
pub use options::{Backing, StoreIndex, StoreKind, StoreOptions};
pub use range::{Cursor, Direction, KeyRange, Paged, Row};
pub use session::{FlushedSession, SessionRange, SessionRow, SessionStore, SessionValue};
pub use store::PrefetchFrom;
pub use table::PREFETCH_ROWS;
pub use value::{BufferSize, Flushed, RawRow, ValueAndTimestamp, WriteOutcome};
pub use versioned::{PutVersion, VersionedOptions, VersionedRecord, VersionedStore};
pub use window::{
    DuplicateWindowStore, FlushedWindow, Sequence, SequenceNumber, WindowOptions, WindowRange, WindowRow, WindowStore,
    WindowValue,
};
pub use with_headers::WithHeaders;
