//! A contender's process: started on its own core, and what the kernel says that it used.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::Outcome;

/// A tick of the kernel's account of processor time (`USER_HZ`, 100 a second on every Linux platform Rust knows).
const TICK: Duration = Duration::from_millis(10);

/// A contender that does not run after so long never will.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A process that is killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    lines: Receiver<String>,
    profiler: Option<Child>,
}

/// Which processor cores which part may use; `None` where they cannot be told apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cores {
    pub(crate) broker: usize,
    pub(crate) contender: usize,
}

impl Cores {
    /// The first two cores, if there are two and `taskset` to tell them apart.
    pub(crate) fn find() -> Option<Self> {
        let has_two = std::thread::available_parallelism().is_ok_and(|cores| cores.get() >= 2);
        let has_taskset = Command::new("taskset").arg("--version").output().is_ok_and(|output| output.status.success());
        (has_two && has_taskset).then_some(Self { broker: 0, contender: 1 })
    }

    /// Keeps this process, which feeds and reads as the broker serves, to the broker's core.
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
    /// Starts it.
    pub(crate) fn start(mut command: Command) -> Outcome<Self> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().ok_or("the process has no output")?;
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            let told = BufReader::new(output).lines().map_while(Result::ok);
            told.take_while(|line| sender.send(line.clone()).is_ok()).for_each(drop);
        });
        Ok(Self { child, lines, profiler: None })
    }

    /// Waits until it says that it runs.
    pub(crate) fn await_running(&self) -> Outcome<()> {
        loop {
            let line = self.lines.recv_timeout(START_LIMIT).map_err(|_| "the contender does not start")?;
            if line == "state=RUNNING" {
                return Ok(());
            }
        }
    }

    /// An error if it has ended.
    pub(crate) fn check(&mut self) -> Outcome<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(format!("the contender ended by itself ({status})").into()),
        }
    }

    /// Lets `perf` write down where the process spends its time, until it ends.
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
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = peak.and_then(|text| text.trim().split(' ').next()).ok_or("the kernel tells no peak memory")?;
        Ok(kilobytes.parse::<u64>()? * 1024)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
        // It ends with what it watches.
        let _written = self.profiler.as_mut().map(Child::wait);
    }
}
