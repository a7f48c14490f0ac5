//! What a process uses, as Linux tells it.

use std::fs;
use std::path::Path;
use std::time::Duration;

/// The clock of `/proc/PID/stat`, by a promise of the kernel to user space.
const TICKS_PER_SECOND: u64 = 100;

/// What a process uses at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vitals {
    /// Memory that is in RAM.
    pub resident_bytes: u64,
    /// Threads.
    pub threads: usize,
    /// Open file descriptors.
    pub files: usize,
    /// Time on a processor since its beginning.
    pub cpu: Duration,
}

impl Vitals {
    /// Those of this process, if it is there.
    #[must_use]
    pub fn of(pid: u32) -> Option<Self> {
        let process = Path::new("/proc").join(pid.to_string());
        let status = fs::read_to_string(process.join("status")).ok()?;
        let number = |name: &str| -> Option<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse().ok()
        };
        Some(Self {
            resident_bytes: number("VmRSS:")? * 1024,
            threads: usize::try_from(number("Threads:")?).ok()?,
            files: fs::read_dir(process.join("fd")).ok()?.count(),
            cpu: cpu_of(&fs::read_to_string(process.join("stat")).ok()?)?,
        })
    }
}

/// The threads of a process with the processor time of each, the busiest first, to find out who is at work.
#[must_use]
pub fn busiest_threads(pid: u32) -> Vec<(Duration, String)> {
    let Ok(threads) = fs::read_dir(Path::new("/proc").join(pid.to_string()).join("task")) else { return Vec::new() };
    let told = |path: &Path| {
        let stat = fs::read_to_string(path.join("stat")).ok()?;
        let name = fs::read_to_string(path.join("comm")).ok()?;
        Some((cpu_of(&stat)?, name.trim_end().to_owned()))
    };
    let mut busiest: Vec<_> = threads.filter_map(|thread| told(&thread.ok()?.path())).collect();
    busiest.sort_by(|one, other| other.cmp(one));
    busiest
}

/// The name of the program, in brackets, may hold anything; what counts stands behind it.
fn cpu_of(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(Duration::from_millis((user + system) * 1_000 / TICKS_PER_SECOND))
}

/// How many bytes the files below a directory hold.
#[must_use]
pub fn directory_bytes(directory: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(directory) else { return 0 };
    entries
        .filter_map(Result::ok)
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => directory_bytes(&entry.path()),
            Ok(metadata) => metadata.len(),
            // Gone meanwhile.
            Err(_) => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_lives_and_works() {
        let vitals = Vitals::of(std::process::id()).expect("this process is there");
        assert!(vitals.resident_bytes > 100_000 && vitals.threads >= 1 && vitals.files >= 3, "{vitals:?}");
        assert_eq!(Vitals::of(u32::MAX), None);
    }

    #[test]
    fn processor_time_is_found_behind_any_name() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 1 0 100 1000 10";
        assert_eq!(cpu_of(stat), Some(Duration::from_secs(2)));
    }
}
