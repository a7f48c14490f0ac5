//! Waiting for a broker takes little processor time. The test is alone in its program, since it measures the whole process.

#[path = "support/requests.rs"]
mod requests;
#[path = "shared/waiting.rs"]
mod shared;
mod support;

use millstream_kafka::KafkaLog as TestedLog;
