//! Whether the settings of an internal topic that is there already lose nothing that the application needs.

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_types::Topic;

use super::SetUpError;

/// Settings by Kafka's names.
type Settings = BTreeMap<String, String>;

/// Checks what would lose records: deleting them by age where only newer ones of their key may replace them, compacting
/// them where each counts, and keeping them for less time than needed.
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
    match (retention(actual), retention(needed)) {
        (Some(actual), Some(needed)) if has_age_limit(actual, needed) => Err(misfit("retention.ms")),
        _ => Ok(()),
    }
}

fn has(settings: &Settings, policy: &str) -> bool {
    settings.get("cleanup.policy").is_some_and(|policies| policies.split(',').any(|found| found.trim() == policy))
}

/// How long records are kept at least, if they are deleted by age at all.
fn retention(settings: &Settings) -> Option<i64> {
    let millis = settings.get("retention.ms").filter(|_| has(settings, "delete"))?;
    millis.parse().ok()
}

/// How long after its own time a record is kept, if the topic deletes by age and the time is the producer's.
pub(super) fn kept_for_its_age(settings: &Settings) -> Option<Duration> {
    let goes_by_record_time = settings.get("message.timestamp.type").is_none_or(|kind| kind != "LogAppendTime");
    let millis = retention(settings).filter(|_| goes_by_record_time)?;
    u64::try_from(millis).ok().map(Duration::from_millis)
}

/// Whether records go sooner than needed; −1 is never.
fn has_age_limit(actual: i64, needed: i64) -> bool {
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
    fn only_a_topic_that_deletes_by_the_records_own_time_keeps_them_for_a_time() {
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
    fn what_loses_records_does_not_fit() {
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
