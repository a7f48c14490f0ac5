//! Under KIP-848 the broker decides on the session time-out; a member reports it.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test of the real thing, in real time")]

#[path = "../../millstream-kafka/tests/support/requests.rs"]
mod requests;
#[path = "../../millstream-kafka/tests/support/mod.rs"]
mod support;

use std::time::Duration;

use millstream_librdkafka::LibrdkafkaLog;
use millstream_log::{GroupConfig, Log, LogEvent, Signal};
use requests::{create, now, until};
use support::Broker;

/// What a member of that group reports, which asks for 45 s itself.
fn reported(log: &LibrdkafkaLog, group: &str) -> Duration {
    let config = GroupConfig::new(group, "member", Duration::from_secs(45));
    let mut consumer = log.consumer(&config, &Signal::new()).unwrap();
    consumer.subscribe(&["topic".into()]);
    let timeout = until("the session time-out is reported", || {
        let mut events = Vec::new();
        consumer.poll(now(), &mut |_| true, &mut events);
        events.into_iter().find_map(|event| match event {
            LogEvent::SessionTimeout(timeout) => Some(timeout),
            _ => None,
        })
    });
    consumer.leave();
    timeout
}

#[test]
fn a_member_reports_the_session_timeout_of_the_broker_or_of_its_group() {
    // Settings of groups came with Kafka 3.8.
    let broker = Broker::start_with(&["group.consumer.session.timeout.ms=2000"]);
    let log = LibrdkafkaLog::new(broker.bootstrap()).with("group.protocol", "consumer").unwrap();
    create(&log, "topic", 1);
    assert_eq!(reported(&log, "of-the-broker"), Duration::from_secs(2));

    let arguments = ["--bootstrap-server", broker.bootstrap(), "--alter", "--entity-type", "groups", "--entity-name"];
    let setting = ["of-its-own", "--add-config", "consumer.session.timeout.ms=7000"];
    broker.run_tool("org.apache.kafka.tools.ConfigCommand", &[&arguments[..], &setting].concat());
    assert_eq!(reported(&log, "of-its-own"), Duration::from_secs(7));
}
