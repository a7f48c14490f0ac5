//! Events, alerts and metrics of Millstream: what an application says about itself, and the clocks by which it says it.
//!
//! [`events`] holds the one event model and where events go (lines of JSON, listeners, alerts by HTTP); [`metrics`] holds
//! what is counted per task, node, partition and store; [`clock`] holds the trait through which the whole runtime reads
//! time. This is the only library crate with an HTTP client. It knows no task, no thread and no store.

pub mod clock;
pub mod events;
pub mod metrics;
mod outage;
mod panic_message;

pub use clock::{Clock, ManualClock, SystemClock};
pub use outage::Outage;
pub use panic_message::panic_message;
