//! Clients during an outage of the broker: they report it, do not block, and continue afterwards.

#[path = "support/requests.rs"]
mod requests;
#[path = "shared/outages.rs"]
mod shared;
mod support;

use millstream_kafka::KafkaLog as TestedLog;
use millstream_log::LogError;

#[test]
fn an_unknown_setting_is_named() {
    let Err(LogError::Invalid { reason }) = TestedLog::new("127.0.0.1:1").with("compresion.type", "lz4") else {
        panic!("it was accepted");
    };
    assert!(reason.contains("`compresion.type`") && reason.contains("the nearest is `compression.type`"), "{reason}");
}
