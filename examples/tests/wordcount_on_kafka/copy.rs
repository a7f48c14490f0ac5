//! The program as a process: started, its output read, stopped.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long a test waits for something that must happen.
pub(crate) const WAIT_MAX: Duration = Duration::from_secs(120);

/// Repeats the attempt until it returns a result.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + WAIT_MAX;
    loop {
        if let Some(found) = attempt() {
            return found;
        }
        assert!(Instant::now() < deadline, "within {WAIT_MAX:?} it did not happen that {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// A running copy of the program. Dropping it, also by a panic, kills it.
pub(crate) struct Copy {
    pub(crate) child: Child,
    pub(crate) events: Arc<Mutex<Vec<Value>>>,
}

impl Copy {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::inherit()).spawn().unwrap();
        let (out, events) = (child.stdout.take().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let received = Arc::clone(&events);
        thread::spawn(move || {
            for line in BufReader::new(out).lines() {
                let line = line.unwrap();
                let event = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
                received.lock().unwrap().push(event);
            }
        });
        Self { child, events }
    }

    /// Waits for an event of this name that satisfies the caller.
    #[track_caller]
    pub(crate) fn await_event(&self, name: &str, mut is_meant: impl FnMut(&Value) -> bool) -> Value {
        eventually(&format!("`{name}` is emitted"), || {
            let events = self.events.lock().unwrap();
            events.iter().rev().find(|event| event["event"] == name && is_meant(event)).cloned()
        })
    }

    #[track_caller]
    pub(crate) fn await_running(&self) {
        eventually("it runs", || self.has_run().then_some(()));
    }

    /// Whether it has reported that it runs.
    pub(crate) fn has_run(&self) -> bool {
        let events = self.events.lock().unwrap();
        events.iter().any(|event| event["event"] == "application_state" && event["to"] == "running")
    }

    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    #[track_caller]
    pub(crate) fn await_end(&mut self) -> ExitStatus {
        eventually("the program ends", || self.child.try_wait().unwrap())
    }

    /// Stops it cleanly.
    #[track_caller]
    pub(crate) fn stop(mut self, signal: &str) {
        self.signal(signal);
        assert_eq!(self.await_end().code(), Some(0), "{:?}", self.events.lock().unwrap());
        self.await_event("shutdown_ended", |event| event["clean"] == true);
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // It may have ended.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
