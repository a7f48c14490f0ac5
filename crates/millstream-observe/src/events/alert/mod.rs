//! Alerts: events that need a person, sent as JSON over HTTP, never in the way of processing.

mod config;
mod delivery;
mod queue;
mod sender;

pub use config::{AlertConfig, AlertConfigError};
pub use sender::Alerts;

#[cfg(test)]
mod tests;
