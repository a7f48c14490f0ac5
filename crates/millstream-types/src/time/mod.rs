//! Wall-clock time for records ([`Timestamp`]), and [`MonotonicTime`] for intervals and time-outs.

mod monotonic;
mod now;
mod timestamp;

pub use self::monotonic::MonotonicTime;
pub use self::now::Now;
pub use self::timestamp::{Timestamp, millis_of};
