//! An idle topic does not delay a busy one that is read by the same client.

#[path = "../../millstream-kafka/tests/support/records.rs"]
mod records;
#[path = "../../millstream-kafka/tests/support/requests.rs"]
mod requests;
#[path = "../../millstream-kafka/tests/shared/idle_neighbour.rs"]
mod shared;
#[path = "../../millstream-kafka/tests/support/mod.rs"]
mod support;

use millstream_librdkafka::LibrdkafkaLog as TestedLog;
