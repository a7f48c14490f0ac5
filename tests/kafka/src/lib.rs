//! What the tests on a real broker are written with: the word count, its input, and what must come out.
#![allow(clippy::disallowed_methods, reason = "tests of the real thing, in real time")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use millstream::kafka::KafkaLog;
use millstream::log::{AdminRequest, AdminResponse, Log, LogEvent, NewTopic, Signal, StartAt, TopicState};
use millstream::{Data, Headers, Partition, StreamsBuilder, Timestamp, Topic, TopicPartition, Topology, TopologyError};

/// How many partitions the topics of the word count have.
pub const PARTITIONS: u32 = 4;

/// How long a test waits for something that must happen.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// The word count from the README, from `lines` to `counts`.
///
/// # Errors
/// Never: the topology is sound.
pub fn word_count() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    builder
        .stream::<(), String>("lines")
        .flat_map_values(|_key, line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .group_by(|_key, word| word.clone())
        .count("word-counts")
        .to_stream()
        .to("counts");
    builder.build()
}

/// Ten words to a line, of 5,000 different ones, always the same.
#[must_use]
pub fn lines(words: usize) -> Vec<String> {
    let mut state = 42_u64;
    let mut word = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("word{:04}", (state >> 33) % 5_000)
    };
    (0..words / 10).map(|_| (0..10).map(|_| word()).collect::<Vec<_>>().join(" ")).collect()
}

/// How often each word stands in these lines.
#[must_use]
pub fn counted(lines: &[String]) -> BTreeMap<String, i64> {
    let mut counts = BTreeMap::new();
    for word in lines.iter().flat_map(|line| line.split_whitespace()) {
        *counts.entry(word.to_owned()).or_default() += 1;
    }
    counts
}

/// The present time, in the words of the log traits.
///
/// # Panics
/// When the clock stands before 1970.
#[must_use]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    Timestamp::from_millis(i64::try_from(since.as_millis()).expect("not in this age of the world"))
}

/// Hands on a broker.
#[derive(Debug)]
pub struct Hands {
    /// The broker as a log.
    pub log: KafkaLog,
    signal: Signal,
}

impl Hands {
    /// Hands on the broker at this address.
    #[must_use]
    pub fn on(bootstrap: &str) -> Self {
        Self { log: KafkaLog::new(bootstrap), signal: Signal::new() }
    }

    /// Tries until there is an answer.
    ///
    /// # Panics
    /// When there is none in time.
    pub fn until<T>(&self, what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(answer) = attempt() {
                return answer;
            }
            assert!(Instant::now() < deadline, "within {PATIENCE:?} it did not happen that {what}");
            self.signal.wait(Duration::from_millis(10));
        }
    }

    /// Creates topics.
    ///
    /// # Panics
    /// When that fails.
    pub fn create(&self, names: &[&str]) {
        let topic =
            |name: &&str| NewTopic { name: Topic::from(*name), partitions: PARTITIONS, config: BTreeMap::new() };
        let mut admin = self.log.admin("hands", &self.signal).expect("an administrator");
        admin.request(AdminRequest::CreateTopics(names.iter().map(topic).collect()));
        let created = self.until("topics are created", || {
            let mut events = Vec::new();
            admin.poll(now(), &mut events);
            events.into_iter().find_map(|event| match event {
                LogEvent::AdminDone { result: Ok(AdminResponse::CreateTopics(created)), .. } => Some(created),
                LogEvent::AdminDone { result, .. } => panic!("topics were answered with {result:?}"),
                _ => None,
            })
        });
        assert!(created.iter().all(|(_, result)| result.is_ok()), "{created:?}");
    }

    /// Writes lines, one partition after the other, and waits until all are durable.
    ///
    /// # Panics
    /// When one is refused.
    pub fn write(&self, topic: &str, lines: &[String]) {
        let topic = Topic::from(topic);
        let mut producer = self.log.producer("hands", &self.signal).expect("a producer");
        self.until("the topic is found", || {
            producer.poll(now(), &mut Vec::new());
            matches!(producer.topic(&topic), TopicState::Ready { .. }).then_some(())
        });
        let mut acknowledged = 0;
        let mut poll = |producer: &mut Box<dyn millstream::log::Producing>| {
            let mut events = Vec::new();
            producer.poll(now(), &mut events);
            for event in events {
                match event {
                    LogEvent::Acknowledged { up_to } => acknowledged = up_to,
                    LogEvent::ProduceFailed { partition, error } => panic!("{partition}: {error}"),
                    _ => {}
                }
            }
            acknowledged
        };
        for (number, line) in (0_u32..).zip(lines) {
            let at = Timestamp::from_millis(1_700_000_000_000 + i64::from(number));
            let partition = Partition::new(number % PARTITIONS);
            self.until("there is room for a line", || {
                let is_taken = producer.append(&topic, partition, at, None, Some(line.as_bytes()), &Headers::new());
                if !is_taken {
                    poll(&mut producer);
                }
                is_taken.then_some(())
            });
        }
        producer.flush();
        self.until("all lines are written", || (poll(&mut producer) == producer.appended()).then_some(()));
    }

    /// Follows the output until its latest counts satisfy the caller.
    ///
    /// # Panics
    /// When they never do.
    pub fn read_counts(&self, is_enough: impl Fn(&BTreeMap<String, i64>) -> bool) -> BTreeMap<String, i64> {
        let mut fetcher = self.log.fetcher("hands", &self.signal).expect("a fetcher");
        let all = (0..PARTITIONS).map(|number| (TopicPartition::new("counts", number), StartAt::Earliest));
        fetcher.assign(&all.collect::<Vec<_>>());
        let mut counts = BTreeMap::new();
        self.until("all words are counted", || {
            let mut events = Vec::new();
            fetcher.poll(now(), &mut |_| true, &mut events);
            for event in events {
                let LogEvent::Chunk(chunk) = event else { continue };
                for record in chunk.iter() {
                    let word = String::decode(record.key().unwrap_or_default()).expect("a word");
                    counts.insert(word, i64::decode(record.value().unwrap_or_default()).expect("a count"));
                }
            }
            is_enough(&counts).then_some(())
        });
        counts
    }

    /// Follows the output until that many words are counted.
    ///
    /// # Panics
    /// When they never are.
    pub fn await_counts(&self, words: i64) -> BTreeMap<String, i64> {
        self.read_counts(|counts| counts.values().sum::<i64>() >= words)
    }
}
