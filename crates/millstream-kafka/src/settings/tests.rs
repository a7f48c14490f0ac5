//! Which settings are taken, and how the others are refused.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use millstream_log::GroupConfig;
use millstream_wire::{Compression, GzipLevel};

use super::*;

fn with(settings: &[(&str, &str)]) -> Settings {
    let mut all = Settings::new("b:9092");
    settings.iter().for_each(|(name, value)| all.set(name, value).unwrap());
    all
}

fn refusal(name: &str, value: &str) -> String {
    Settings::new("b:9092").set(name, value).unwrap_err().to_string()
}

#[test]
fn what_cannot_be_set_is_refused_with_the_remedy() {
    for (name, value, parts) in [
        ("enable.auto.commit", "true", &["Millstream's own", "`enable.auto.commit`"][..]),
        ("auto.commit.enable", "true", &["Millstream's own", "`auto.commit.enable`"]),
        (
            "compresion.type",
            "lz4",
            &["there is no Kafka setting `compresion.type`", "the nearest is `compression.type`"],
        ),
        // The settings of a Kafka Streams program that connects by SASL and TLS: they were unknown, without a remedy.
        ("sasl.jaas.config", "… required username=\"anna\";", &["set `sasl.username` and `sasl.password`"]),
        ("ssl.truststore.location", "/a.jks", &["keytool", "set `ssl.ca.location`"]),
        ("ssl.truststore.password", "", &["leave it out"]),
        ("ssl.keystore.password", "", &["`ssl.key.password`"]),
        ("no.such.thing", "1", &["there is no Kafka setting `no.such.thing`", "KafkaLog::with"]),
        ("fetch.client", "librdkafka", &["the feature `librdkafka`"]),
        ("sasl.kerberos.service.name", "kafka", &["the feature `librdkafka`"]),
        ("batch.num.messages", "10", &["set `batch.size`"]),
        ("group.protocol", "consumer", &["`classic`"]),
        ("acks", "1", &["`all`"]),
        ("message.timeout.ms", "5000", &["`0`"]),
        ("compression.type", "brotli", &["`none`", "`zstd`"]),
        ("compression.gzip.level", "10", &["from 1 (fast) to 9 (small), or -1"]),
        ("compression.gzip.level", "0", &["from 1 (fast) to 9 (small), or -1"]),
        ("compression.zstd.level", "3", &["it must be `1`", "no other level"]),
        ("compression.lz4.level", "9", &["one level"]),
        ("metadata.recovery.rebootstrap.trigger.ms", "1", &["within seconds"]),
        ("batch.size", "0", &["from 1 to 2147483647"]),
        ("batch.size", "many", &["cannot be `many`"]),
        ("socket.timeout.ms", "1", &["from 10 to"]),
        ("linger.ms", "-1", &["from 0 to"]),
        ("replication.factor", "0", &["at least 1, or -1"]),
        ("isolation.level", "dirty", &["`read_committed`", "`read_uncommitted`"]),
    ] {
        let refusal = refusal(name, value);
        parts.iter().for_each(|part| assert!(refusal.contains(part), "{refusal} has {part}"));
    }
}

