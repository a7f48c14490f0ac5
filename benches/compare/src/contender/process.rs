//! A contender's process: it runs on its own core, and the kernel counts its processor time and memory.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::Outcome;

/// A tick of the kernel's processor time (`USER_HZ`, 100 a second on every Linux platform Rust knows).
const TICK: Duration = Duration::from_millis(10);

/// How long to wait for a report of a contender.
const LIMIT: Duration = Duration::from_secs(120);

/// How often a thread has waited, in the kernel's account of it.
const WAITS: &str = "voluntary_ctxt_switches";

/// The report of a contender that is running.
pub(crate) const RUNNING: &str = "state=RUNNING";

/// The report when it begins to restore its stores.
pub(crate) const RESTORING: &str = "restoring";

/// The report when it has failed.
pub(crate) const FAILED: &str = "state=ERROR";

/// A process that is killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    lines: Receiver<(Instant, String)>,
    profiler: Option<Child>,
}

/// The processor cores of the broker and of the contender; `None` if they cannot be assigned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cores {
    pub(crate) broker: usize,
    pub(crate) contender: usize,
}

impl Cores {
    /// The first two cores, if there are two and `taskset` can assign them.
    pub(crate) fn find() -> Option<Self> {
        let has_two = std::thread::available_parallelism().is_ok_and(|cores| cores.get() >= 2);
        let has_taskset = Command::new("taskset").arg("--version").output().is_ok_and(|output| output.status.success());
        (has_two && has_taskset).then_some(Self { broker: 0, contender: 1 })
    }

    /// Assigns this process, which writes and reads records, to the broker's core.
    pub(crate) fn pin_this_process(self) {
        let process = std::process::id().to_string();
        let _unpinned = Command::new("taskset").args(["-a", "-c", "-p", &self.broker.to_string(), &process]).output();
    }
}

/// A command that runs on this core only.
pub(crate) fn pinned(core: Option<usize>, program: &str) -> Command {
    match core {
        Some(core) => {
            let mut command = Command::new("taskset");
            command.args(["-c", &core.to_string(), program]);
            command
        }
        None => Command::new(program),
    }
}

impl Process {
    /// Starts it. It ends when its standard input ends, and so with this program in any case.
    pub(crate) fn start(mut command: Command) -> Outcome<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().ok_or("the process has no output")?;
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            let reported = BufReader::new(output).lines().map_while(Result::ok);
            reported.take_while(|line| sender.send((Instant::now(), line.clone())).is_ok()).for_each(drop);
        });
        Ok(Self { child, lines, profiler: None })
    }

    /// Waits for this report, and returns when it came.
    pub(crate) fn await_line(&self, text: &str) -> Outcome<Instant> {
        loop {
            let (at, line) = self.lines.recv_timeout(LIMIT).map_err(|_| format!("the contender never says {text}"))?;
            if line == text {
                return Ok(at);
            }
            refuse_error(&line)?;
        }
    }

    /// An error if it has failed.
    pub(crate) fn check(&mut self) -> Outcome<()> {
        self.lines.try_iter().try_for_each(|(_, line)| refuse_error(&line))?;
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(format!("the contender ended by itself ({status})").into()),
        }
    }

    /// Profiles the process with `perf` until it ends.
    pub(crate) fn profile(&mut self, core: Option<usize>, file: &Path) -> Outcome<()> {
        let mut command = pinned(core, "perf");
        command.args(["record", "--quiet", "--freq=499", "--pid", &self.child.id().to_string(), "--output"]);
        self.profiler = Some(command.arg(file).spawn()?);
        Ok(())
    }

    /// Processor time of all its threads so far.
    pub(crate) fn cpu(&self) -> Outcome<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // Behind the name in brackets, user and system time are the 12th and 13th field (proc(5)).
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks: u32 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u32>().ok()).sum();
        Ok(TICK * ticks)
    }

    /// The most memory it ever had, in bytes.
    pub(crate) fn peak_bytes(&self) -> Outcome<u64> {
        self.kilobytes("VmHWM").map(|kilobytes| kilobytes * 1024)
    }

    /// The memory that it has, in bytes.
    pub(crate) fn bytes(&self) -> Outcome<u64> {
        self.kilobytes("VmRSS").map(|kilobytes| kilobytes * 1024)
    }

    fn kilobytes(&self, field: &str) -> Outcome<u64> {
        status_field(&format!("/proc/{}/status", self.child.id()), field)
    }

    /// How often its present threads have given up their core to wait for something, and so were woken up.
    pub(crate) fn wake_ups(&self) -> Outcome<u64> {
        let threads = fs::read_dir(format!("/proc/{}/task", self.child.id()))?;
        let statuses = threads.map_while(Result::ok).map(|thread| thread.path().join("status"));
        // A thread may end meanwhile.
        let of_threads = statuses.filter_map(|status| status_field(&status.display().to_string(), WAITS).ok());
        Ok(of_threads.sum())
    }
}

/// A number in a file of the kernel about a process or a thread (proc(5)).
fn status_field(file: &str, field: &str) -> Outcome<u64> {
    let status = fs::read_to_string(file)?;
    let mut fields = status.lines().filter_map(|line| line.split_once(':'));
    let value = fields.find_map(|(name, value)| (name == field).then_some(value));
    let number = value.and_then(|value| value.split_whitespace().next());
    Ok(number.ok_or_else(|| format!("the kernel reports no {field} in {file}"))?.parse()?)
}

fn refuse_error(line: &str) -> Outcome<()> {
    if line == FAILED { Err("the contender failed; what it said stands above".into()) } else { Ok(()) }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
        // It ends with the process that it profiles.
        let _written = self.profiler.as_mut().map(Child::wait);
    }
}
