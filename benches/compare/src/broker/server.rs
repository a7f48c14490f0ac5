//! The broker that all contenders share, started by `scripts/kafka-broker`.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::contender::process::{Cores, pinned};

/// Settings of the broker: deleted data leaves the disk within seconds, and the log cleaner uses 8 MB of the heap instead of
/// 128, which garbage collections would have to move.
const SETTINGS: &[&str] = &[
    "log.segment.bytes=134217728",
    "log.retention.check.interval.ms=2000",
    "log.segment.delete.delay.ms=1000",
    "log.cleaner.dedupe.buffer.size=8388608",
];

/// The heap of its virtual machine. With a large young generation it collects garbage every few seconds instead of every second,
/// on one core. All memory is reserved at the start, since reserving it during a collection took 0.8 s.
const HEAP: &str = "-Xms2g -Xmx2g -Xmn1500m -XX:+AlwaysPreTouch";

/// A broker of one node. Dropping it kills it and removes its data.
pub(crate) struct Server {
    bootstrap: String,
    directory: PathBuf,
}

impl Server {
    /// Starts an empty broker.
    pub(crate) fn start(cores: Option<Cores>) -> Outcome<Self> {
        let script = scripts().join("kafka-broker");
        let mut command = pinned(cores.map(|cores| cores.broker), &script.display().to_string());
        command.args(["start", "--owner", &std::process::id().to_string()]);
        command.env("KAFKA_HEAP_OPTS", HEAP);
        command.args(SETTINGS.iter().flat_map(|setting| ["--set", setting]));
        let output = run_script(&mut command)?;
        let get = |name: &str| {
            output.get(name).cloned().ok_or_else(|| format!("the script of the broker reported no {name}"))
        };
        Ok(Self { bootstrap: get("bootstrap")?, directory: get("dir")?.into() })
    }

    /// Its address, `host:port`.
    pub(crate) fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// The directory of its data.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let script = scripts().join("kafka-broker");
        let _gone = Command::new(script).arg("stop").arg(&self.directory).status();
        // What cannot be removed is left to the system's temporary directory.
        let _left = fs::remove_dir_all(&self.directory);
    }
}

/// The directory of the project's scripts.
pub(crate) fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts")
}

fn run_script(command: &mut Command) -> Outcome<HashMap<String, String>> {
    let output = command.output()?;
    let (reported, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        return Err(format!("no broker: {reported}{errors}").into());
    }
    let pairs = reported.lines().filter_map(|line| line.split_once('='));
    Ok(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}
