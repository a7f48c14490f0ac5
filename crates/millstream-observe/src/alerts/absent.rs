//! Alerts in a program that is built without the feature `alerts`: there are none, and asking for them is an error.

use std::io;
use std::time::Duration;

use super::environment::{self, AlertConfigError};
use crate::events::EventSink;

/// Where alerts go. There is no value of this type: the program is built without the feature `alerts`.
#[derive(Clone, Debug)]
pub enum AlertConfig {}

impl AlertConfig {
    /// No configuration, as there can be none.
    ///
    /// # Errors
    /// When a variable of alerts is set: failures would not reach whom they should.
    pub fn from_environment() -> Result<Option<Self>, AlertConfigError> {
        environment::refuse(environment::read).map(|()| None)
    }
}

/// Sends alerts. There is no value of this type: the program is built without the feature `alerts`.
#[derive(Debug)]
pub enum Alerts {}

impl Alerts {
    /// Cannot be called, as there is no configuration.
    ///
    /// # Errors
    /// Never.
    pub fn start(config: AlertConfig, _events: &EventSink) -> io::Result<Self> {
        match config {}
    }

    /// Cannot be called, as there are no alerts.
    pub fn close(&self, _limit: Duration) -> bool {
        match *self {}
    }
}
