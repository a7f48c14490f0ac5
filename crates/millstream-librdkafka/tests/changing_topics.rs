//! Topics that are deleted or created again while they are written and read, of which librdkafka tells its reader nothing.

#[path = "../../millstream-kafka/tests/support/requests.rs"]
mod requests;
#[path = "../../millstream-kafka/tests/shared/changing_topics.rs"]
mod shared;
#[path = "../../millstream-kafka/tests/support/mod.rs"]
mod support;

use millstream_librdkafka::LibrdkafkaLog as TestedLog;
