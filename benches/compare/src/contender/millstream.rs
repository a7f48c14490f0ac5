//! Millstream as a contender: a process that does one job until its standard input ends.

use std::io::Read;
use std::time::Duration;

use millstream::events::{EventKind, EventSettings, State};
use millstream::kafka::KafkaLog;
use millstream::rocksdb::{RocksDb, RocksDbConfig};
use millstream::{Streams, StreamsConfig};

use super::job::{Job, Store};
use super::process::{FAILED, RESTORING, RUNNING};
use super::topologies::topology;
use crate::Outcome;

/// Does the job until nobody wants it any more.
pub(crate) fn contend(job: &Job) -> Outcome<()> {
    let mut log = KafkaLog::new(&job.bootstrap).with("linger.ms", &job.linger_ms.to_string())?;
    for (name, value) in job.extra() {
        log = log.with(name, value)?;
    }
    let config = StreamsConfig {
        commit_interval: Duration::from_millis(job.commit_ms),
        cache_bytes_max: job.cache_bytes,
        events: EventSettings { lines: false, ..EventSettings::default() },
        ..StreamsConfig::new(&job.application)
    };
    let streams = Streams::new(topology(job)?, config).with_log(log);
    let streams = match job.store {
        Store::Memory => streams,
        Store::Rocksdb => streams.with_engines(RocksDb::new(RocksDbConfig::default()), &job.state_dir),
    };
    let _streams = streams.with_listener(|event| tell(&event.kind)).start()?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Says what the program that compares waits for.
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
