//! Settings of librdkafka: those that Millstream makes, its defaults, and the user's.

mod bootstrap;
mod debug;
mod names;
mod role;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_log::LogError;

use self::names::{ALIASES, ELSEWHERE, OWN};
pub(crate) use self::role::{GroupProtocol, Role};
use self::role::{RECORD_BYTES_MAX, texts};
use crate::native::{Config, ConfigError};
use crate::writer::Limits;

/// The default interval at which librdkafka and Kafka's Java clients look up topics again.
const METADATA_AGE_MAX_MS: u64 = 300_000;

/// The user's settings, by librdkafka's names.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    of_clients: BTreeMap<String, String>,
    replicas: Option<u16>,
}

impl Settings {
    /// Settings with only the bootstrap servers.
    pub(crate) fn new(bootstrap_servers: &str) -> Self {
        Self { of_clients: texts([("bootstrap.servers", bootstrap_servers)]), ..Self::default() }
    }

    /// Sets a setting.
    ///
    /// # Errors
    /// When only Millstream makes it, librdkafka has no such thing, or it cannot have this value.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<(), LogError> {
        let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, known)| known);
        if let Some((_, why)) = OWN.iter().find(|(own, _)| *own == name) {
            let reason =
                format!("the Kafka setting `{name}` is Millstream's own and cannot be set to `{value}`: {why}");
            return Err(LogError::Invalid { reason });
        }
        if let Some((_, instead)) = ELSEWHERE.iter().find(|(elsewhere, _)| *elsewhere == name) {
            let reason = format!("the setting `{name}` is not one of librdkafka's: {instead}");
            return Err(LogError::Invalid { reason });
        }
        match name {
            "replication.factor" => self.replicas = replicas(value)?,
            _ => drop(self.of_clients.insert(name.to_owned(), value.to_owned())),
        }
        Ok(())
    }

    /// How many replicas new topics have; `None` leaves it to the broker.
    pub(crate) fn replicas(&self) -> Option<u16> {
        self.replicas
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.of_clients.get(name).map(String::as_str)
    }

    pub(crate) fn group_protocol(&self) -> GroupProtocol {
        let is_new = self.get("group.protocol").is_some_and(|protocol| protocol.eq_ignore_ascii_case("consumer"));
        if is_new { GroupProtocol::Consumer } else { GroupProtocol::Classic }
    }

    /// After which time topics are looked up again; `None` is never.
    pub(crate) fn metadata_age_max(&self) -> Option<Duration> {
        let millis = self.get("topic.metadata.refresh.interval.ms").map_or(Ok(METADATA_AGE_MAX_MS), str::parse);
        millis.ok().filter(|millis| *millis > 0).map(Duration::from_millis)
    }

    /// The limits of a writer.
    pub(crate) fn writer_limits(&self) -> Limits {
        // librdkafka has refused what is no number.
        let number = |value: &str| value.parse().unwrap_or(usize::MAX);
        let record_bytes_max = self.get("message.max.bytes").unwrap_or(RECORD_BYTES_MAX);
        let has_age_max = self.get("message.timeout.ms").is_some_and(|millis| millis != "0");
        Limits { record_bytes_max: number(record_bytes_max), has_age_max }
    }

    /// The configuration of a client.
    ///
    /// # Errors
    /// When the bootstrap servers are invalid, or librdkafka refuses a setting.
    pub(crate) fn config(&self, client_id: &str, role: Role<'_>) -> Result<Config, LogError> {
        if let Some(servers) = self.get("bootstrap.servers") {
            bootstrap::check(servers, self.get("security.protocol").unwrap_or("plaintext"))?;
        }
        let mut all = role.defaults();
        let protocol = self.group_protocol();
        let fitting = self.of_clients.iter().filter(|(name, _)| role.has(name));
        all.extend(fitting.map(|(name, value)| (name.clone(), value.clone())));
        all.extend(role.own(protocol));
        all.insert("client.id".to_owned(), client_id.to_owned());
        if protocol == GroupProtocol::Consumer {
            all.remove("heartbeat.interval.ms");
        }
        Config::new(all.iter().map(|(name, value)| (name.as_str(), value.as_str()))).map_err(refused)
    }
}

fn replicas(value: &str) -> Result<Option<u16>, LogError> {
    match value.parse() {
        Ok(-1) => Ok(None),
        Ok(count @ 1..=i16::MAX) => Ok(Some(count.unsigned_abs())),
        _ => {
            let reason = format!(
                "the setting `replication.factor` cannot be `{value}`: it must be at least 1, or -1 for the broker's \
                 default"
            );
            Err(LogError::Invalid { reason })
        }
    }
}

fn refused(ConfigError { name, reason }: ConfigError) -> LogError {
    let is_left_out = reason.contains("not supported in this build");
    let remedy = if is_left_out {
        "; the features `ssl`, `gssapi` and `zstd` of `millstream-librdkafka` add support for it"
    } else {
        ""
    };
    LogError::Invalid { reason: format!("the Kafka setting `{name}` is refused by librdkafka: {reason}{remedy}") }
}
