//! The DSL, operators, Processor API and topology of Millstream, and the chain that runs them in a task.
//!
//! This crate does no I/O, spawns no threads, and reads no clock: [`chain::Environment`] provides time and output. It depends on
//! the state crate, since operators use stores, and neither on the log nor on the runtime.
//!
//! # From program to task
//! 1. [`StreamsBuilder`] and its streams and tables write a logical graph of names, edges and typed factories.
//! 2. [`StreamsBuilder::build`] lowers it into a [`Topology`]: sub-topologies, internal topics, the text of
//!    [`Topology::describe`]. [`TopologyBuilder`] makes a topology without the DSL.
//! 3. [`Topology::build_chain`] makes a [`chain::Chain`], the operators of a task, which process its records.
//!
//! | module | contents |
//! |---|---|
//! | `dsl` | [`StreamsBuilder`], [`KStream`], [`KTable`], [`KGroupedStream`]: an operator per file |
//! | `options` | [`Consumed`], [`Produced`], [`Materialized`] and the like |
//! | `processor` | [`Processor`], [`FixedKeyProcessor`], their stores and schedules |
//! | `topology` | [`Topology`]: sub-topologies, internal topics, description, assembly of chains |
//! | [`chain`] | [`chain::Chain`]: the operators of a task |
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
mod change_bytes;
mod dsl;
mod graph;
mod join_windows;
mod options;
mod partitioning;
mod processor;
mod record;
mod stores;
mod topology;
mod topology_builder;
mod windows;

pub use chain::{
    AroundProcessor, BoxError, Failure, Origin, ProcessedKeys, ProcessorCall, ProcessorInfo, ProcessorWrapper,
    PunctuationType, ScheduleId,
};
pub use dsl::{
    Branched, BranchedKStream, Branches, CogroupedKStream, ForeignKeyed, GlobalBy, GlobalKTable, KGroupedStream,
    KGroupedTable, KStream, KTable, SessionWindowedCogroupedKStream, SessionWindowedKStream, SlidingWindowedKStream,
    StreamsBuilder, Terminal, TimeWindowedCogroupedKStream, TimeWindowedKStream, Windows,
};
pub use join_windows::JoinWindows;
pub use millstream_state::{
    Direction, DuplicateWindowStore, KeyRange, KeyValueStore, PutVersion, Row, SessionStore, ValueAndTimestamp,
    VersionedOptions, VersionedRecord, VersionedStore, WindowStore, WithHeaders,
};
pub use options::{
    BufferConfig, Consumed, EmitEarly, EmitStrategy, ExtractTimestamp, Joined, Materialized, Optimizations,
    Partitioner, Processed, Produced, Repartitioned, ResetPolicy, ShutDown, StreamWithin, Suppressed,
    TimestampExtractor, TopicChooser, WhenFull,
};
pub use partitioning::{Partitioning, Route, murmur2, partition_for};
pub use processor::{
    DeclaredStores, FixedKeyContext, FixedKeyProcessor, FixedKeyRecord, GlobalStoreAccess, Processor, ProcessorContext,
    ProcessorSupplier, ReadOnlyStoreAccess, RowContext, RowProcessor, StoreAccess, WithStores, declare_stores,
};
pub use record::{Change, Element, RawKey, Record};
pub use stores::{
    GlobalStoreHandle, GlobalStores, ReadOnly, SourceRow, SourceRows, Store, StoreFormat, StoreHandle, StoredAs,
    Stores, TopicStore,
};
pub use topology::{
    ChainSettings, GeneratedNames, InternalTopic, PartitionCountError, PartitionCounts, SourceTopic, StoreInfo,
    SubTopology, TopicName, TopicOwner, Topology, TopologyDescription, TopologyError,
};
pub use topology_builder::TopologyBuilder;
pub use windows::{SessionWindows, SlidingWindows, TimeWindows, UnlimitedWindows, WindowedKey};
