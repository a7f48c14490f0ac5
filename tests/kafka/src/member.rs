//! An application in a process of its own, which a test can observe, close and kill.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::events::{Event, Restore};
use crate::jobs::Job;
use crate::resources::ResourceUsage;
use crate::waiting::until;

/// The number of lines of standard error that are kept.
const ERROR_LINES_MAX: usize = 40;

/// A process to start: a job with its settings.
#[derive(Clone, Debug)]
pub struct Options {
    label: String,
    arguments: Vec<(String, String)>,
}

impl Options {
    /// A member of this application at this broker; `label` names it in messages.
    #[must_use]
    pub fn new(label: &str, job: Job, bootstrap: &str, application: &str) -> Self {
        let options = Self { label: label.to_owned(), arguments: Vec::new() };
        options
            .with("--job", job.name())
            .with("--bootstrap", bootstrap)
            .with("--application", application)
            .with("--client-id", label)
    }

    /// Adds an option of the program `member`. The last value of an option is used, except for `--set`, which can be repeated.
    #[must_use]
    pub fn with(mut self, option: &str, value: &str) -> Self {
        self.arguments.retain(|(given, _)| given != option || option == "--set");
        self.arguments.push((option.to_owned(), value.to_owned()));
        self
    }

    /// Over topics with this prefix.
    #[must_use]
    pub fn over(self, prefix: &str) -> Self {
        self.with("--prefix", prefix)
    }

    /// Sets the number of stream threads.
    #[must_use]
    pub fn threads(self, threads: usize) -> Self {
        self.with("--threads", &threads.to_string())
    }

    /// Sets the group instance id, for static membership.
    #[must_use]
    pub fn instance(self, instance: &str) -> Self {
        self.with("--instance-id", instance)
    }

    /// Sets the session time-out.
    #[must_use]
    pub fn session(self, session: Duration) -> Self {
        self.with("--session-ms", &session.as_millis().to_string())
    }

    /// Sets the number of standbys of each task with stores.
    #[must_use]
    pub fn standbys(self, standbys: u32) -> Self {
        self.with("--standbys", &standbys.to_string())
    }

    /// Keeps its stores in RocksDB, below this directory.
    #[must_use]
    pub fn on_disk(self, state: &Path) -> Self {
        self.with("--state-dir", &state.display().to_string())
    }

    /// Starts the process.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(&self) -> Member {
        let mut child = Command::new(program())
            .args(self.arguments.iter().flat_map(|(option, value)| [option, value]))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the system starts a process");
        let output = Arc::new(Output::default());
        read_lines(child.stdout.take().expect("it is piped"), Arc::clone(&output), Output::add_event);
        read_lines(child.stderr.take().expect("it is piped"), Arc::clone(&output), Output::add_error_line);
        let stdin = child.stdin.take().expect("it is piped");
        Member { label: self.label.clone(), child, output, _stdin: stdin }
    }
}

/// The program is in the directory of the test's own binary.
fn program() -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    let target = test.parent().and_then(Path::parent).expect("tests stand two levels down");
    target.join("member")
}

/// An application in a process of its own. Dropped, it is killed; it also ends when the test does, however that happens.
#[derive(Debug)]
pub struct Member {
    label: String,
    child: Child,
    output: Arc<Output>,
    /// Open as long as the test runs: the process ends when it is closed.
    _stdin: ChildStdin,
}

/// What a member has printed so far.
#[derive(Debug, Default)]
struct Output {
    events: Mutex<Vec<Event>>,
    /// The latest lines of standard error.
    error_lines: Mutex<VecDeque<String>>,
}

impl Output {
    fn add_event(&self, line: &str) {
        lock(&self.events).push(Event::parse(line));
    }

    fn add_error_line(&self, line: &str) {
        let mut lines = lock(&self.error_lines);
        if lines.len() == ERROR_LINES_MAX {
            lines.pop_front();
        }
        lines.push_back(line.to_owned());
    }
}

fn read_lines(pipe: impl Read + Send + 'static, output: Arc<Output>, add: fn(&Output, &str)) {
    std::thread::spawn(move || {
        // A line that a kill has cut off is left out.
        let lines = BufReader::new(pipe).split(b'\n').map_while(Result::ok);
        lines.filter_map(|line| String::from_utf8(line).ok()).for_each(|line| add(&output, &line));
    });
}

impl Member {
    /// The process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its name in messages.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The resources that it uses now; `None` if it has ended.
    #[must_use]
    pub fn resources(&self) -> Option<ResourceUsage> {
        ResourceUsage::of(self.pid())
    }

