//! An application in a process of its own: prints its events as lines of JSON, closes on SIGTERM, and dies with the
//! test that started it.

use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use millstream::events::{EventSettings, Level};
use millstream::kafka::KafkaLog;
use millstream::logs::{Administration, Fetching, GroupConfig, GroupConsumer, Log, LogError, Producing, Signal};
use millstream::rocksdb::{RocksDb, RocksDbConfig};
use millstream::{GroupProtocol, Streams, StreamsConfig, StreamsHandle};
use millstream_kafka_tests::Job;

/// What to run, where, and how.
#[derive(Debug, Parser)]
struct Options {
    #[arg(long, value_parser = job_of)]
    job: Job,
    #[arg(long)]
    bootstrap: String,
    #[arg(long)]
    application: String,
    #[arg(long)]
    client_id: Option<String>,
    #[arg(long, default_value = "")]
    prefix: String,
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Keeps the stores on disk, below this directory; without it they live in memory.
    #[arg(long)]
    state_dir: Option<PathBuf>,
    /// How many records of a changelog may have to be restored after a kill.
    #[arg(long)]
    unflushed_records: Option<u64>,
    /// How much memory RocksDB may take.
    #[arg(long)]
    memory_bytes: Option<usize>,
    #[arg(long)]
    instance_id: Option<String>,
    /// `classic` or `streams`.
    #[arg(long, default_value = "classic", value_parser = protocol_of)]
    protocol: GroupProtocol,
    /// How many standbys each task with stores has.
    #[arg(long)]
    standbys: Option<u32>,
    #[arg(long)]
    session_ms: Option<u64>,
    #[arg(long)]
    commit_ms: Option<u64>,
    /// Brings no assignor into the group, as an earlier version or a member on librdkafka.
    #[arg(long)]
    without_assignor: Option<bool>,
    /// How many tasks may be warming up at a time.
    #[arg(long)]
    warmups: Option<u32>,
    /// How many records a copy of a task's state may lack to count as caught up.
    #[arg(long)]
    acceptable_lag: Option<u64>,
    /// How many instances of the application to run in this process.
    #[arg(long, default_value_t = 1)]
    instances: usize,
    /// A setting of the client, `name=value`.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    settings: Vec<String>,
}

type Error = Box<dyn std::error::Error>;

fn job_of(name: &str) -> Result<Job, String> {
    Job::ALL.into_iter().find(|job| job.name() == name).ok_or_else(|| format!("there is no job `{name}`"))
}

fn protocol_of(name: &str) -> Result<GroupProtocol, String> {
    match name {
        "classic" => Ok(GroupProtocol::Classic),
        "streams" => Ok(GroupProtocol::Streams),
        _ => Err(format!("there is no protocol `{name}`")),
    }
}

fn main() -> Result<(), Error> {
    let options = Options::parse();
    die_with_the_test();
    let started: Result<Vec<StreamsHandle>, Error> = (0..options.instances).map(|it| start(&options, it)).collect();
    started?.iter().try_for_each(|streams| Ok(streams.wait_until_ended()?))
}

/// Starts an instance. Each has a state directory of its own.
fn start(options: &Options, number: usize) -> Result<StreamsHandle, Error> {
    let mut log = KafkaLog::new(&options.bootstrap);
    for setting in &options.settings {
        let (name, value) = setting.split_once('=').ok_or("a setting is written NAME=VALUE")?;
        log = log.with(name, value)?;
    }
    let streams = Streams::new(options.job.topology(&options.prefix)?, config(options));
    let streams = match &options.state_dir {
        Some(directory) => {
            let own = if number == 0 { directory.clone() } else { directory.join(number.to_string()) };
            streams.with_engines(RocksDb::new(rocksdb_config(options)), own)
        }
        None => streams,
    };
    let streams = match options.without_assignor {
        Some(true) => streams.with_log(WithoutAssignor(log)),
        Some(false) | None => streams.with_log(log),
    };
    Ok(streams.close_on_signals().start()?)
}

/// A log whose groups take no assignors.
struct WithoutAssignor(KafkaLog);

impl Log for WithoutAssignor {
    fn takes_assignors(&self) -> bool {
        false
    }

    fn consumer(&self, config: &GroupConfig, signal: &Signal) -> Result<Box<dyn GroupConsumer>, LogError> {
        self.0.consumer(config, signal)
    }

    fn fetcher(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Fetching>, LogError> {
        self.0.fetcher(client_id, signal)
    }

    fn producer(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Producing>, LogError> {
        self.0.producer(client_id, signal)
    }

    fn admin(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Administration>, LogError> {
        self.0.admin(client_id, signal)
    }
}

fn config(options: &Options) -> StreamsConfig {
    let defaults = StreamsConfig::new(&options.application);
    StreamsConfig {
        client_id: options.client_id.clone(),
        threads: options.threads,
        instance_id: options.instance_id.clone(),
        group_protocol: options.protocol,
        standby_replicas: options.standbys.unwrap_or(defaults.standby_replicas),
        session_timeout: options.session_ms.map_or(defaults.session_timeout, Duration::from_millis),
        commit_interval: options.commit_ms.map_or(defaults.commit_interval, Duration::from_millis),
        max_warmup_replicas: options.warmups.unwrap_or(defaults.max_warmup_replicas),
        acceptable_recovery_lag: options.acceptable_lag.unwrap_or(defaults.acceptable_recovery_lag),
        events: EventSettings { level: Level::Debug, ..EventSettings::default() },
        ..defaults
    }
}

fn rocksdb_config(options: &Options) -> RocksDbConfig {
    let defaults = RocksDbConfig::default();
    RocksDbConfig {
        memory_bytes_max: options.memory_bytes.unwrap_or(defaults.memory_bytes_max),
        unflushed_records_max: options.unflushed_records.unwrap_or(defaults.unflushed_records_max),
    }
}

/// Ends the process when the test that started it has ended: the test holds the other end of standard input.
fn die_with_the_test() {
    std::thread::spawn(|| {
        // Nothing is written to it. An error means the end, too.
        _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::abort();
    });
}
