//! An idle topic does not delay a busy one that is read by the same client.

#[path = "support/records.rs"]
mod records;
#[path = "support/requests.rs"]
mod requests;
#[path = "shared/idle_neighbour.rs"]
mod shared;
mod support;

use millstream_kafka::KafkaLog as TestedLog;
