//! Alerts in a program that is built without the feature `alerts`: there are none, and a configuration is an error.

use std::io;
use std::time::Duration;

use super::environment::{self, AlertConfigError};
use crate::events::EventSink;

/// The configuration of alerts. This type has no values, because the program is built without the feature `alerts`.
#[derive(Clone, Debug)]
pub enum AlertConfig {}

impl AlertConfig {
    /// Always `None`.
    ///
    /// # Errors
    /// When an environment variable for alerts is set, since no alert would be sent.
    pub fn from_environment() -> Result<Option<Self>, AlertConfigError> {
        environment::refuse(environment::read).map(|()| None)
    }
}

/// Sends alerts. This type has no values, because the program is built without the feature `alerts`.
#[derive(Debug)]
pub enum Alerts {}

impl Alerts {
    /// Cannot be called, since there is no configuration.
    ///
    /// # Errors
    /// Never.
    pub fn start(config: AlertConfig, _events: &EventSink) -> io::Result<Self> {
        match config {}
    }

    /// Cannot be called, since there is no value.
    pub fn close(&self, _limit: Duration) -> bool {
        match *self {}
    }
}
