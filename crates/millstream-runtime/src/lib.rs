//! Tasks, stream threads, commit, assignment, events of Millstream

pub mod clock;
pub mod events;
pub mod metrics;
pub mod task;

pub use clock::{Clock, ManualClock, SystemClock};
