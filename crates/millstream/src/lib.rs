//! Stateful stream processing as a library: Kafka Streams' model in Rust.
//!
//! A program describes a *topology*: streams of records from topics, operators on them, tables in local stores, and topics
//! to write to. Millstream divides it into tasks, one per partition, and runs them on threads inside the program. Several
//! instances of the program share the partitions as one consumer group. Every update of a store is logged to a changelog
//! topic, from which the store is restored after a failure or when its task moves.
//!
//! Names, internal topics, partitioning, byte layouts and `describe()` are the same as in Kafka Streams, so both can share
//! topics and changelogs. `docs/guide/differences.md` lists the intended differences.
//!
//! # Word count
//! ```
//! use millstream::StreamsBuilder;
//!
//! let builder = StreamsBuilder::new();
//! builder
//!     .stream::<(), String>("lines")
//!     .flat_map_values(|_key, line| line.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>())
//!     .group_by(|_key, word| word.clone())
//!     .count("word-counts")
//!     .to_stream()
//!     .to("counts");
//! let topology = builder.build()?;
//!
//! println!("{}", topology.describe()); // two sub-topologies, with a repartition topic between them
//! # assert_eq!(topology.subtopologies().len(), 2);
//! # Ok::<(), millstream::TopologyError>(())
//! ```
//! and run, here on a log inside the process:
//! ```
//! use std::time::Duration;
//! use millstream::events::State;
//! use millstream::logs::InProcessLog;
//! use millstream::{Streams, StreamsBuilder, StreamsConfig};
//!
//! # let builder = StreamsBuilder::new();
//! # builder.stream::<(), String>("lines").to("counts");
//! # let topology = builder.build()?;
//! let log = InProcessLog::new();
//! log.create_topic("lines", 2)?;
//! log.create_topic("counts", 2)?;
//! let streams = Streams::new(topology, StreamsConfig::new("word-count")).with_log(log).start()?;
//! assert_eq!(streams.wait_until(State::Running, Duration::from_secs(10)), State::Running);
//! streams.close_blocking(Duration::from_secs(10))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it is not, and where its limits are
//! * **No cluster and no service.** It is a dependency of your program, which you start, monitor and scale like any other.
//!   It is not a SQL engine or a batch engine either.
//! * **Two logs.** `kafka::KafkaLog` is the log on a Kafka cluster (feature `kafka`, on by default), wholly in Rust. The log
//!   [in the process](logs::InProcessLog) is for embedding, tests and experiments; its records are lost when the process
//!   ends. Both implement the same [traits](logs::Log). A third, on librdkafka, is for the few things that `KafkaLog` does not have.
//! * **At least once.** After a failure, the records since the last commit are processed again. Exactly-once is planned.
//! * **Stores are in memory** unless [`Streams::with_engines`] keeps them elsewhere: on disk with the feature `rocksdb`, or
//!   in an [engine](state::Engine) of your own.
//! * **Not available yet:** standby copies of stores.
//!
//! # Map
//! | where | what |
//! |---|---|
//! | [`prelude`] | what most programs use, for one `use` |
//! | [`StreamsBuilder`], [`KStream`], [`KTable`] | the DSL; its options are [`Consumed`], [`Produced`], [`Materialized`], [`Joined`], [`Repartitioned`] |
//! | [`Processor`], [`Store`], [`TopologyBuilder`] | operators of your own, and topologies by names |
//! | [`Streams`], [`StreamsConfig`], [`StreamsHandle`] | an application: configured, started, observed, queried, closed |
#![cfg_attr(
    feature = "test-driver",
    doc = "| [`test`](mod@test) | `TopologyTestDriver`: a topology in your own `#[test]` |"
)]
//! | [`Data`], [`Nullable`], [`serdes`] | types that can be keys and values, and their bytes |
//! | [`logs`] | the log traits, and the log inside the process |
//! | [`state`] | stores as processors and queries see them, and the trait of the engines behind them |
//! | [`events`], [`metering`] | what happens to an application, and what it counts |
//! | [`alerts`] | alerts by HTTP, for events that need attention |
//! | [`errors`] | the handlers that decide on records that cannot be read, processed or written |
//! | [`clock`] | the clock of an application, and one that tests advance |
//!
//! Items are documented in the crates that define them, such as `millstream_core`, and their examples import from these. A program that depends
//! on `millstream` alone writes `millstream` there; `millstream_types`, too, is all here.
//!
//! No module is called `serde`, `log` or `metrics`, so `use millstream::*` hides none of these crates.
//!
//! # Features
//! | feature | default | what it adds |
//! |---|---|---|
//! | `alerts` | yes | alerts by HTTP; without it, an alert variable that is set is an error at start |
//! | `graviola` | yes | the cryptography of TLS, in Rust |
//! | `https-alerts` | yes | alerts to `https://` receivers |
//! | `kafka` | yes | the module `kafka` with `KafkaLog`, the log on a real Kafka, with TLS and SASL |
//! | `signals` | yes | `Streams::close_on_signals`: SIGTERM and Ctrl-C close an application; on Unix |
//! | `test-driver` | yes | the module `test` with `TopologyTestDriver` |
//! | `aws-lc`, `ring` | no | the cryptography of TLS by one of these crates instead; compiles C and assembler |
//! | `conformance` | no | the conformance suites of logs, stores and engines, for tests of your own ones |
//! | `http` | no | the module `http` with `HttpServer`: `/live`, `/ready` and `/metrics` by HTTP; brings tokio, on a thread of its own |
//! | `librdkafka` | no | the module `librdkafka` with `LibrdkafkaLog`, a log on Kafka with librdkafka, which it compiles: needs a C compiler and make |
//! | `librdkafka-ssl` | no | the same with TLS, SASL SCRAM and OAUTHBEARER; needs OpenSSL's headers and `pkg-config` to build |
//! | `oidc` | no | tokens of an OAuth server for SASL OAUTHBEARER; without it, `KafkaLog::with_token_source` takes a function that returns tokens |
//! | `rocksdb` | no | the module `rocksdb` with `RocksDb`, which keeps stores on disk; compiles RocksDB, or links a library |
//!
//! The default features compile no C: Rust and a linker are all that is needed.
//!
//! ## The cryptography of TLS
//! Connections to Kafka and alerts use TLS by rustls. Its cryptography is, in this order: the `CryptoProvider` that the program has
//! installed for the whole process; that of the feature `aws-lc`, then `ring`; graviola, for `x86_64` and `aarch64`, which needs a
//! processor of about 2013 or newer. Where there is none TLS is an error that names these remedies.

