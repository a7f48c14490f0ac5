//! Shows settings without secrets.

use std::fmt;

use super::Settings;
use super::names::is_shown;
use crate::secrets::{HIDDEN, without_user};

/// A URL, whose query may have a secret.
const ENDPOINT: &str = "sasl.oauthbearer.token.endpoint.url";

/// Shows names and values; values that may be secret are hidden.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |name: &str, value: &str| match value.split_once('?') {
            _ if !is_shown(name) => HIDDEN.to_owned(),
            Some((url, _query)) if name == ENDPOINT => format!("{}?{HIDDEN}", without_user(url)),
            _ => without_user(value),
        };
        f.debug_map().entries(self.values.iter().map(|(name, value)| (name, shown(name, value)))).finish()
    }
}