#[test]
fn values_that_may_be_secret_are_not_shown() {
    for name in ["sasl.pasword", "sasl.jaas.config", "ssl.keystore.password"] {
        let refusal = refusal(name, "s3cret");
        assert!(refusal.contains("`sasl.password`") || refusal.contains("`ssl.key.password`"), "{refusal}");
        assert!(!refusal.contains("s3cret"), "{refusal}");
    }
    let mut settings = Settings::new("user:s3cret@b:2");
    ["sasl.password", "ssl.key.pem", "ssl.key.password"].iter().for_each(|name| settings.set(name, "s3cret").unwrap());
    settings.set("linger.ms", "7").unwrap();
    settings.set("sasl.oauthbearer.token.endpoint.url", "https://me:s3cret@login.example/token?key=s3cret").unwrap();
    let shown = format!("{settings:?}");
    assert!(!shown.contains("s3cret") && shown.contains(r#""linger.ms": "7""#), "{shown}");
    assert_eq!(settings.client("c").bootstrap_servers.to_string(), "b:2");
}

#[test]
fn levels_of_gzip_are_taken() {
    let level = |value: &str| {
        let set =
            with(&[("compression.type", "gzip"), ("compression.gzip.level", value), ("compression.zstd.level", "1")]);
        set.producing("c").compression
    };
    assert_eq!(level("9"), Compression::Gzip(GzipLevel::new(9).unwrap()));
    assert_eq!(level("-1"), Compression::Gzip(GzipLevel::default()));
}

#[test]
fn racks_and_idle_connections_are_taken() {
    let fetching = with(&[("client.rack", "north"), ("connections.max.idle.ms", "7000")]).fetching("c");
    assert_eq!((fetching.rack.as_str(), fetching.client.idle_max), ("north", Duration::from_secs(7)));
    let fetching = with(&[]).fetching("c");
    assert_eq!((fetching.rack.as_str(), fetching.client.idle_max), ("", Duration::from_secs(540)));
}

#[test]
fn each_name_of_a_setting_is_known() {
    let settings =
        with(&[("compression.codec", "zstd"), ("queue.buffering.max.ms", "2.5"), ("max.request.size", "77")]);
    let producing = settings.producing("c");
    assert_eq!(producing.compression, Compression::Zstd);
    assert_eq!((producing.linger, producing.record_bytes_max), (Duration::from_micros(2500), 77));
    for (alias, name) in ALIASES {
        let is_known = KNOWN.iter().map(|(known, _)| known).chain(OWN.iter().map(|(own, _)| own)).any(|it| it == name);
        assert!(is_known, "`{alias}` is another name of `{name}`");
    }
}

#[test]
fn a_member_sends_three_heartbeats_in_a_session() {
    let config = |session| GroupConfig::new("g", "c", Duration::from_millis(session));
    let heartbeat = |session| Settings::new("b").member(&config(session)).heartbeat_interval;
    assert_eq!((heartbeat(45_000), heartbeat(600)), (Duration::from_millis(500), Duration::from_millis(200)));
    let member = with(&[("max.poll.interval.ms", "2000")]).member(&config(6_000));
    assert_eq!(member.rebalance_timeout, Duration::from_secs(6), "not shorter than the session");
}

/// Such a member lost its partitions once in each session, and nothing said why.
#[test]
fn a_heartbeat_interval_that_does_not_fit_in_the_session_is_refused() {
    let config = |session| GroupConfig::new("g", "c", Duration::from_millis(session));
    let check = |interval, session| with(&[("heartbeat.interval.ms", interval)]).check_member(&config(session));
    assert!(check("3000", 6_000).is_ok() && Settings::new("b").check_member(&config(10)).is_ok());
    let refusal = check("60000", 10_000).unwrap_err().to_string();
    for part in ["`heartbeat.interval.ms` cannot be `60000`", "session time-out of 10000 ms", "half of that"] {
        assert!(refusal.contains(part), "{refusal}");
    }
}

#[test]
fn what_depends_on_several_settings_is_checked_before_a_client_is_made() {
    for (settings, part) in [
        (&[("security.protocol", "sasl_ssl")][..], "`sasl.mechanism` is not set"),
        (&[("security.protocol", "ssl"), ("ssl.ca.location", "/no/such.pem")], "ssl.ca.location"),
        (&[("security.protocol", "ssl"), ("ssl.key.location", "key.pem")], "`ssl.certificate.location`"),
    ] {
        let refusal = with(settings).check().unwrap_err().to_string();
        assert!(refusal.contains(part), "{refusal} has {part}");
    }
    assert!(Settings::new("ssl://b:1").check().unwrap_err().to_string().contains("`security.protocol`"));
    assert!(with(&[("security.protocol", "SSL")]).check().is_ok());
}
