//! Clients during an outage of the broker: they report it, do not block, and continue afterwards.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "../../millstream-kafka/tests/support/requests.rs"]
mod requests;
#[path = "../../millstream-kafka/tests/shared/outages.rs"]
mod shared;
#[path = "../../millstream-kafka/tests/support/mod.rs"]
mod support;

use millstream_librdkafka::LibrdkafkaLog as TestedLog;
use millstream_log::{Log, LogError, Signal};

#[test]
fn an_unknown_setting_is_named() {
    let log = TestedLog::new("127.0.0.1:1").with("compresion.type", "lz4").unwrap();
    let Err(LogError::Invalid { reason }) = log.producer("test", &Signal::new()) else { panic!("it was accepted") };
    assert!(reason.contains("`compresion.type`"), "{reason}");
}
