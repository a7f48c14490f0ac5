//! Measures Millstream beside Kafka Streams and a bare librdkafka loop.

use std::process::ExitCode;

fn main() -> ExitCode {
    millstream_compare::main()
}
