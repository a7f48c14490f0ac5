//! The settings of [`NewTopic::config`](crate::NewTopic) that have an effect in the in-process log.

use std::collections::BTreeMap;

use crate::LogError;

/// The parsed settings of a topic. Unknown settings are stored without an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Policy {
    /// Whether the topic is compacted (`cleanup.policy` contains `compact`).
    pub(super) compact: bool,
    /// The number of bytes that a partition keeps (`retention.bytes`).
    pub(super) retention_bytes: Option<usize>,
    /// How much older than the newest record a record may be (`retention.ms`).
    pub(super) retention_ms: Option<i64>,
    /// The maximum size of a record (`max.message.bytes`), if it is not that of the log.
    pub(super) record_bytes_max: Option<usize>,
}

impl Policy {
    /// Parses the settings.
    ///
    /// # Errors
    /// When one has an invalid value.
    pub(super) fn read(config: &BTreeMap<String, String>) -> Result<Self, LogError> {
        let (compact, delete) = cleanup(config.get("cleanup.policy").map_or("delete", String::as_str))?;
        Ok(Self {
            compact,
            retention_bytes: limit(config, "retention.bytes")?.filter(|_| delete),
            retention_ms: limit(config, "retention.ms")?.filter(|_| delete),
            record_bytes_max: limit(config, "max.message.bytes")?,
        })
    }
}

/// Whether the policy compacts, and whether it deletes.
fn cleanup(policy: &str) -> Result<(bool, bool), LogError> {
    let (mut compact, mut delete) = (false, false);
    for part in policy.split(',').map(str::trim) {
        match part {
            "compact" => compact = true,
            "delete" => delete = true,
            _ => {
                let reason =
                    format!("`cleanup.policy` is `{policy}`; it takes `delete`, `compact` or `compact,delete`");
                return Err(LogError::Invalid { reason });
            }
        }
    }
    Ok((compact, delete))
}

/// A number; `None` for −1, which means no limit.
fn limit<T: TryFrom<i64>>(config: &BTreeMap<String, String>, name: &str) -> Result<Option<T>, LogError> {
    let Some(text) = config.get(name) else { return Ok(None) };
    let refused =
        || LogError::Invalid { reason: format!("`{name}` is `{text}`; it takes a number, or -1 for no limit") };
    match text.parse::<i64>().map_err(|_| refused())? {
        -1 => Ok(None),
        number if number < 0 => Err(refused()),
        number => T::try_from(number).map(Some).map_err(|_| refused()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: &[(&str, &str)]) -> Result<Policy, LogError> {
        Policy::read(&settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn nothing_set_keeps_everything() {
        let all = Policy { compact: false, retention_bytes: None, retention_ms: None, record_bytes_max: None };
        assert_eq!(read(&[]), Ok(all));
        assert_eq!(read(&[("retention.ms", "-1"), ("retention.bytes", "-1"), ("segment.bytes", "x")]), Ok(all));
    }

    #[test]
    fn retention_counts_only_where_the_policy_deletes() {
        let compacted = read(&[("cleanup.policy", "compact"), ("retention.ms", "5")]);
        assert_eq!(compacted.map(|policy| (policy.compact, policy.retention_ms)), Ok((true, None)));
        let both = read(&[("cleanup.policy", "compact, delete"), ("retention.ms", "5")]);
        assert_eq!(both.map(|policy| (policy.compact, policy.retention_ms)), Ok((true, Some(5))));
    }

    #[test]
    fn a_wrong_value_is_refused_by_name() {
        for (name, value) in [("cleanup.policy", "shrink"), ("retention.ms", "soon"), ("retention.bytes", "-2")] {
            let refusal = read(&[(name, value)]).expect_err("a refusal").to_string();
            assert!(refusal.contains(name) && refusal.contains(value), "{refusal}");
        }
    }
}
