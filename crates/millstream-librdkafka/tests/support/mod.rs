//! A real broker for tests, started by `scripts/kafka-broker`.
#![allow(dead_code, unreachable_pub, reason = "every test uses its part")]
#![allow(clippy::disallowed_methods, reason = "it waits for a process")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// A broker on free ports of 127.0.0.1. Dropped, even by a panic, it is killed and its data removed.
#[derive(Debug)]
pub struct Broker {
    bootstrap: String,
    pid: Mutex<Option<String>>,
    directory: PathBuf,
    classpath: String,
    version: Option<String>,
}

impl Broker {
    /// Starts an empty broker, of the version in `MILLSTREAM_KAFKA_VERSION` if it is set.
    ///
    /// # Panics
    /// When it does not start; the message says what is missing.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a broker with further settings, written `name=value`.
    ///
    /// # Panics
    /// When it does not start; the message says what is missing.
    pub fn start_with(settings: &[&str]) -> Self {
        Self::start_version(std::env::var("MILLSTREAM_KAFKA_VERSION").ok(), settings)
    }

    /// Starts a broker of this version of Kafka; of the script's default version without one.
    ///
    /// # Panics
    /// When it does not start; the message says what is missing.
    pub fn start_version(version: Option<String>, settings: &[&str]) -> Self {
        let arguments = arguments_for(version.as_deref());
        Self::start_by(version, arguments, settings)
    }

    /// Starts a further broker of this one's cluster.
    ///
    /// # Panics
    /// When it does not start; the message says what is missing.
    pub fn start_another(&self, settings: &[&str]) -> Self {
        let mut arguments = arguments_for(self.version.as_deref());
        let directory = self.directory.to_str().expect("the path is UTF-8").to_owned();
        arguments.extend(["--join".to_owned(), directory]);
        Self::start_by(self.version.clone(), arguments, settings)
    }

    fn start_by(version: Option<String>, mut arguments: Vec<String>, settings: &[&str]) -> Self {
        for setting in settings {
            arguments.extend(["--set".to_owned(), (*setting).to_owned()]);
        }
        let reported = run_start(&arguments);
        let get = |name: &str| {
            reported.get(name).unwrap_or_else(|| panic!("the script reported no {name}: {reported:?}")).clone()
        };
        let pid = Mutex::new(Some(get("pid")));
        Self { bootstrap: get("bootstrap"), pid, directory: get("dir").into(), classpath: get("classpath"), version }
    }

    /// The broker that the tests of a program share. It ends when none of them uses it.
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Broker>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let broker = Arc::new(Self::start());
            *shared = Arc::downgrade(&broker);
            broker
        })
    }

    /// Its address, `host:port`.
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// Whether it is of that major version of Kafka, such as `3`.
    pub fn is_major(&self, major: &str) -> bool {
        self.version.as_deref().unwrap_or("4").split('.').next() == Some(major)
    }

    /// The directory of its data and settings, where tests may put their own files.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Runs one of Kafka's tools.
    ///
    /// # Panics
    /// When it fails, with its output.
    pub fn run_tool(&self, class: &str, arguments: &[&str]) {
        let tool = Command::new("java").args(["-cp", &self.classpath, class]).args(arguments).output();
        let tool = tool.expect("a Java runtime, since the broker runs");
        let (said, complained) = (String::from_utf8_lossy(&tool.stdout), String::from_utf8_lossy(&tool.stderr));
        assert!(tool.status.success(), "{class} {arguments:?}: {said}{complained}");
    }

    /// Stops it and waits until it has ended.
    ///
    /// # Panics
    /// When it does not.
    pub fn stop(&self) {
        let script = Command::new(script()).arg("stop").arg(&self.directory).status().expect("the script runs");
        assert!(script.success(), "the broker did not stop");
        *self.pid() = None;
    }

    /// Kills it.
    pub fn kill(&self) {
        if let Some(pid) = self.pid().take() {
            signal("-KILL", &pid);
            while signal("-0", &pid) {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
        }
    }

    /// Stops its process (SIGSTOP): it does not respond, and its connections stay open.
    ///
    /// # Panics
    /// When it is not running.
    pub fn suspend(&self) {
        self.send("-STOP");
    }

    /// Continues its process after [`suspend`](Self::suspend).
    ///
    /// # Panics
    /// When it is not running.
    pub fn resume(&self) {
        self.send("-CONT");
    }

    fn send(&self, name: &str) {
        let is_sent = self.pid().as_deref().is_some_and(|pid| signal(name, pid));
        assert!(is_sent, "the broker is not running");
    }

    /// Starts it again with the same data and address.
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&self) {
        let directory = self.directory.to_str().expect("the path is UTF-8").to_owned();
        let mut arguments = arguments_for(self.version.as_deref());
        arguments.extend(["--dir".to_owned(), directory]);
        *self.pid() = run_start(&arguments).get("pid").cloned();
    }

    fn pid(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.pid.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
        // What cannot be removed is left to the system's temporary directory.
        let _left = std::fs::remove_dir_all(&self.directory);
    }
}

fn script() -> PathBuf {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let script = above.map(|directory| directory.join("scripts/kafka-broker")).find(|script| script.exists());
    script.expect("a test's package is below the directory of the scripts")
}

fn arguments_for(version: Option<&str>) -> Vec<String> {
    version.map_or_else(Vec::new, |version| vec!["--version".to_owned(), version.to_owned()])
}

fn run_start(arguments: &[String]) -> HashMap<String, String> {
    let output = Command::new(script())
        .arg("start")
        .args(["--owner", &std::process::id().to_string()])
        .args(arguments)
        .output()
        .expect("the script runs");
    let (reported, outages) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "no broker: {reported}{outages}");
    reported
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Sends a signal; returns whether the process exists.
fn signal(name: &str, pid: &str) -> bool {
    Command::new("kill").args([name, pid]).output().is_ok_and(|output| output.status.success())
}
