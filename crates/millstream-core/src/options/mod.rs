//! Options of operators: serdes, names, timestamps, partitions.
//!
//! An argument that is always there can be dressed up: `stream("lines")` takes a plain topic, and
//! `stream(Consumed::topic("lines").reset(ResetPolicy::Latest))` the same with options.

mod consumed;
mod joined;
mod materialized;
mod processed;
mod produced;
mod repartitioned;
mod serdes;

pub use consumed::{Consumed, ExtractTimestamp, ResetPolicy, TimestampExtractor};
pub use joined::Joined;
pub use materialized::Materialized;
pub use processed::Processed;
pub(crate) use produced::ProducedTopic;
pub use produced::{Partitioner, Produced, TopicChooser};
pub use repartitioned::Repartitioned;
pub(crate) use serdes::{CarriedSerdes, KeySerde, ValueSerde};
