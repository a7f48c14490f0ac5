//! Tests of topologies: the tasks of production, without threads, without a broker and without waiting.
//!
//! ```
//! use millstream::StreamsBuilder;
//! use millstream::test::TopologyTestDriver;
//!
//! let builder = StreamsBuilder::new();
//! builder.stream::<String, String>("lines").map_values(|_key, line| line.to_uppercase()).to("loud");
//!
//! let driver = TopologyTestDriver::new(&builder.build()?)?;
//! driver.input_topic::<String, String>("lines").pipe("k", "hello")?;
//! assert_eq!(driver.output_topic::<String, String>("loud").read_value()?, "HELLO");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub use millstream_test::{
    Piped, RawOutput, StoreBacking, TestConfig, TestError, TestInputTopic, TestKeyValueStore, TestOutputTopic,
    TestSessionStore, TestVersionedStore, TestWindowStore, TopologyTestDriver,
};
