//! The log as the runtime sees it: four small traits, chunks of records, events; and a log inside the process.
//!
//! A stream thread reads from a log, writes to it, belongs to a group of readers and administers topics. Each of the
//! four is a trait of its own ([`Fetching`], [`Producing`], [`Membership`], [`Administration`]), so that a restore
//! reads without membership and a test replaces one of the four. [`Log`] makes them.
//!
//! Three rules hold for every implementation:
//! * **Nothing blocks.** A call starts work; `poll` moves it along and yields [`LogEvent`]s; a [`Signal`] wakes the
//!   thread that waits for them.
//! * **Reading hands over chunks, not messages:** a [`Chunk`] is a run of one partition's records in one shared
//!   buffer, with the offset after it and the end offset known at the time.
//! * **Writing appends:** borrowed bytes are copied once; acknowledgements say "everything up to here".
//!
//! | module | what it holds |
//! |---|---|
//! | [`chunk`] | [`Chunk`], [`RecordView`], [`ChunkBuilder`] |
//! | [`clock`] | [`monotonic_now`]: the system's monotonic clock, for those who poll |
//! | [`event`] | [`LogEvent`]: all events of a log |
//! | [`admin`] | [`AdminRequest`], [`AdminResponse`] |
//! | [`group`] | [`GroupConfig`], [`CommittedOffset`] |
//! | [`error`] | [`LogError`] |
//! | [`traits`] | the four traits and [`Log`] |
//! | [`signal`] | [`Signal`]: wakes a waiting thread |
//! | [`in_process`] | [`InProcessLog`]: a log in memory |
//! | [`pointer_cache`] | [`PointerCache`]: numbers of topics, found without hashing |
//! | `conformance` | what every log must do, as a suite for its tests; with the feature of that name |

pub mod admin;
pub mod chunk;
pub mod clock;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod error;
pub mod event;
pub mod group;
pub mod in_process;
pub mod pointer_cache;
pub mod signal;
pub mod traits;

pub use admin::{AdminRequest, AdminResponse, NewTopic, OffsetRange};
pub use chunk::{BytesInUse, CHUNK_RECORDS_MAX, Chunk, ChunkBuilder, ReadPosition, RecordView};
pub use clock::monotonic_now;
pub use error::LogError;
pub use event::LogEvent;
pub use group::{CommittedOffset, GroupConfig};
pub use in_process::InProcessLog;
pub use pointer_cache::PointerCache;
pub use signal::Signal;
pub use traits::{
    Administration, DiscardScope, Discarded, Fetching, GroupConsumer, Log, Membership, Producing, Sending, StartAt,
    TopicState,
};
