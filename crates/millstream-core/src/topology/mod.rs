//! The built topology: sub-topologies, their topics and stores, the description, and the chains of tasks.

mod assembly;
mod copartition;
mod describe;
mod digest;
mod error;
mod factory;
mod generated_names;
mod internal_names;
mod internal_topic;
mod java_tree;
mod matched;
mod open_stores;
mod partitions;
mod ready;
mod settings;
mod source_topics;
mod spec;
mod subtopology;
mod table;
mod topic_name;

pub use describe::TopologyDescription;
pub use error::TopologyError;
pub(crate) use factory::{Blueprint, BuildNode, BuildSource, Built, RecordTypes};
pub use generated_names::GeneratedNames;
pub use internal_topic::InternalTopic;
pub use matched::TopicOwner;
pub use partitions::{PartitionCountError, PartitionCounts};
pub use ready::Topology;
pub use settings::ChainSettings;
pub(crate) use source_topics::SourceTopics;
pub(crate) use spec::{CalledBy, NodeId, NodeKind, RepartitionSpec, SourceChangelog, Spec};
pub use subtopology::{SourceTopic, StoreInfo, SubTopology};
pub(crate) use table::{AnyRows, OldValues, Table, TableId};
pub use topic_name::TopicName;
