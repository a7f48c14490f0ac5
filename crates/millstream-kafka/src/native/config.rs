//! Settings of a client before it exists.

use std::ptr::NonNull;

use rdkafka_sys as sys;

use super::{ErrorText, c_string};
use crate::secrets::{is_shown, without_user};

/// The events that every client gets by its queues.
const EVENTS: i32 = sys::RD_KAFKA_EVENT_DR
    | sys::RD_KAFKA_EVENT_ERROR
    | sys::RD_KAFKA_EVENT_REBALANCE
    | sys::RD_KAFKA_EVENT_OFFSET_COMMIT;

/// A setting that librdkafka does not take, in its words.
#[derive(Debug)]
pub(crate) struct ConfigError {
    pub(crate) name: String,
    pub(crate) reason: String,
}

/// Settings of a client.
pub(crate) struct Config {
    /// `None` once a client has them.
    raw: Option<NonNull<sys::rd_kafka_conf_t>>,
    names: Names,
}

/// What an error message names of a client's settings.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// The addresses it begins with.
    pub(crate) bootstrap: String,
    /// Its group, if it is one of a group.
    pub(crate) group: String,
    /// What it is called.
    pub(crate) identity: String,
}

impl Names {
    fn note(&mut self, name: &str, value: &str) {
        let place = match name {
            "bootstrap.servers" => {
                self.bootstrap = without_user(value);
                return;
            }
            "group.id" => &mut self.group,
            // The more telling one comes last in the alphabet, in which settings are made.
            "client.id" | "group.instance.id" => &mut self.identity,
            _ => return,
        };
        value.clone_into(place);
    }
}

impl Config {
    /// These settings over librdkafka's defaults. Its log is mute unless one of them asks for it.
    ///
    /// # Errors
    /// When librdkafka does not know a setting or its value.
    pub(crate) fn new<'a>(settings: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, ConfigError> {
        // SAFETY: has no preconditions.
        let raw = unsafe { sys::rd_kafka_conf_new() };
        let raw = NonNull::new(raw);
        assert!(raw.is_some(), "librdkafka aborts when memory is out");
        let mut config = Self { raw, names: Names::default() };
        let mut is_mute = true;
        for (name, value) in settings {
            is_mute &= !matches!(name, "debug" | "log_level");
            config.set(name, value)?;
            config.names.note(name, value);
        }
        // SAFETY: the configuration is alive and ours; a null callback is documented as "no log".
        unsafe {
            sys::rd_kafka_conf_set_events(config.raw(), EVENTS);
            if is_mute {
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

    /// The raw settings, now the caller's, and the names among them.
    pub(super) fn into_raw(mut self) -> (*mut sys::rd_kafka_conf_t, Names) {
        let raw = self.raw();
        self.raw = None;
        (raw, std::mem::take(&mut self.names))
    }

    fn raw(&self) -> *mut sys::rd_kafka_conf_t {
        self.raw.expect("only a client takes them, and the configuration goes with that").as_ptr()
    }

    /// Takes raw settings back.
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
