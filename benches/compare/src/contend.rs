//! Millstream as a contender: a process that does one job until it is killed.

use std::time::Duration;

use millstream::events::{EventSettings, State};
use millstream::kafka::KafkaLog;
use millstream::{Streams, StreamsConfig};

use crate::Outcome;
use crate::job::Job;
use crate::topologies::topology;

/// Runs the job; returns only when it fails.
pub(crate) fn contend(job: &Job) -> Outcome<()> {
    let log = KafkaLog::new(&job.bootstrap).with("linger.ms", &job.linger_ms.to_string())?;
    let config = StreamsConfig {
        commit_interval: Duration::from_millis(job.commit_ms),
        cache_bytes_max: job.cache_bytes,
        events: EventSettings { lines: false, ..EventSettings::default() },
        ..StreamsConfig::new(&job.application)
    };
    let streams = Streams::new(topology(job)?, config).with_log(log).start()?;
    let state = streams.wait_until(State::Running, Duration::MAX);
    println!("state={}", format!("{state:?}").to_uppercase());
    let end = streams.wait_until(State::Closed, Duration::MAX);
    Err(format!("it ended as {end:?}: {:?}", streams.failure()).into())
}
