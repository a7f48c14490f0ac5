//! The resources that a process uses, as Linux reports them in `/proc`.

use std::fs;
use std::path::Path;
use std::time::Duration;

/// The unit of `/proc/PID/stat`, which is fixed for user space.
const TICKS_PER_SECOND: u64 = 100;

/// The resources that a process uses at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceUsage {
    /// Resident memory.
    pub resident_bytes: u64,
    /// Threads.
    pub threads: usize,
    /// Open file descriptors.
    pub files: usize,
    /// Processor time since it started.
    pub cpu: Duration,
}

impl ResourceUsage {
    /// Those of this process; `None` once it has ended.
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

/// The threads of a process with the processor time of each, the busiest first.
#[must_use]
pub fn busiest_threads(pid: u32) -> Vec<(Duration, String)> {
    let Ok(threads) = fs::read_dir(Path::new("/proc").join(pid.to_string()).join("task")) else { return Vec::new() };
    let usage = |path: &Path| {
        let stat = fs::read_to_string(path.join("stat")).ok()?;
        let name = fs::read_to_string(path.join("comm")).ok()?;
        Some((cpu_of(&stat)?, name.trim_end().to_owned()))
    };
    let mut busiest: Vec<_> = threads.filter_map(|thread| usage(&thread.ok()?.path())).collect();
    busiest.sort_by(|one, other| other.cmp(one));
    busiest
}

/// The fields are counted from behind the program's name, which stands in brackets and may hold anything.
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
            // Deleted meanwhile.
            Err(_) => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usage_of_this_process_is_found() {
        let usage = ResourceUsage::of(std::process::id()).expect("this process runs");
        assert!(usage.resident_bytes > 100_000 && usage.threads >= 1 && usage.files >= 3, "{usage:?}");
        assert_eq!(ResourceUsage::of(u32::MAX), None);
    }

    #[test]
    fn processor_time_is_found_behind_any_name() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 1 0 100 1000 10";
        assert_eq!(cpu_of(stat), Some(Duration::from_secs(2)));
    }
}
