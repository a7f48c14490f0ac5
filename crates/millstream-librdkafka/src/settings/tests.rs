//! Which settings are accepted, and what they result in.
#![allow(clippy::unwrap_used, reason = "a test")]

use millstream_log::GroupConfig;

use super::*;

fn group() -> GroupConfig {
    GroupConfig::new("app", "app-1", Duration::from_secs(10))
}

fn refusal(result: Result<impl Sized, LogError>) -> String {
    match result {
        Err(LogError::Invalid { reason }) => reason,
        Err(other) => panic!("{other:?} is not a refusal"),
        Ok(_) => panic!("it was accepted"),
    }
}

#[test]
fn every_setting_that_only_millstream_makes_is_refused_by_name_and_with_the_reason() {
    for (name, why) in OWN {
        let reason = refusal(Settings::default().set(name, "x"));
        assert!(reason.contains(&format!("`{name}`")) && reason.contains(why), "{reason}");
    }
}

#[test]
fn unknown_settings_and_invalid_values_are_refused_with_the_name_of_the_setting() {
    for (name, value) in [("no.such.setting", "1"), ("socket.timeout.ms", "soon")] {
        let mut settings = Settings::default();
        settings.set(name, value).unwrap();
        let reason = refusal(settings.config("test", Role::Admin));
        assert!(reason.contains(&format!("`{name}`")), "{reason}");
    }
}

#[test]
fn the_replication_factor_is_a_number_or_left_to_the_broker() {
    for (value, expected) in [("3", Some(3)), ("-1", None), ("32767", Some(32767))] {
        let mut settings = Settings::default();
        settings.set("replication.factor", value).unwrap();
        assert_eq!(settings.replicas(), expected);
        assert!(settings.config("test", Role::Admin).is_ok(), "librdkafka does not get it");
    }
    for value in ["0", "-2", "many", "32768"] {
        let reason = refusal(Settings::default().set("replication.factor", value));
        assert!(reason.contains("`replication.factor`") && reason.contains(value), "{reason}");
    }
}

#[test]
fn settings_of_the_other_log_are_refused_by_name_and_with_what_to_do() {
    for (name, instead) in ELSEWHERE {
        let reason = refusal(Settings::default().set(name, "1"));
        assert!(reason.contains(&format!("`{name}`")) && reason.contains(instead), "{reason}");
    }
}

#[test]
fn the_limits_of_a_writer_are_librdkafkas() {
    let check = |settings: &[(&str, &str)], bytes: usize, has_age: bool| {
        let mut all = Settings::default();
        settings.iter().for_each(|(name, value)| all.set(name, value).unwrap());
        let limits = all.writer_limits();
        assert_eq!((limits.record_bytes_max, limits.has_age_max), (bytes, has_age), "{settings:?}");
    };
    check(&[], 1_048_576, false);
    check(&[("message.max.bytes", "2000"), ("message.timeout.ms", "0")], 2_000, false);
    check(&[("delivery.timeout.ms", "120000")], 1_048_576, true);
}

#[test]
fn a_setting_counts_by_any_of_its_names() {
    let mut settings = Settings::new("one:9092");
    settings.set("metadata.broker.list", "two:9092").unwrap();
    settings.set("delivery.timeout.ms", "1000").unwrap();
    settings.set("max.partition.fetch.bytes", "65536").unwrap();
    assert_eq!(settings.get("bootstrap.servers"), Some("two:9092"));
    assert_eq!(settings.get("message.timeout.ms"), Some("1000"));
    assert_eq!(settings.get("fetch.message.max.bytes"), Some("65536"));
    assert!(refusal(settings.set("auto.commit.enable", "true")).contains("`enable.auto.commit`"));
}

#[cfg(not(feature = "ssl"))]
#[test]
fn a_setting_that_this_build_lacks_is_reported_with_the_feature_that_adds_it() {
    let mut settings = Settings::default();
    settings.set("ssl.ca.location", "ca.pem").unwrap();
    let reason = refusal(settings.config("test", Role::Admin));
    assert!(reason.contains("`ssl.ca.location`") && reason.contains("the features `ssl`"), "{reason}");
}

#[test]
fn the_defaults_of_every_role_are_accepted_under_both_group_protocols() {
    for protocol in ["classic", "consumer"] {
        let mut settings = Settings::default();
        settings.set("group.protocol", protocol).unwrap();
        settings.set("linger.ms", "1").unwrap();
        settings.set("fetch.min.bytes", "2").unwrap();
        let group = group();
        for role in [Role::Member(&group), Role::Reader { group_id: "app" }, Role::Producer, Role::Admin] {
            assert!(settings.config("test", role).is_ok(), "{role:?} under {protocol}");
        }
    }
}
