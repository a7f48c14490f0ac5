//! The environment of the measurements.

use std::fs;
use std::process::Command;

/// The machine, the versions and the command.
#[derive(Clone, Debug)]
pub(crate) struct Environment {
    pub(crate) is_pinned: bool,
    pub(crate) runs: usize,
}

impl Environment {
    /// In sentences.
    pub(crate) fn describe(&self) -> String {
        let cores = information("cpuinfo").matches("processor\t:").count();
        let pinned = if self.is_pinned {
            "The broker has one core, the contender another."
        } else {
            "Broker and contenders share all cores: there are not two, or no `taskset`."
        };
        format!(
            "{} ({cores} cores, {} GB of memory), Linux {}. {pinned} Kafka and Kafka Streams 4.4.0 on {}; librdkafka \
             2.12.1; {}. Medians of {} runs, taken with\n\n```console\n$ scripts/compare {}\n```\n",
            processor(),
            memory_gb(),
            told_by("uname", &["-r"]),
            java(),
            told_by("rustc", &["--version"]),
            self.runs,
            std::env::args().skip(1).collect::<Vec<_>>().join(" "),
        )
    }
}

fn processor() -> String {
    let info = information("cpuinfo");
    let model = info.lines().find(|line| line.starts_with("model name"));
    model.and_then(|line| line.split_once(": ")).map_or("unknown processor", |(_, model)| model).to_owned()
}

fn memory_gb() -> u64 {
    let kilobytes = information("meminfo").split_whitespace().nth(1).and_then(|text| text.parse::<u64>().ok());
    kilobytes.unwrap_or_default() / 1_000_000
}

/// The machine's description by the kernel; all cores, although this process is assigned to one.
fn information(of: &str) -> String {
    fs::read_to_string(format!("/proc/{of}")).unwrap_or_default()
}

/// The first line that a command prints, on either output.
fn told_by(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| [output.stdout, output.stderr].concat()).unwrap_or_default();
    String::from_utf8_lossy(&text).lines().next().unwrap_or("unknown").to_owned()
}

fn java() -> String {
    format!("Java {}", told_by("java", &["-version"]).split('"').nth(1).unwrap_or("unknown"))
}
