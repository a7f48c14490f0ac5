//! Options of operators: serdes, names, timestamps, partitions.
//!
//! An operator takes either a plain name or the name with options: `stream("lines")`, or
//! `stream(Consumed::topic("lines").reset(ResetPolicy::Latest))`.

mod buffer_config;
mod consumed;
mod emit_strategy;
mod joined;
mod materialized;
mod optimizations;
mod processed;
mod produced;
mod repartitioned;
mod serdes;
mod stream_within;
mod suppressed;

pub use buffer_config::{BufferConfig, EmitEarly, ShutDown, WhenFull};
pub(crate) use buffer_config::{BufferLimits, FullBuffer};
pub(crate) use consumed::Topics;
pub use consumed::{Consumed, ExtractTimestamp, ResetPolicy, TimestampExtractor};
pub use emit_strategy::EmitStrategy;
pub use joined::Joined;
pub use materialized::Materialized;
pub use optimizations::Optimizations;
pub use processed::Processed;
pub(crate) use produced::ProducedTopic;
pub use produced::{Partitioner, Produced, TopicChooser};
pub use repartitioned::Repartitioned;
pub(crate) use serdes::{CarriedSerdes, KeySerde, ValueSerde};
pub(crate) use stream_within::JoinStoreOptions;
pub use stream_within::StreamWithin;
pub use suppressed::Suppressed;
pub(crate) use suppressed::Until;
