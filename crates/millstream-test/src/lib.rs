//! Tests of topologies without a broker: [`TopologyTestDriver`] runs the real tasks on the real in-process log.
//!
//! A record piped in is written to its topic and processed at once, through every sub-topology it reaches, until all is
//! quiet; then the outputs can be read, the stores looked into, and the wall clock moved. It all happens in the calling
//! thread: no waiting, no async, the same result each time.
//!
//! # Order
//! Each topic has one partition unless the test or the topology says otherwise. The task whose next record has the smallest
//! timestamp takes one record (the task with the smallest id of equals), runs the stream-time schedules that it made due,
//! and commits, so that caches hold nothing back beyond one record. Time stands still but for
//! [`advance_wall_clock`](TopologyTestDriver::advance_wall_clock). A topology that writes to a topic it reads is run until its
//! loop comes to rest; one that never does is an error, see [`TestConfig::loop_records_max`].
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
mod stores;
mod tap;
mod topics;

pub use config::{StoreBacking, TestConfig};
pub use driver::TopologyTestDriver;
pub use error::TestError;
pub use input_topic::TestInputTopic;
pub use output_topic::TestOutputTopic;
pub use outputs::RawOutput;
pub use piped::Piped;
pub use stores::{TestKeyValueStore, TestWindowStore};
