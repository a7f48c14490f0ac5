//! What most programs use.
//!
//! ```
//! use millstream::prelude::*;
//!
//! let builder = StreamsBuilder::new();
//! builder.stream::<String, i64>("amounts").filter(|_key, amount| *amount > 0).to("gains");
//! let topology = builder.build()?;
//! # Ok::<(), TopologyError>(())
//! ```

pub use crate::events::State;
pub use crate::logs::InProcessLog;
pub use crate::state::{KeyValueStore, SessionStore, VersionedStore, WindowStore};
pub use crate::{
    BoxError, Consumed, Data, JoinWindows, Joined, KStream, KTable, Materialized, Nullable, Processed, Processor,
    ProcessorContext, Produced, PunctuationType, Record, Repartitioned, ScheduleId, SessionWindows, SlidingWindows,
    Store, StoreHandle, Streams, StreamsBuilder, StreamsConfig, StreamsHandle, TimeWindows, Timestamp, Topology,
    TopologyError, Windowed,
};
