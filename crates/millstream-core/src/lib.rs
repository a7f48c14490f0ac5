//! Millstream's DSL, operators, Processor API and topology: everything a stream program says, and how one task runs it.
//!
//! This crate does no I/O, spawns nothing, and reads no clock: time and the outside world come in through
//! [`chain::Environment`]. It depends on the state crate, since operators use stores, and neither on the log nor on the runtime.
//!
//! # From program to task
//! 1. [`StreamsBuilder`] and the streams and tables it makes write a logical graph: names, edges, typed factories.
//! 2. [`StreamsBuilder::build`] lowers it into a [`Topology`]: sub-topologies, internal topics, the text of
//!    [`Topology::describe`]. [`TopologyBuilder`] gets there without the DSL.
//! 3. [`Topology::build_chain`] makes a [`chain::Chain`]: one task's operators and stores. The runtime pushes records in.
//!
//! | module | what it holds |
//! |---|---|
//! | `dsl` | [`StreamsBuilder`], [`KStream`], [`KTable`], [`KGroupedStream`]: an operator per file |
//! | `options` | [`Consumed`], [`Produced`], [`Materialized`] and the like |
//! | `processor` | [`Processor`], [`FixedKeyProcessor`], their stores and schedules |
//! | `topology` | [`Topology`]: sub-topologies, internal topics, description, assembly of chains |
//! | [`chain`] | [`chain::Chain`]: one task's operators at work |
//!
//! # Examples
//! ```
//! use millstream_core::StreamsBuilder;
//!
//! let builder = StreamsBuilder::new();
//! builder.stream::<String, String>("in").map_values(|_key, value| value.to_uppercase()).to("out");
//! let topology = builder.build()?;
//! println!("{}", topology.describe());
//! # Ok::<(), millstream_core::TopologyError>(())
//! ```

pub mod chain;
mod dsl;
mod graph;
mod options;
mod partitioning;
mod processor;
mod record;
mod stores;
mod topology;
mod topology_builder;
mod windows;

pub use chain::{BoxError, Origin, PunctuationType, ScheduleId};
pub use dsl::{
    Branched, BranchedKStream, Branches, KGroupedStream, KStream, KTable, StreamsBuilder, Terminal, TimeWindowedKStream,
};
pub use millstream_state::{Direction, KeyRange, KeyValueStore, Row, ValueAndTimestamp, WindowStore};
pub use options::{
    Consumed, ExtractTimestamp, Joined, Materialized, Partitioner, Processed, Produced, Repartitioned, ResetPolicy,
    TimestampExtractor, TopicChooser,
};
pub use partitioning::{Partitioning, Route, murmur2, partition_for};
pub use processor::{FixedKeyContext, FixedKeyProcessor, FixedKeyRecord, Processor, ProcessorContext, StoreAccess};
pub use record::{Change, Element, RawKey, Record};
pub use stores::{Store, StoreHandle, Stores};
pub use topology::{
    ChainSettings, InternalTopic, PartitionCountError, PartitionCounts, SourceTopic, StoreInfo, SubTopology, TopicName,
    Topology, TopologyDescription, TopologyError,
};
pub use topology_builder::TopologyBuilder;
pub use windows::TimeWindows;
