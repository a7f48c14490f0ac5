//! Kafka's own clients and Kafka Streams, in a process that responds to requests.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A process of the Java program in `tests/kafka/java`, connected to a broker. When this is dropped, also by a panic, the process
/// is killed and its files are removed.
#[derive(Debug)]
pub struct JavaClients {
    process: Child,
    requests: ChildStdin,
    responses: BufReader<ChildStdout>,
    /// For its temporary files, and for the state of its applications.
    _directory: TempDir,
}

impl JavaClients {
    /// Compiles the program, unless it is compiled already, and starts it.
    ///
    /// # Panics
    /// When it cannot be compiled or started; the message says what is missing.
    #[must_use]
    pub fn start(bootstrap: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory for Java's temporary files");
        let mut process = Command::new("java")
            .args(["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"])
            .arg(format!("-Djava.io.tmpdir={}", directory.path().display()))
            .args(["-cp", &class_path(), "millstream.interop.Server", bootstrap])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("java runs");
        let requests = process.stdin.take().expect("it is piped");
        let responses = BufReader::new(process.stdout.take().expect("it is piped"));
        Self { process, requests, responses, _directory: directory }
    }

    /// Sends a request and returns the responses. The Java sources list the requests.
    ///
    /// # Panics
    /// When the response is an error, or when there is none.
    pub fn ask(&mut self, request: &Value) -> Vec<Value> {
        writeln!(self.requests, "{request}").expect("it reads");
        let mut responses = Vec::new();
        loop {
            let mut line = String::new();
            self.responses.read_line(&mut line).expect("it responds in UTF-8");
            assert!(!line.is_empty(), "Java ended at the request {request}");
            let response: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
            if let Some(failure) = response["error"].as_str() {
                panic!("Java failed at the request {request}: {failure}");
            }
            if response["done"] == true {
                return responses;
            }
            responses.push(response);
        }
    }

    /// Writes records with Kafka's producer. Returns for each record the bytes of its key, its partition and its offset.
    pub fn produce(&mut self, topic: &str, records: &[Value]) -> Vec<Value> {
        self.ask(&json!({ "do": "produce", "topic": topic, "records": records }))
    }

    /// Reads all records of a topic with Kafka's deserializers of these names, partition by partition.
    pub fn read(&mut self, topic: &str, keys: &str, values: &str) -> Vec<Value> {
        self.ask(&json!({ "do": "read", "topic": topic, "keys": keys, "values": values }))
    }
}

impl Drop for JavaClients {
    fn drop(&mut self) {
        // It may have ended before.
        let _gone = self.process.kill();
        let _gone = self.process.wait();
    }
}

fn class_path() -> String {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(tests.join("../../scripts/java-build")).arg(tests.join("java")).output();
    let output = output.expect("the script runs");
    assert!(
        output.status.success(),
        "the Java sources cannot be compiled: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("a path of plain letters").trim_end().to_owned()
}
