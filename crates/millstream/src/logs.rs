//! The log: traits that a log implements, and one inside the process.

/// The conformance tests of a log; with the feature `conformance`.
#[cfg(feature = "conformance")]
pub use millstream_log::conformance;
pub use millstream_log::in_process::{Faults, InProcessLog, Settings, StoredRecord};
pub use millstream_log::{
    AdminRequest, AdminResponse, Administration, AssignorAssignment, AssignorMember, AssignorOutcome, Chunk,
    ChunkBuilder, CommittedOffset, Fetching, GroupAssignor, GroupConfig, GroupConsumer, Log, LogError, LogEvent,
    Membership, NewTopic, OffsetRange, Producing, RecordView, Signal, StartAt, StreamsEndpoint, StreamsGroup,
    StreamsGroupSetting, StreamsSubtopology, StreamsTaskOffset, StreamsTasks, StreamsTopic, TopicState,
};
