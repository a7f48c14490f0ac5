//! Measures the queries of `NEXMark` on Millstream and Kafka Streams: `scripts/nexmark`.

use std::process::ExitCode;

fn main() -> ExitCode {
    millstream_compare::nexmark::main()
}
