//! Checks that the settings of an existing internal topic lose no record that the application needs.

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_types::Topic;

use super::SetUpError;

/// Settings by Kafka's names.
type Settings = BTreeMap<String, String>;

/// Checks for settings that lose records: deletion by age in a compacted changelog, compaction of a repartition topic, and
/// too short a retention.
///
/// # Errors
/// With the first setting that does not fit.
pub(super) fn check(topic: &Topic, actual: &Settings, needed: &Settings) -> Result<(), SetUpError> {
    let misfit = |setting: &'static str| SetUpError::WrongSetting {
        topic: topic.clone(),
        setting,
        actual: actual.get(setting).cloned().unwrap_or_default(),
        needed: needed.get(setting).cloned().unwrap_or_default(),
    };
    if ["delete", "compact"].iter().any(|policy| has(actual, policy) && !has(needed, policy)) {
        return Err(misfit("cleanup.policy"));
    }
    if let (Some(kept), Some(needed)) = (retention(actual), retention(needed))
        && is_shorter(kept, needed)
    {
        return Err(misfit("retention.ms"));
    }
    Ok(())
}

fn has(settings: &Settings, policy: &str) -> bool {
    settings.get("cleanup.policy").is_some_and(|policies| policies.split(',').any(|found| found.trim() == policy))
}

/// The retention of records, if they are deleted by age.
fn retention(settings: &Settings) -> Option<i64> {
    let millis = settings.get("retention.ms").filter(|_| has(settings, "delete"))?;
    millis.parse().ok()
}

/// How long records are kept by their own timestamps, if the topic deletes by age and the producer sets the timestamps.
pub(super) fn kept_for_its_age(settings: &Settings) -> Option<Duration> {
    let goes_by_record_time = settings.get("message.timestamp.type").is_none_or(|kind| kind != "LogAppendTime");
    let millis = retention(settings).filter(|_| goes_by_record_time)?;
    u64::try_from(millis).ok().map(Duration::from_millis)
}

/// Whether a retention is shorter than another; −1 means that records are kept for ever.
fn is_shorter(actual: i64, needed: i64) -> bool {
    actual >= 0 && (needed < 0 || actual < needed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(policy: &str, retention_ms: Option<&str>) -> Settings {
        let retention = retention_ms.map(|millis| ("retention.ms".to_owned(), millis.to_owned()));
        [("cleanup.policy".to_owned(), policy.to_owned())].into_iter().chain(retention).collect()
    }

    #[test]
    fn records_are_kept_by_their_own_time_only_if_the_topic_deletes_by_it() {
        let kept = |policy, retention| kept_for_its_age(&settings(policy, Some(retention)));
        assert_eq!(kept("delete", "1500"), Some(Duration::from_millis(1_500)));
        assert_eq!(kept("compact,delete", "1500"), Some(Duration::from_millis(1_500)));
        assert_eq!((kept("compact", "1500"), kept("delete", "-1")), (None, None));
        let mut appended = settings("delete", Some("1500"));
        appended.insert("message.timestamp.type".to_owned(), "LogAppendTime".to_owned());
        assert_eq!(kept_for_its_age(&appended), None);
    }

    #[track_caller]
    fn misfit(actual: (&str, Option<&str>), needed: (&str, Option<&str>)) -> Option<&'static str> {
        let (actual, needed) = (settings(actual.0, actual.1), settings(needed.0, needed.1));
        match check(&Topic::from("t"), &actual, &needed) {
            Err(SetUpError::WrongSetting { setting, .. }) => Some(setting),
            Err(other) => panic!("{other}"),
            Ok(()) => None,
        }
    }

    #[test]
    fn settings_that_lose_records_are_refused() {
        let (table, window, queue) = (("compact", None), ("compact,delete", Some("1000")), ("delete", Some("-1")));
        let week = Some("604800000");
        for (actual, needed, expected) in [
            (("compact", week), table, None),
            (("delete", week), table, Some("cleanup.policy")),
            (("compact, delete", week), table, Some("cleanup.policy")),
            (("compact,delete", Some("1000")), window, None),
            (("delete", Some("2000")), window, None),
            (("compact", Some("1")), window, None),
            (("delete,compact", Some("999")), window, Some("retention.ms")),
            (("delete", Some("-1")), queue, None),
            (("delete", week), queue, Some("retention.ms")),
            (("compact", Some("-1")), queue, Some("cleanup.policy")),
        ] {
            assert_eq!(misfit(actual, needed), expected, "{actual:?} for {needed:?}");
        }
    }
}
