//! Shows settings without secrets.

use std::fmt;

use super::Settings;
use crate::secrets::{HIDDEN, is_shown, without_user};

/// Shows names and values; values that may be secret are hidden.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |name: &str, value: &str| if is_shown(name) { without_user(value) } else { HIDDEN.to_owned() };
        let of_clients = self.of_clients.iter().map(|(name, value)| (name, shown(name, value)));
        f.debug_struct("Settings")
            .field("of_clients", &of_clients.collect::<Vec<_>>())
            .field("replicas", &self.replicas)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_values_that_are_not_secret_are_shown() {
        let mut settings = Settings::new("user:s3cret@b:2");
        let secrets = ["sasl.password", "sasl.pasword", "ssl.key.pem", "sasl.oauthbearer.config", "sasl.jaas.config"];
        secrets.iter().for_each(|name| settings.set(name, "s3cret").unwrap());
        settings.set("linger.ms", "7").unwrap();
        let shown = format!("{settings:?}");
        assert!(!shown.contains("s3cret"), "{shown}");
        assert!(shown.contains(r#"("linger.ms", "7")"#) && shown.contains("sasl.pasword"), "{shown}");
    }
}
