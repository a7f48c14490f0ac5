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
//! | [`event`] | [`LogEvent`]: all that a log tells its reader |
//! | [`traits`] | the four traits and [`Log`] |
//! | [`signal`] | [`Signal`]: wakes a waiting thread |
//! | [`in_process`] | [`InProcessLog`]: a log in memory |
//! | [`conformance`] | what every log must do, as a suite for its tests |

pub mod chunk;
pub mod conformance;
pub mod event;
pub mod in_process;
pub mod signal;
pub mod traits;

pub use chunk::{Chunk, ChunkBuilder, RecordView};
pub use event::{CommittedOffset, LogError, LogEvent};
pub use in_process::InProcessLog;
pub use signal::Signal;
pub use traits::{
    AdminRequest, AdminResponse, Administration, Fetching, GroupConfig, GroupConsumer, Log, Membership, NewTopic,
    OffsetRange, Producing, StartAt, TopicState,
};
