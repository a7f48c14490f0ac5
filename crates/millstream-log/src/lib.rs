//! The log interface of the runtime: four traits, chunks of records and events; and a log in memory.
//!
//! A stream thread reads from a log, writes to it, is a member of a consumer group, and administers topics. Each of these is a
//! separate trait ([`Fetching`], [`Producing`], [`Membership`], [`Administration`]), so that a restore can read without
//! membership, and tests can replace one of them. [`Log`] creates the clients.
//!
//! All implementations follow these rules:
//! * **Nothing blocks.** A call starts work; `poll` advances it and returns [`LogEvent`]s; a [`Signal`] wakes the thread that
//!   waits for them.
//! * **Reading returns chunks:** a [`Chunk`] has consecutive records of one partition in a shared buffer, the offset after
//!   them, and the known end offset.
//! * **Writing appends:** borrowed bytes are copied once, and an acknowledgement covers all records up to a number.
//!
//! | module | contents |
//! |---|---|
//! | [`chunk`] | [`Chunk`], [`RecordView`], [`ChunkBuilder`] |
//! | [`clock`] | [`monotonic_now`]: the system's monotonic clock, for those who poll |
//! | [`event`] | [`LogEvent`]: all events of a log |
//! | [`admin`] | [`AdminRequest`], [`AdminResponse`] |
//! | [`assignor`] | [`GroupAssignor`]: how a group divides its partitions, where its members bring that along |
//! | [`group`] | [`GroupConfig`], [`CommittedOffset`] |
//! | [`streams_group`] | [`StreamsGroup`]: groups in which the broker assigns tasks |
//! | [`error`] | [`LogError`] |
//! | [`traits`] | the four traits and [`Log`] |
//! | [`signal`] | [`Signal`]: wakes a waiting thread |
//! | [`in_process`] | [`InProcessLog`]: a log in memory |
//! | [`pointer_cache`] | [`PointerCache`]: numbers of topics, found without hashing |
//! | `conformance` | what every log must do, as a suite for its tests; with the feature of that name |

pub mod admin;
pub mod assignor;
pub mod chunk;
pub mod clock;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod error;
pub mod event;
pub mod group;
pub mod in_process;
mod lease;
pub mod pointer_cache;
pub mod signal;
pub mod streams_group;
pub mod traits;

pub use admin::{AdminRequest, AdminResponse, NewTopic, OffsetRange};
pub use assignor::{AssignorAssignment, AssignorMember, AssignorOutcome, GroupAssignor};
pub use chunk::{BytesInUse, CHUNK_RECORDS_MAX, Chunk, ChunkBuilder, ReadPosition, RecordView};
pub use clock::monotonic_now;
pub use error::LogError;
pub use event::LogEvent;
pub use group::{CommittedOffset, GroupConfig};
pub use in_process::InProcessLog;
pub use lease::Lease;
pub use pointer_cache::PointerCache;
pub use signal::Signal;
pub use streams_group::{
    StreamsEndpoint, StreamsGroup, StreamsGroupSetting, StreamsSubtopology, StreamsTaskOffset, StreamsTasks,
    StreamsTopic,
};
pub use traits::{
    Administration, DiscardScope, Fetching, GroupConsumer, Log, Membership, Producing, Sending, StartAt, TopicState,
};
