//! State stores of Millstream: typed stores for tasks, and the byte engines behind them.
//!
//! An operator sees a typed store: a [`KeyValueStore`] or a [`WindowStore`]. *In memory* the store is a hash table of the
//! user's own keys and values, which makes bytes for the changelog only. Over an [`Engine`] (ordered bytes on a disk, say)
//! the same table is a bounded write-back cache. The runtime sees an [`AnyStore`]: it restores, flushes, commits and
//! writes back without knowing types, and reads rows as bytes.
//!
//! Both kinds are thin surfaces over one store, which is generic over its *layout*: how a key becomes bytes, how it is
//! found, and how it expires.
//!
//! Three rules hold:
//! * **Nothing is in the engine that is not in the changelog.** Commit flushes (serialise and log each dirty key once,
//!   in the order of last update), waits for the changelog, and only then writes back: one atomic batch with the
//!   changelog offset it reaches. After a crash, the changelog's tail from that offset restores the rest.
//! * **Order is by key bytes**, in ranges, pages and dumps, over any backing; window stores in memory are
//!   read by window start first, as in Kafka Streams.
//! * **A store belongs to one task.** It is `Send`, has no locks, no clock, no threads and no I/O of its own.
//!
//! A store that keeps an undo log ([`AnyStore::keep_undo_log`]) can be put back to its last commit, when a transaction is
//! aborted.
//!
//! | part | what it holds |
//! |---|---|
//! | [`KeyValueStore`], [`WindowStore`] | the typed stores |
//! | [`AnyStore`] | a store without its types |
//! | [`Engine`], [`Batch`], [`InMemoryEngine`] | the interface of disks and the like to stores |
//! | [`EngineSupplier`] | opens the engines of a task's stores |
//! | [`StoreOptions`], [`Backing`] | what a store is opened with |
//! | [`Changelog`], [`RecordContext`] | where updates go, and the record they come from |
//! | [`KeyRange`], [`WindowRange`], [`Cursor`] | ordered reading, in pages |
//! | `conformance` | what every engine and every backing must do, as suites for their tests; with the feature of that name |
//!
//! It depends on `millstream-types` alone, besides a hash function.
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
mod changelog;
#[cfg(feature = "conformance")]
pub mod conformance;
mod engine;
mod error;
mod expiry;
mod key_value;
mod layout;
mod options;
mod range;
mod store;
mod table;
mod value;
mod window;

pub use any::AnyStore;
pub use changelog::{Changelog, NoChangelog, Position, RecordContext};
pub use engine::{Batch, Engine, EngineRow, EngineSupplier, InMemoryEngine, Operation, StoreSpace, TaskEngines};
pub use error::{EngineError, EngineErrorKind, StoreError};
pub use expiry::segment_interval_ms;
pub use key_value::KeyValueStore;
pub use options::{Backing, StoreIndex, StoreKind, StoreOptions};
pub use range::{Cursor, Direction, KeyRange, Paged, Row};
pub use table::PREFETCH_ROWS;
pub use value::{Flushed, RawRow, ValueAndTimestamp, WriteOutcome};
pub use window::{FlushedWindow, WindowOptions, WindowRange, WindowRow, WindowStore};
