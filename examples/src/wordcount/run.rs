//! Counts the words of the inputs.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use millstream::events::{Event, EventSettings, State};
use millstream::logs::{InProcessLog, LogError, NewTopic};
use millstream::{Data, Streams, StreamsConfig, StreamsHandle, TopicPartition};

use super::feed::Feeder;
use super::lines::Fed;
use super::topology::{APPLICATION_ID, COUNTS, LINES, REPARTITION, STORE, topology};
use super::{Inputs, Progress, Report, Stage, WordCountError};

/// How often the run checks whether it is done; also the commit interval.
const TICK: Duration = Duration::from_millis(10);

/// How often the runtime commits, and deletes what it has read of the repartition topic.
const COMMIT_INTERVAL: Duration = Duration::from_millis(100);

/// How long closing may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(30);

/// What to count, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The texts.
    pub inputs: Inputs,
    /// Stream threads, at least 1.
    pub threads: usize,
    /// Partitions of each topic, at least 1.
    pub partitions: u32,
}

/// Counts the words of all inputs through the whole pipeline on an in-process log.
///
/// `watch` is called every few milliseconds, `listen` with every event of the application, on whatever thread it happens.
///
/// # Errors
/// When an input cannot be read, or the application fails.
pub fn run(
    settings: &Settings,
    watch: &mut dyn FnMut(&Progress),
    listen: impl Fn(&Event) + Send + Sync + 'static,
) -> Result<Report, WordCountError> {
    let begin = Instant::now();
    let log = create_log(settings.partitions)?;
    let streams =
        Streams::new(topology(LINES, COUNTS)?, config(settings)).with_log(log.clone()).with_listener(listen).start()?;
    let run = Run { settings, log, streams, fed: Arc::default(), begin };
    let feeding = run.start_feeding()?;
    let result = run.wait_for(feeding, watch);
    run.fed.stop.store(true, Ordering::Relaxed);
    result?;
    run.finish()
}

struct Run<'a> {
    settings: &'a Settings,
    log: InProcessLog,
    streams: StreamsHandle,
    fed: Arc<Fed>,
    begin: Instant,
}

type Feeding = JoinHandle<Result<(), WordCountError>>;

impl Run<'_> {
    /// Starts to feed on its own thread, since reading may block.
    fn start_feeding(&self) -> Result<Feeding, WordCountError> {
        let feeder = Feeder::new(&self.log, self.settings.partitions, Arc::clone(&self.fed))?;
        let inputs = self.settings.inputs.list.clone();
        let feed = move || feeder.feed(&inputs);
        thread::Builder::new().name("wordcount-feeder".to_owned()).spawn(feed).map_err(WordCountError::Thread)
    }

    /// Waits until all is fed and counted.
    fn wait_for(&self, feeding: Feeding, watch: &mut dyn FnMut(&Progress)) -> Result<(), WordCountError> {
        let mut feeding = Some(feeding);
        loop {
            if let State::Error | State::Failing | State::Closed = self.streams.state() {
                return Err(WordCountError::Stopped(self.streams.failure()));
            }
            if let Some(fed) = feeding.take_if(|feeding| feeding.is_finished()) {
                fed.join().unwrap_or(Err(WordCountError::Panicked))?;
            }
            if feeding.is_none() && self.is_counted()? {
                return Ok(());
            }
            watch(&self.progress());
            thread::sleep(TICK);
        }
    }

    /// Whether every line, and then every word, is processed and committed.
    ///
    /// Lines are committed after their words are in the repartition topic, so its end is known once they are.
    fn is_counted(&self) -> Result<bool, LogError> {
        let committed = self.log.committed(APPLICATION_ID);
        let is_done = |topic: &str| -> Result<bool, LogError> {
            for partition in self.partitions(topic) {
                let end = self.log.offset_range(&partition)?.1;
                if committed.get(&partition).map_or(end.number() > 0, |place| place.offset < end) {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        Ok(self.log.partition_count(REPARTITION).is_some() && is_done(LINES)? && is_done(REPARTITION)?)
    }

    fn partitions(&self, topic: &str) -> impl Iterator<Item = TopicPartition> {
        let count = self.log.partition_count(topic).unwrap_or(0);
        let topic = millstream::Topic::from(topic);
        (0..count).map(move |number| TopicPartition::new(&topic, number))
    }

    fn progress(&self) -> Progress {
        Progress {
            elapsed: self.begin.elapsed(),
            bytes: self.fed.bytes.load(Ordering::Relaxed),
            bytes_in_all: self.settings.inputs.bytes,
            metrics: self.streams.metrics(),
        }
    }

    /// Closes the application and collects the result.
    fn finish(self) -> Result<Report, WordCountError> {
        self.streams.close_blocking(CLOSE_LIMIT)?;
        let counts = read_counts(&self.log)?.into_iter().collect();
        let elapsed = self.begin.elapsed();
        Ok(Report {
            elapsed,
            bytes: self.fed.bytes.load(Ordering::Relaxed),
            lines: self.fed.lines.load(Ordering::Relaxed),
            notes: self.fed.notes(),
            binary_files: self.settings.inputs.binary,
            texts: self.settings.inputs.list.len(),
            stages: self.stages()?,
            counts,
        })
    }

    fn stages(&self) -> Result<Vec<Stage>, LogError> {
        let changelog = format!("{APPLICATION_ID}-{STORE}-changelog");
        let stages = [
            ("lines into the source topic", LINES),
            ("words through the repartition topic", REPARTITION),
            ("updates into the store's changelog", changelog.as_str()),
            ("counts into the output topic", COUNTS),
        ];
        let stage = |(what, topic)| -> Result<Stage, LogError> {
            let ends = self.partitions(topic).map(|partition| Ok(self.log.offset_range(&partition)?.1.number()));
            let records = ends.sum::<Result<i64, LogError>>()?;
            Ok(Stage { what, records: records.unsigned_abs() })
        };
        stages.into_iter().map(stage).collect()
    }
}

fn create_log(partitions: u32) -> Result<InProcessLog, LogError> {
    let log = InProcessLog::new();
    log.create_topic(LINES, partitions)?;
    let config = BTreeMap::from([("cleanup.policy".to_owned(), "compact".to_owned())]);
    log.create_topic_with(NewTopic { name: COUNTS.into(), partitions, config })?;
    Ok(log)
}

fn config(settings: &Settings) -> StreamsConfig {
    StreamsConfig {
        threads: settings.threads,
        commit_interval: COMMIT_INTERVAL,
        repartition_purge_interval: COMMIT_INTERVAL,
        // Standard output is for the counts.
        events: EventSettings { lines: false, ..EventSettings::default() },
        ..StreamsConfig::new(APPLICATION_ID)
    }
}

/// The last count of each word in the output topic.
fn read_counts(log: &InProcessLog) -> Result<HashMap<String, i64>, WordCountError> {
    let mut counts = HashMap::new();
    for record in log.records(COUNTS)? {
        let word = String::decode(record.key.as_deref().unwrap_or_default())?;
        match record.value {
            Some(count) => counts.insert(word, i64::decode(&count)?),
            None => counts.remove(&word),
        };
    }
    Ok(counts)
}
