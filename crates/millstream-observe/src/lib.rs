//! Events, alerts and metrics of Millstream, the health of an application, and the clocks of the runtime.
//!
//! | module | what is in it |
//! |---|---|
//! | [`clock`] | the trait through which the runtime reads time |
//! | [`events`] | the event model, lines of JSON, listeners, and the health that follows from events |
//! | [`metrics`] | metrics per task, node, partition and store |
//! | [`alerts`] | events that need a person, sent by HTTP (feature `alerts`) |
//!
//! This is the only library crate with an HTTP client. It does not depend on tasks, threads or stores. Its modules import
//! downwards only: `alerts` and `metrics` import `events`, `events` imports `clock`.

pub mod alerts;
pub mod clock;
pub mod events;
pub mod metrics;
mod observer;
mod outage;

pub use clock::{Clock, ManualClock, SystemClock};
pub use millstream_types::{catch_panic, panic_message};
pub use observer::Observer;
pub use outage::Outage;
