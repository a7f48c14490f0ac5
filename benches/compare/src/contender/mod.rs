//! The contenders, and how their processes are started.

pub(crate) mod job;
pub(crate) mod millstream;
pub(crate) mod process;
mod topologies;
pub(crate) mod usage;

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;

use self::job::{Job, Store, name_of};
use self::process::pinned;
use crate::Outcome;
use crate::broker::scripts;
use crate::workload::Workload;

/// A contender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub(crate) enum Contender {
    /// Millstream.
    Millstream,
    /// Kafka Streams.
    KafkaStreams,
    /// A loop over librdkafka without a library for streams.
    Librdkafka,
}

impl Contender {
    /// Its name as an argument.
    pub(crate) fn name(self) -> String {
        name_of(self)
    }

    /// Its name in tables.
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

/// The programs of the contenders.
pub(crate) struct Programs {
    in_memory: PathBuf,
    on_rocksdb: PathBuf,
    bare: PathBuf,
    class_path: String,
}

impl Programs {
    /// Builds those of these contenders, with these places of stores, that are not built yet: Millstream and the bare loop with
    /// cargo, Kafka Streams with Maven.
    pub(crate) fn build(contenders: &[Contender], stores: &[Store]) -> Outcome<Self> {
        let itself = std::env::current_exe()?;
        let is_ours = contenders.contains(&Contender::Millstream);
        if is_ours && stores.contains(&Store::Memory) {
            cargo_build(&["-p", "millstream-compare", "--no-default-features", "--bin", "in-memory"])?;
        }
        if is_ours && stores.contains(&Store::Rocksdb) {
            cargo_build(&["-p", "millstream-compare", "--bin", "on-rocksdb"])?;
        }
        if contenders.contains(&Contender::Librdkafka) {
            cargo_build(&["-p", "millstream-librdkafka", "--example", "bare"])?;
        }
        Ok(Self {
            in_memory: itself.with_file_name("in-memory"),
            on_rocksdb: itself.with_file_name("on-rocksdb"),
            bare: itself.with_file_name("examples").join("bare"),
            class_path: if contenders.contains(&Contender::KafkaStreams) { build_rival()? } else { String::new() },
        })
    }

    /// The command for a job on this core; a virtual machine gets these flags.
    pub(crate) fn command(&self, contender: Contender, job: &Job, jvm: &[String], core: Option<usize>) -> Command {
        let path = |path: &Path| path.display().to_string();
        let mut command = match contender {
            Contender::Millstream => match job.store {
                Store::Memory => pinned(core, &path(&self.in_memory)),
                Store::Rocksdb => pinned(core, &path(&self.on_rocksdb)),
            },
            Contender::KafkaStreams => rival(&self.class_path, jvm, core),
            Contender::Librdkafka => pinned(core, &path(&self.bare)),
        };
        command.args(job.arguments());
        command
    }
}

/// Compiles the Kafka Streams programs, if they are not compiled yet, and returns their class path.
pub(crate) fn build_rival() -> Outcome<String> {
    let mut java = Command::new(scripts().join("java-build"));
    java.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("java"));
    Ok(succeed(java)?.trim().to_owned())
}

/// The command that starts Kafka Streams on this core; the arguments of a job follow.
pub(crate) fn rival(class_path: &str, jvm: &[String], core: Option<usize>) -> Command {
    let mut command = pinned(core, "java");
    command.args(jvm).args(["-cp", class_path, "millstream.rival.Rival"]);
    command
}

/// Builds as this program was built.
fn cargo_build(what: &[&str]) -> Outcome<()> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut build = Command::new(cargo);
    build.current_dir(env!("CARGO_MANIFEST_DIR")).args(["build", "--quiet", "--locked"]).args(what);
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    succeed(build).map(drop)
}

fn succeed(mut command: Command) -> Outcome<String> {
    let output = command.output()?;
    if !output.status.success() {
        return Err(format!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
