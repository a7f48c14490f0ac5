//! The configuration of a client.

use std::ptr::NonNull;

use rdkafka_sys as sys;

use super::{ErrorText, c_string};
use crate::secrets::{is_shown, without_user};

/// The events that the queues of every client return.
const EVENTS: i32 = sys::RD_KAFKA_EVENT_DR
    | sys::RD_KAFKA_EVENT_ERROR
    | sys::RD_KAFKA_EVENT_REBALANCE
    | sys::RD_KAFKA_EVENT_OFFSET_COMMIT
    | sys::RD_KAFKA_EVENT_STATS;

/// A setting that librdkafka refuses, with its error message.
#[derive(Debug)]
pub(crate) struct ConfigError {
    pub(crate) name: String,
    pub(crate) reason: String,
}

/// The configuration of a client.
pub(crate) struct Config {
    /// `None` once a client owns it.
    raw: Option<NonNull<sys::rd_kafka_conf_t>>,
    names: Names,
}

/// The settings of a client that error messages name.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// The bootstrap servers.
    pub(crate) bootstrap: String,
    /// The group id; empty if it has none.
    pub(crate) group: String,
    /// The instance id, or else the client id.
    pub(crate) identity: String,
}

impl Names {
    fn set(&mut self, name: &str, value: &str) {
        let field = match name {
            "bootstrap.servers" => {
                self.bootstrap = without_user(value);
                return;
            }
            "group.id" => &mut self.group,
            // Settings are set in alphabetical order, so the instance id replaces the client id.
            "client.id" | "group.instance.id" => &mut self.identity,
            _ => return,
        };
        value.clone_into(field);
    }
}

impl Config {
    /// Creates a configuration from librdkafka's defaults and these settings. librdkafka's own log is off unless `debug` or
    /// `log_level` is set.
    ///
    /// # Errors
    /// When librdkafka does not know a setting or its value.
    pub(crate) fn new<'a>(settings: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, ConfigError> {
        // SAFETY: has no preconditions.
        let raw = unsafe { sys::rd_kafka_conf_new() };
        let raw = NonNull::new(raw);
        assert!(raw.is_some(), "librdkafka aborts when memory is out");
        let mut config = Self { raw, names: Names::default() };
        let mut is_log_off = true;
        for (name, value) in settings {
            is_log_off &= !matches!(name, "debug" | "log_level");
            config.set(name, value)?;
            config.names.set(name, value);
        }
        // SAFETY: the configuration is alive and ours; a null callback is documented as "no log".
        unsafe {
            sys::rd_kafka_conf_set_events(config.raw(), EVENTS);
            if is_log_off {
                sys::rd_kafka_conf_set_log_cb(config.raw(), None);
            }
        }
        Ok(config)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), ConfigError> {
        let (c_name, c_value, mut text) = (c_string(name), c_string(value), ErrorText::new());
        // SAFETY: the configuration is alive and ours, the strings end with NUL, and the text is as long as given.
        let result = unsafe {
            let length = text.len();
            sys::rd_kafka_conf_set(self.raw(), c_name.as_ptr(), c_value.as_ptr(), text.as_mut_ptr(), length)
        };
        match result {
            sys::rd_kafka_conf_res_t::RD_KAFKA_CONF_OK => Ok(()),
            _ => {
                let reason = text.into_string();
                let quotes_secret = !value.is_empty() && !is_shown(name) && reason.contains(value);
                let reason = if quotes_secret { reason.replace(value, "[hidden]") } else { reason };
                Err(ConfigError { name: name.to_owned(), reason })
            }
        }
    }

    /// Returns the raw configuration, which the caller then owns, and the names.
    pub(super) fn into_raw(mut self) -> (*mut sys::rd_kafka_conf_t, Names) {
        let raw = self.raw();
        self.raw = None;
        (raw, std::mem::take(&mut self.names))
    }

    fn raw(&self) -> *mut sys::rd_kafka_conf_t {
        self.raw.expect("the configuration is not used after a client has taken it").as_ptr()
    }

    /// Takes a raw configuration back.
    ///
    /// # Safety
    /// `raw` must come from [`into_raw`](Self::into_raw) and still be the caller's.
    pub(super) unsafe fn from_raw(raw: *mut sys::rd_kafka_conf_t) -> Self {
        Self { raw: NonNull::new(raw), names: Names::default() }
    }
}

impl Drop for Config {
    fn drop(&mut self) {
        if let Some(raw) = self.raw {
            // SAFETY: the configuration is ours and was not handed over.
            unsafe { sys::rd_kafka_conf_destroy(raw.as_ptr()) };
        }
    }
}