pub use millstream_core::{
    AroundProcessor, BoxError, DeclaredStores, FixedKeyContext, FixedKeyProcessor, FixedKeyRecord, GlobalStoreAccess,
    GlobalStoreHandle, Origin, ProcessedKeys, Processor, ProcessorCall, ProcessorContext, ProcessorInfo,
    ProcessorSupplier, ProcessorWrapper, PunctuationType, ReadOnly, ReadOnlyStoreAccess, Record, RowContext,
    RowProcessor, ScheduleId, Store, StoreAccess, StoreHandle, StoredAs, TopicStore, WithStores, declare_stores,
};
pub use millstream_core::{
    Branched, BranchedKStream, Branches, BufferConfig, CogroupedKStream, Consumed, EmitEarly, EmitStrategy,
    ExtractTimestamp, ForeignKeyed, GlobalBy, GlobalKTable, JoinWindows, Joined, KGroupedStream, KGroupedTable,
    KStream, KTable, Materialized, Optimizations, Partitioner, Processed, Produced, Repartitioned, ResetPolicy, Route,
    SessionWindowedCogroupedKStream, SessionWindowedKStream, SessionWindows, ShutDown, SlidingWindowedKStream,
    SlidingWindows, StoreFormat, StreamWithin, StreamsBuilder, Suppressed, Terminal, TimeWindowedCogroupedKStream,
    TimeWindowedKStream, TimeWindows, TimestampExtractor, TopicChooser, UnlimitedWindows, WhenFull, WindowedKey,
    Windows,
};
pub use millstream_core::{
    Element, GeneratedNames, InternalTopic, PartitionCountError, SourceTopic, StoreInfo, SubTopology, TopicName,
    TopicOwner, Topology, TopologyBuilder, TopologyDescription, TopologyError, murmur2, partition_for,
};
pub use millstream_observe::{Observer, alerts, clock, events};
pub use millstream_runtime::state_directory::StateDirectoryError;
pub use millstream_runtime::{
    CloseError, Closing, ConfigError, GroupProtocol, KeyValueQueries, LagInfo, NamePolicy, NoResponse, PartialResult,
    PartitionMetadata, Position, ProcessingGuarantee, QueryError, QueryScope, Response, SessionQueries, StartError,
    StateChanges, Streams, StreamsConfig, StreamsHandle, TaskMetadata, ThreadCountError, ThreadMetadata,
    UncaughtErrors, VersionedQueries, WindowQueries,
};
pub use millstream_types::{
    Bincode, Codec, Data, Header, Headers, Json, Nullable, Offset, Partition, RecordBytes, Serde, SerdeError, TaskId,
    Timestamp, Topic, TopicPartition, Value, ValueFormat, Window, Windowed, bincode_data, json_data,
    session_windowed_serde, windowed_serde,
};

pub mod errors;
pub mod logs;
pub mod metering;
pub mod prelude;
pub mod serdes;
pub mod state;
#[cfg(feature = "http")]
pub use millstream_http as http;
#[cfg(feature = "kafka")]
pub use millstream_kafka as kafka;
#[cfg(feature = "librdkafka")]
pub use millstream_librdkafka as librdkafka;
#[cfg(feature = "rocksdb")]
pub use millstream_rocksdb as rocksdb;
#[cfg(feature = "test-driver")]
pub mod test;
