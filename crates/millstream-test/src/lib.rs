//! Tests of topologies without a broker: [`TopologyTestDriver`] runs the tasks of the runtime on the in-process log.
//!
//! A record is written to its topic and processed at once, through all sub-topologies, until there is nothing left to process.
//! Then outputs and stores can be read, and the wall clock can be advanced. Everything happens in the calling thread, without
//! waiting, and the results are deterministic.
//!
//! # Order
//! Each topic has one partition by default. The task whose next record has the smallest timestamp (with equal timestamps, the
//! one with the smallest id) processes one record, runs the stream-time schedules that are due, and commits, so that caches
//! are empty after each record. Only [`advance_wall_clock`](TopologyTestDriver::advance_wall_clock) advances the time. A
//! topology that writes to a topic it reads is run until no records are left; a loop that does not end is an error, see
//! [`TestConfig::loop_records_max`].
//!
//! # Examples
//! ```
//! use millstream_core::StreamsBuilder;
//! use millstream_test::TopologyTestDriver;
//!
//! let builder = StreamsBuilder::new();
//! builder.stream::<String, String>("lines").map_values(|_key, line| line.to_uppercase()).to("loud");
//! let topology = builder.build()?;
//!
//! let driver = TopologyTestDriver::new(&topology)?;
//! driver.input_topic::<String, String>("lines").pipe("k", "hello")?;
//! assert_eq!(driver.output_topic::<String, String>("loud").read_key_value()?, ("k".to_owned(), "HELLO".to_owned()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod config;
mod driver;
mod engine;
mod error;
mod input_topic;
mod loops;
mod output_topic;
mod outputs;
mod piped;
mod session_store;
mod stores;
mod tap;
mod topics;
mod versioned_store;

pub use config::{StoreBacking, TestConfig};
pub use driver::TopologyTestDriver;
pub use error::TestError;
pub use input_topic::TestInputTopic;
pub use output_topic::TestOutputTopic;
pub use outputs::RawOutput;
pub use piped::Piped;
pub use session_store::TestSessionStore;
pub use stores::{TestKeyValueStore, TestWindowStore};
pub use versioned_store::TestVersionedStore;
