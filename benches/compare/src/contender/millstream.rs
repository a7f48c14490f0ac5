//! Millstream as a contender: a process that does one job until its standard input ends.

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use millstream::events::{EventKind, EventSettings, State};
use millstream::kafka::KafkaLog;
use millstream::{Streams, StreamsConfig, Topology};

use super::job::Job;
use super::process::{FAILED, RESTORING, RUNNING};
use super::topologies::topology;
use crate::{Outcome, exit_code};

/// Runs the job of the command line until standard input ends. `place` may put its stores on disk.
pub fn contend(place: impl FnOnce(Streams, &Path) -> Streams) -> ExitCode {
    let job = Job::parse();
    exit_code(topology(&job).map_err(Into::into).and_then(|topology| work(&job, topology, place)))
}

/// Runs this topology with the job's settings until standard input ends.
pub(crate) fn work<W: ValueEnum + Send + Sync + 'static>(
    job: &Job<W>,
    topology: Topology,
    place: impl FnOnce(Streams, &Path) -> Streams,
) -> Outcome<()> {
    let mut log = KafkaLog::new(&job.bootstrap).with("linger.ms", &job.linger_ms.to_string())?;
    for (name, value) in job.extra() {
        log = log.with(name, value)?;
    }
    let config = StreamsConfig {
        commit_interval: Duration::from_millis(job.commit_ms),
        cache_bytes_max: job.cache_bytes,
        max_task_idle: Some(Duration::from_millis(job.task_idle_ms)),
        events: EventSettings { lines: false, ..EventSettings::default() },
        ..StreamsConfig::new(&job.application)
    };
    let streams = Streams::new(topology, config).with_log(log);
    let _streams = place(streams, &job.state_dir).with_listener(|event| tell(&event.kind)).start()?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Reports the progress that the comparison waits for.
fn tell(event: &EventKind) {
    match event {
        EventKind::ApplicationState { to: State::Running, .. } => println!("{RUNNING}"),
        EventKind::ApplicationFailed(failure) => {
            eprintln!("{failure:?}");
            println!("{FAILED}");
        }
        EventKind::RestoreStarted { .. } => println!("{RESTORING}"),
        _ => {}
    }
}
