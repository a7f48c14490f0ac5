//! Which settings are accepted, and what they result in.
#![allow(clippy::unwrap_used, reason = "a test")]

use millstream_wire::{Compression, IsolationLevel};

use super::*;

fn group() -> GroupConfig {
    GroupConfig {
        group_id: "app".to_owned(),
        client_id: "app-1".to_owned(),
        instance_id: None,
        session_timeout: Duration::from_secs(10),
    }
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
fn librdkafka_reads_where_it_is_set_to_and_where_only_it_can() {
    let check = |settings: &[(&str, &str)], expected: bool| {
        let mut all = Settings::new("one:9092");
        settings.iter().for_each(|(name, value)| all.set(name, value).unwrap());
        assert_eq!(all.uses_wire_reader(), expected, "{settings:?}");
    };
    check(&[], true);
    check(&[("security.protocol", "PLAINTEXT")], true);
    check(&[("fetch.client", "millstream")], true);
    check(&[("fetch.client", "librdkafka")], false);
    check(&[("security.protocol", "ssl")], false);
    check(&[("security.protocol", "sasl_plaintext")], false);
    check(&[("client.rack", "eu-1a")], false);
    let reason = refusal(Settings::default().set("fetch.client", "java"));
    assert!(reason.contains("`fetch.client`") && reason.contains("`java`"), "{reason}");
}

#[test]
fn reading_by_millstream_uses_librdkafkas_settings() {
    let mut settings = Settings::new("one:9092,two:9092");
    for (name, value) in [
        ("max.partition.fetch.bytes", "65536"),
        ("fetch.wait.max.ms", "300"),
        ("fetch.min.bytes", "1000"),
        ("isolation.level", "read_uncommitted"),
    ] {
        settings.set(name, value).unwrap();
    }
    let fetching = settings.fetching("app-1");
    assert_eq!(fetching.client.bootstrap_servers, "one:9092,two:9092");
    assert_eq!(fetching.client.client_id, "app-1");
    assert_eq!((fetching.partition_bytes_max, fetching.bytes_min), (65_536, 1_000));
    assert_eq!(fetching.wait_max, Duration::from_millis(300));
    assert_eq!(fetching.isolation, IsolationLevel::ReadUncommitted);
    let by_default = Settings::new("one:9092").fetching("app-1");
    assert_eq!((by_default.partition_bytes_max, by_default.bytes_min), (524_288, 1));
    assert_eq!(by_default.wait_max, Duration::from_millis(500));
    assert_eq!(by_default.isolation, IsolationLevel::ReadCommitted);
}

#[test]
fn librdkafka_writes_where_it_is_set_to_and_where_only_it_can() {
    let check = |settings: &[(&str, &str)], expected: bool| {
        let mut all = Settings::new("one:9092");
        settings.iter().for_each(|(name, value)| all.set(name, value).unwrap());
        assert_eq!(all.uses_wire_writer(), expected, "{settings:?}");
    };
    check(&[("linger.ms", "5"), ("batch.size", "1000")], true);
    check(&[("client.rack", "eu-1a")], true);
    check(&[("message.timeout.ms", "0")], true);
    for codec in ["none", "gzip", "snappy", "lz4"] {
        check(&[("compression.type", codec)], true);
    }
    for (name, value) in [
        ("produce.client", "librdkafka"),
        ("security.protocol", "sasl_ssl"),
        ("compression.type", "zstd"),
        ("compression.codec", "zstd"),
        ("compression.level", "9"),
        ("acks", "all"),
        ("retries", "5"),
        ("delivery.timeout.ms", "120000"),
    ] {
        check(&[(name, value)], false);
    }
    let reason = refusal(Settings::default().set("produce.client", "java"));
    assert!(reason.contains("`produce.client`") && reason.contains("`java`"), "{reason}");
}

#[test]
fn writing_by_millstream_uses_librdkafkas_settings() {
    let mut settings = Settings::new("one:9092");
    for (name, value) in [
        ("queue.buffering.max.ms", "2.5"),
        ("batch.size", "1000"),
        ("message.max.bytes", "2000"),
        ("queue.buffering.max.kbytes", "64"),
        ("queue.buffering.max.messages", "70"),
        ("compression.codec", "lz4"),
        ("request.timeout.ms", "800"),
        ("retry.backoff.ms", "90"),
        ("topic.metadata.propagation.max.ms", "1000"),
    ] {
        settings.set(name, value).unwrap();
    }
    assert!(settings.config("app-1", Role::Producer).is_ok(), "librdkafka takes them all");
    let producing = settings.producing("app-1");
    assert_eq!(producing.linger, Duration::from_micros(2_500));
    assert_eq!((producing.batch_bytes_max, producing.record_bytes_max), (1_000, 2_000));
    assert_eq!((producing.buffer_bytes_max, producing.buffer_records_max), (65_536, 70));
    assert_eq!(producing.compression, Compression::Lz4);
    assert_eq!(producing.replicate_within, Duration::from_millis(800));
    assert_eq!((producing.retry_after, producing.unknown_for), (Duration::from_millis(90), Duration::from_secs(1)));
    let by_default = Settings::new("one:9092").producing("app-1");
    assert_eq!((by_default.linger, by_default.record_bytes_max), (Duration::from_millis(1), 1_048_576));
    assert_eq!(by_default.compression, Compression::None);
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
