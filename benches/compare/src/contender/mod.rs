//! Who is measured, and how its process is started.

pub(crate) mod job;
pub(crate) mod millstream;
pub(crate) mod process;
mod topologies;

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;

use self::job::{Job, name_of};
use self::process::pinned;
use crate::Outcome;
use crate::broker::scripts;
use crate::workload::Workload;

/// Who is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub(crate) enum Contender {
    /// Millstream.
    Millstream,
    /// Kafka Streams.
    KafkaStreams,
    /// A loop over librdkafka that does the same by hand.
    Librdkafka,
}

impl Contender {
    /// Its name as an argument.
    pub(crate) fn name(self) -> String {
        name_of(self)
    }

    /// What it is called in a table.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Millstream => "Millstream",
            Self::KafkaStreams => "Kafka Streams",
            Self::Librdkafka => "bare librdkafka",
        }
    }

    /// Whether it can do this workload.
    pub(crate) fn takes(self, workload: Workload) -> bool {
        self != Self::Librdkafka || !workload.is_stateful()
    }
}

/// What the contenders' processes are started from.
pub(crate) struct Programs {
    itself: PathBuf,
    bare: PathBuf,
    class_path: String,
}

impl Programs {
    /// Builds what is not built yet: the bare loop by cargo, Kafka Streams' part by Maven.
    pub(crate) fn build() -> Outcome<Self> {
        let itself = std::env::current_exe()?;
        let bare = itself.with_file_name("examples").join("bare");
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let mut build = Command::new(cargo);
        build.current_dir(env!("CARGO_MANIFEST_DIR"));
        build.args(["build", "--quiet", "--locked", "-p", "millstream-kafka", "--example", "bare"]);
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        succeed(build)?;
        let mut java = Command::new(scripts().join("java-build"));
        java.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("java"));
        let class_path = succeed(java)?.trim().to_owned();
        Ok(Self { itself, bare, class_path })
    }

    /// The command that does a job on this core; a virtual machine gets these flags.
    pub(crate) fn command(&self, contender: Contender, job: &Job, jvm: &[String], core: Option<usize>) -> Command {
        let path = |path: &Path| path.display().to_string();
        let mut command = match contender {
            Contender::Millstream => {
                let mut command = pinned(core, &path(&self.itself));
                command.arg("contend");
                command
            }
            Contender::KafkaStreams => {
                let mut command = pinned(core, "java");
                command.args(jvm).args(["-cp", &self.class_path, "millstream.rival.Rival"]);
                command
            }
            Contender::Librdkafka => pinned(core, &path(&self.bare)),
        };
        command.args(job.arguments());
        command
    }
}

fn succeed(mut command: Command) -> Outcome<String> {
    let output = command.output()?;
    if !output.status.success() {
        return Err(format!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
