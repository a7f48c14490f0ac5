//! Kafka Streams' test driver, in a process that runs one program after the other.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use tempfile::TempDir;

use crate::outcome::Outcome;
use crate::program::Program;

/// A process of the Java program in `tests/differential/java`. When this is dropped, also by a panic, the process is killed and its
/// files are removed.
#[derive(Debug)]
pub struct JavaRunner {
    process: Child,
    programs: ChildStdin,
    outcomes: BufReader<ChildStdout>,
    /// For the state of its stores.
    _directory: TempDir,
}

impl JavaRunner {
    /// Compiles the program, unless it is compiled already, and starts it.
    ///
    /// # Panics
    /// When it cannot be compiled or started; the message says what is missing.
    #[must_use]
    pub fn start() -> Self {
        let directory = temporary_directory();
        let mut process = Command::new("java")
            .args(["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"])
            .arg(format!("-Djava.io.tmpdir={}", directory.path().display()))
            .args(["-cp", &class_path(), "millstream.differential.Main"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("java runs");
        let programs = process.stdin.take().expect("it is piped");
        let outcomes = BufReader::new(process.stdout.take().expect("it is piped"));
        Self { process, programs, outcomes, _directory: directory }
    }

    /// Sends a program. [`outcome`](Self::outcome) then waits for its outcome.
    ///
    /// # Panics
    /// When the process has ended.
    pub fn send(&mut self, program: &Program) {
        let line = serde_json::to_string(program).expect("a program is JSON");
        writeln!(self.programs, "{line}").expect("Java reads");
    }

    /// The outcome of the next program that was sent.
    ///
    /// # Panics
    /// When the process has ended.
    pub fn outcome(&mut self) -> Outcome {
        let mut line = String::new();
        self.outcomes.read_line(&mut line).expect("Java responds in UTF-8");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in Java's response `{line}`"))
    }

    /// Runs a program.
    ///
    /// # Panics
    /// When the process has ended.
    pub fn run(&mut self, program: &Program) -> Outcome {
        self.send(program);
        self.outcome()
    }
}

impl Drop for JavaRunner {
    fn drop(&mut self) {
        // It may have ended before.
        let _gone = self.process.kill();
        let _gone = self.process.wait();
    }
}

/// In memory where there is such a place: the driver writes its stores to files after each record.
fn temporary_directory() -> TempDir {
    let memory = Path::new("/dev/shm");
    let directory = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    directory.expect("a directory for Java's temporary files")
}

fn class_path() -> String {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(here.join("../../scripts/java-build")).arg(here.join("java")).output();
    let output = output.expect("the script runs");
    assert!(
        output.status.success(),
        "the Java sources cannot be compiled: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("a path of plain letters").trim_end().to_owned()
}