    /// All events so far.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        lock(&self.output.events).clone()
    }

    /// The number of events so far, to wait for a later one.
    #[must_use]
    pub fn mark(&self) -> usize {
        lock(&self.output.events).len()
    }

    /// Waits for an event after a [mark](Self::mark).
    ///
    /// # Panics
    /// When it does not come in time, or the process ends before.
    #[track_caller]
    pub fn await_event(&mut self, mark: usize, what: &str, is_meant: impl Fn(&Event) -> bool) -> Event {
        until(format!("{} reports that {what}", self.label), || {
            // Read before the events, so that the last events of a process that has ended are not missed.
            let has_ended = self.child.try_wait().expect("it is a child").is_some();
            let found = lock(&self.output.events).iter().skip(mark).find(|event| is_meant(event)).cloned();
            assert!(
                found.is_some() || !has_ended,
                "{} ended before it reported that {what}: {}",
                self.label,
                self.latest_output()
            );
            found
        })
    }

    /// Waits until it is running for the first time.
    ///
    /// # Panics
    /// When it is not running in time.
    #[track_caller]
    pub fn await_running(&mut self) {
        self.await_event(0, "it runs", |event| event.is_state("running"));
    }

    /// The tasks that it runs now, with the partitions each reads.
    #[must_use]
    pub fn tasks(&self) -> BTreeMap<String, BTreeSet<String>> {
        let (mut tasks, mut running) = (BTreeMap::new(), BTreeSet::new());
        for event in lock(&self.output.events).iter() {
            let task = event.text("task").to_owned();
            match event.name() {
                "task_created" => {
                    let partitions = event.texts("partitions").into_iter().map(str::to_owned).collect();
                    tasks.insert(task, partitions);
                }
                "task_running" => _ = running.insert(task),
                "task_closed" => _ = running.remove(&task),
                _ => {}
            }
        }
        tasks.retain(|task, _: &mut BTreeSet<String>| running.contains(task));
        tasks
    }

    /// The restores that have started so far.
    #[must_use]
    pub fn restores(&self) -> Vec<Restore> {
        lock(&self.output.events).iter().filter_map(Event::restore).collect()
    }

    /// Sends SIGTERM and waits until it has closed cleanly.
    ///
    /// # Panics
    /// When it does not close cleanly.
    #[track_caller]
    pub fn close(mut self) -> Vec<Event> {
        self.ask_to_end();
        let status = self.await_end();
        assert!(status.success(), "{} ended with {status}: {}", self.label, self.latest_output());
        self.events()
    }

    /// Sends SIGTERM.
    ///
    /// # Panics
    /// When it has ended already.
    pub fn ask_to_end(&self) {
        self.signal("-TERM");
    }

    /// Suspends it (SIGSTOP).
    ///
    /// # Panics
    /// When it has ended already.
    pub fn suspend(&self) {
        self.signal("-STOP");
    }

    /// Lets it continue after [`suspend`](Self::suspend) (SIGCONT).
    ///
    /// # Panics
    /// When it has ended already.
    pub fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let kill = Command::new("kill").args([signal, &self.pid().to_string()]).status();
        assert!(
            kill.expect("the system has `kill`").success(),
            "{} is gone already: {}",
            self.label,
            self.latest_output()
        );
    }

    /// Whether it has ended.
    ///
    /// # Panics
    /// Never: it is a child of this process.
    #[must_use]
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("it is a child").is_some()
    }

    /// Waits until it ends by itself. All its events are known then.
    ///
    /// # Panics
    /// When it does not end in time.
    #[track_caller]
    pub fn await_end(&mut self) -> ExitStatus {
        let status = until(format!("{} ends", self.label), || self.child.try_wait().expect("it is a child"));
        until("its output is read", || (Arc::strong_count(&self.output) == 1).then_some(()));
        status
    }

    /// Kills it (SIGKILL).
    ///
    /// # Panics
    /// When it has ended before.
    pub fn kill(mut self) -> Vec<Event> {
        assert!(!self.has_ended(), "{} ended before it was killed: {}", self.label, self.latest_output());
        self.child.kill().expect("it is there");
        self.await_end();
        self.events()
    }

    /// The latest events and lines of standard error, for the message of a test that fails.
    #[must_use]
    pub fn latest_output(&self) -> String {
        let events = self.events();
        let latest = events.iter().skip(events.len().saturating_sub(ERROR_LINES_MAX)).map(Event::message);
        let latest = latest.collect::<Vec<_>>().join("\n  ");
        let error_lines = lock(&self.output.error_lines).iter().cloned().collect::<Vec<_>>().join("\n  ");
        format!("events\n  {latest}\nstandard error\n  {error_lines}")
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("When the test failed, {} had printed: {}", self.label, self.latest_output());
        }
        // It may have ended before.
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
