//! Shows settings without secrets.

use std::fmt;

use super::Settings;
use super::names::is_shown;
use crate::secrets::{HIDDEN, without_user};

/// Shows names and values; values that may be secret are hidden.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |name: &str, value: &str| if is_shown(name) { without_user(value) } else { HIDDEN.to_owned() };
        f.debug_map().entries(self.values.iter().map(|(name, value)| (name, shown(name, value)))).finish()
    }
}
