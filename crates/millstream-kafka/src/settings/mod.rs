//! The settings of a log, by the names that librdkafka and Kafka's Java clients give them.

mod clients;
mod debug;
mod names;
#[cfg(test)]
mod tests;
mod value;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use millstream_log::LogError;
use millstream_wire::{BootstrapServers, Security, SecuritySettings, TokenSource};

use self::names::{ALIASES, ELSEWHERE, KNOWN, OWN};
use crate::secrets::{HIDDEN, without_user};

/// The user's settings.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    /// By the first of their names.
    values: BTreeMap<&'static str, String>,
    token_source: Option<TokenSource>,
    /// What is made of those of TLS and SASL, once they are needed. All clients share it.
    security: OnceLock<Security>,
}

impl Settings {
    /// Settings with only the bootstrap servers.
    pub(crate) fn new(bootstrap_servers: &str) -> Self {
        Self { values: BTreeMap::from([("bootstrap.servers", bootstrap_servers.to_owned())]), ..Self::default() }
    }

    /// Sets a setting.
    ///
    /// # Errors
    /// When it does not exist, is not the user's, or cannot have this value.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<(), LogError> {
        let first = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, first)| first);
        let shown = if names::is_shown(first) { value } else { HIDDEN };
        if let Some((_, why)) = OWN.iter().find(|(own, _)| *own == first) {
            let reason =
                format!("the Kafka setting `{name}` is Millstream's own and cannot be set to `{shown}`: {why}");
            return Err(LogError::Invalid { reason });
        }
        if let Some((_, instead)) = ELSEWHERE.iter().find(|(elsewhere, _)| *elsewhere == first) {
            let reason = format!("the Kafka setting `{name}` is not one of Millstream's client: {instead}");
            return Err(LogError::Invalid { reason });
        }
        let Some((known, kind)) = KNOWN.iter().find(|(known, _)| *known == first) else {
            return Err(LogError::Invalid { reason: names::unknown(name) });
        };
        kind.check(value).map_err(|must| {
            let reason = format!("the Kafka setting `{name}` cannot be `{shown}`: it must be {must}");
            LogError::Invalid { reason }
        })?;
        self.values.insert(known, value.to_owned());
        self.security = OnceLock::new();
        Ok(())
    }

    /// Sets where the tokens of OAUTHBEARER come from.
    pub(crate) fn set_token_source(&mut self, source: TokenSource) {
        self.token_source = Some(source);
        self.security = OnceLock::new();
    }

    /// Checks what depends on several settings.
    ///
    /// # Errors
    /// When the bootstrap servers are invalid, or the settings of TLS and SASL are incomplete.
    pub(crate) fn check(&self) -> Result<(), LogError> {
        let protocol = self.get("security.protocol").unwrap_or("plaintext");
        self.bootstrap_servers().and_then(|servers| servers.check_protocol(protocol)).map_err(|why| {
            let servers = without_user(self.get("bootstrap.servers").unwrap_or_default());
            let reason = format!(
                "the Kafka setting `bootstrap.servers` cannot be `{servers}`: {why}; write addresses of brokers as `host:port`, \
                 separated by commas"
            );
            LogError::Invalid { reason }
        })?;
        if self.security.get().is_none() {
            let get = |name: &str| self.get(name).map(str::to_owned);
            let security = SecuritySettings::from_properties(get, self.token_source.clone()).map(Security::from);
            let security = security.and_then(|security| security.check().map(|()| security));
            let security = security.map_err(|reason| LogError::Invalid { reason })?;
            self.security.get_or_init(|| security);
        }
        Ok(())
    }

    /// The addresses of `bootstrap.servers`, without users and passwords: reports name them.
    fn bootstrap_servers(&self) -> Result<BootstrapServers, String> {
        without_user(self.get("bootstrap.servers").unwrap_or_default()).parse()
    }

    /// How connections are protected. The settings must have been checked.
    fn security(&self) -> Security {
        self.security.get().cloned().unwrap_or_default()
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }
}
