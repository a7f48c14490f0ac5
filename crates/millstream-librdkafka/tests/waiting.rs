//! Waiting for a broker takes little processor time. The test is alone in its program, since it measures the whole process.

#[path = "../../millstream-kafka/tests/support/requests.rs"]
mod requests;
#[path = "../../millstream-kafka/tests/shared/waiting.rs"]
mod shared;
#[path = "../../millstream-kafka/tests/support/mod.rs"]
mod support;

use millstream_librdkafka::LibrdkafkaLog as TestedLog;
