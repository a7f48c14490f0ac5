//! Millstream as a contender with stores in memory.

use std::process::ExitCode;

fn main() -> ExitCode {
    millstream_compare::contend(|streams, _directory| streams)
}
