//! Measures tasks with the in-process log: the time per record, and counted words per second.
//!
//! `cargo run --release -p millstream-task --example task_throughput`

#![expect(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a measurement reads the clock and prints")]

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use millstream_changelog::{Restorer, TurnLimit};
use millstream_core::{Materialized, PartitionCounts, StreamsBuilder, Topology};
use millstream_log::{Fetching, InProcessLog, Log, LogEvent, NewTopic, Signal, StartAt};
use millstream_observe::SystemClock;
use millstream_observe::events::{EventSettings, EventSink};
use millstream_observe::metrics::MetricsRegistry;
use millstream_state::Backing;
use millstream_task::{
    CommitProgress, CommitScope, Committer, Outbox, Participants, Task, TaskSettings, Tasks, restore_stores,
};
use millstream_types::{MonotonicTime, Now, RecordBytes, TaskId, Timestamp, TopicPartition};

const NOW: Now = Now { wall: Timestamp::from_millis(0), monotonic: MonotonicTime::START };
const COMMIT_INTERVAL: Duration = Duration::from_millis(100);
const RECORDS: usize = 2_000_000;
const WORDS_PER_LINE: usize = 10;
const LINES: usize = 400_000;
const VOCABULARY: usize = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    let records = (0..RECORDS).map(|number| format!("value-{number}"));
    let took = run(&stateless()?, records)?;
    println!("filter, map_values and to: {:.0} ns a record", took.as_secs_f64() * 1e9 / RECORDS as f64);

    let took = run(&word_count()?, (0..LINES).map(line))?;
    let words = (LINES * WORDS_PER_LINE) as f64;
    println!("word count, two tasks: {:.2} million words/s", words / took.as_secs_f64() / 1e6);
    Ok(())
}

fn stateless() -> Result<Topology, Box<dyn Error>> {
    let builder = StreamsBuilder::new();
    let stream = builder.stream::<String, String>("in");
    stream.filter(|_key, value| !value.is_empty()).map_values(|_key, value| value).to("out");
    Ok(builder.build()?)
}

fn word_count() -> Result<Topology, Box<dyn Error>> {
    let builder = StreamsBuilder::new();
    let lines = builder.stream::<String, String>("in");
    let words = lines.flat_map_values(|_key, line: String| line.split(' ').map(str::to_owned).collect::<Vec<_>>());
    words.group_by(|_key, word| word.clone()).count(Materialized::named("counts")).to_stream().to("out");
    Ok(builder.build()?)
}

fn line(number: usize) -> String {
    let words = (0..WORDS_PER_LINE).map(|place| {
        let mixed = (number * WORDS_PER_LINE + place).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
        format!("word{}", mixed % VOCABULARY)
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Runs the topology with these values and a commit every 100 ms. Returns how long it took.
fn run(topology: &Topology, values: impl Iterator<Item = String>) -> Result<Duration, Box<dyn Error>> {
    let log = InProcessLog::new();
    let counts = PartitionCounts::resolve(topology.subtopologies(), |_| Some(1))?;
    for topic in ["in", "out"] {
        log.create_topic(topic, 1)?;
    }
    for (name, partitions, topic) in counts.internal_topics(topology.subtopologies(), "app") {
        log.create_topic_with(NewTopic { name, partitions, config: topic.config.clone() })?;
    }
    let mut input = log.producer("input", &Signal::new())?;
    for value in values {
        let taken = input.append(
            &"in".into(),
            Default::default(),
            &RecordBytes::new(NOW.wall, Some(b"k"), Some(value.as_bytes())),
        );
        assert!(taken, "the log takes what it is sent");
    }
    input.flush();
    Runner::new(topology, &counts, &log)?.run()
}

struct Runner {
    fetcher: Box<dyn Fetching>,
    participants: Participants,
    tasks: Tasks,
    committer: Committer,
    events: Vec<LogEvent>,
}

impl Runner {
    fn new(topology: &Topology, counts: &PartitionCounts, log: &InProcessLog) -> Result<Self, Box<dyn Error>> {
        let signal = Signal::new();
        let silent = EventSettings { lines: false, ..EventSettings::default() };
        let events = EventSink::to_writer("app", &silent, Arc::new(SystemClock::new()), std::io::sink());
        let (settings, metrics) = (TaskSettings::new("app"), MetricsRegistry::new("app"));
        let mut tasks = Tasks::default();
        for subtopology in topology.subtopologies() {
            let id = TaskId::new(subtopology.id, 0);
            let mut in_memory = |_: &millstream_core::StoreInfo| Backing::InMemory;
            tasks.insert(Task::build(topology, id, counts, &settings, &mut in_memory, &events, &metrics)?);
        }
        let mut outbox = Outbox::new(log.producer("tasks", &signal)?, settings.handlers.clone());
        let mut restorer = Restorer::new(log.fetcher("restore", &signal)?, log.admin("restore", &signal)?);
        while !tasks.are_all_running() {
            for task in tasks.iter_mut() {
                task.advance(NOW, &mut outbox, &mut restorer)?;
            }
            restore_stores(
                &mut restorer,
                tasks.by_id_mut(),
                &mut BTreeMap::new(),
                NOW.monotonic,
                &mut TurnLimit::none(),
            );
        }
        let mut fetcher = log.fetcher("tasks", &signal)?;
        let starts: Vec<_> = tasks.partitions().map(|partition| (partition.clone(), StartAt::Earliest)).collect();
        fetcher.assign(&starts);
        let participants = Participants::new(outbox);
        Ok(Self { fetcher, participants, tasks, committer: Committer::default(), events: Vec::new() })
    }

    fn run(mut self) -> Result<Duration, Box<dyn Error>> {
        let started = Instant::now();
        let mut committed = started;
        loop {
            let is_idle = self.turn()?;
            if is_idle || committed.elapsed() >= COMMIT_INTERVAL {
                let has_committed = self.commit()?;
                committed = Instant::now();
                if is_idle && !has_committed {
                    return Ok(started.elapsed());
                }
            }
        }
    }

    fn turn(&mut self) -> Result<bool, Box<dyn Error>> {
        let tasks = &self.tasks;
        let mut wants = |partition: &TopicPartition| tasks.wants(partition);
        self.fetcher.poll(NOW.monotonic, &mut wants, &mut self.events);
        let mut is_idle = self.events.is_empty();
        for event in self.events.drain(..) {
            if let LogEvent::Chunk(chunk) = event {
                self.tasks.add_chunk(chunk);
            }
        }
        for task in self.tasks.iter_mut() {
            is_idle &= task.step(NOW, 10_000, &mut self.participants.outbox)?.is_idle();
        }
        self.participants.outbox.poll(NOW).map_err(|failure| failure.to_string())?;
        Ok(is_idle)
    }

    fn commit(&mut self) -> Result<bool, Box<dyn Error>> {
        let uncommitted = self.tasks.uncommitted();
        let has_committed = !uncommitted.is_empty();
        self.committer.begin(&self.tasks, &uncommitted, NOW);
        loop {
            let mut scope = CommitScope { tasks: &mut self.tasks, participants: &mut self.participants };
            match self.committer.advance(&mut scope, NOW, &mut TurnLimit::none())? {
                CommitProgress::Advanced | CommitProgress::TurnOver => {}
                CommitProgress::Waiting => self.participants.outbox.poll(NOW).map_err(|failure| failure.to_string())?,
                CommitProgress::OffsetsReady => self.committer.offsets_settled(Ok(())),
                CommitProgress::Ended => return Ok(has_committed),
            }
        }
    }
}
