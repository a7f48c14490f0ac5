//! Alerts: events of the level of an error, sent as JSON over HTTP by a separate thread.

#[cfg(not(feature = "alerts"))]
mod absent;
#[cfg(feature = "alerts")]
mod config;
#[cfg(feature = "https-alerts")]
mod cryptography;
#[cfg(feature = "alerts")]
mod delivery;
mod environment;
#[cfg(feature = "alerts")]
mod key;
#[cfg(feature = "alerts")]
mod problems;
#[cfg(feature = "alerts")]
mod queue;
#[cfg(feature = "alerts")]
mod sender;

#[cfg(not(feature = "alerts"))]
pub use absent::{AlertConfig, Alerts};
#[cfg(feature = "alerts")]
pub use config::AlertConfig;
pub use environment::AlertConfigError;
#[cfg(feature = "alerts")]
pub use sender::Alerts;

#[cfg(all(test, feature = "alerts"))]
mod tests;
