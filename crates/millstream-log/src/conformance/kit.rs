//! Helpers for the cases: waiting, topics, records.

use std::collections::BTreeMap;
use std::sync::Arc;

use millstream_types::{Headers, Offset, Partition, RecordBytes, Timestamp, Topic, TopicPartition};

use super::harness::Harness;
use crate::{
    AdminRequest, AdminResponse, Chunk, Fetching, Log, LogError, LogEvent, NewTopic, Producing, Signal, StartAt,
    TopicState,
};

/// A record that is sent or was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) timestamp: Timestamp,
    pub(super) key: Option<Vec<u8>>,
    pub(super) value: Option<Vec<u8>>,
    pub(super) headers: Headers,
}

impl Sample {
    pub(super) fn new(value: impl Into<Vec<u8>>) -> Self {
        let timestamp = Timestamp::from_millis(1_700_000_000_000);
        Self { timestamp, key: None, value: Some(value.into()), headers: Headers::new() }
    }

    /// `count` records with their numbers as values.
    pub(super) fn numbered(count: usize) -> Vec<Self> {
        (0..count).map(|number| Self::new(number.to_string())).collect()
    }
}

/// The records of a chunk.
pub(super) fn samples(chunk: &Chunk) -> Vec<Sample> {
    let sample = |index| {
        let view = chunk.record(index);
        Sample {
            timestamp: view.timestamp(),
            key: view.key().map(<[u8]>::to_vec),
            value: view.value().map(<[u8]>::to_vec),
            headers: view.headers(),
        }
    };
    (0..chunk.len()).map(sample).collect()
}

/// The log with helpers for a case.
pub(super) struct Kit<'a> {
    pub(super) harness: &'a dyn Harness,
    pub(super) log: Arc<dyn Log>,
    pub(super) signal: Signal,
}

impl<'a> Kit<'a> {
    pub(super) fn new(harness: &'a dyn Harness) -> Self {
        Self { harness, log: harness.log(), signal: Signal::new() }
    }

    /// Repeats the attempt until it returns something.
    #[track_caller]
    pub(super) fn until<T>(&self, what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
        let patience = self.harness.patience();
        let deadline = self.harness.now() + patience;
        loop {
            if let Some(result) = attempt() {
                return result;
            }
            assert!(self.harness.now() < deadline, "not within {patience:?}: {what}");
            self.harness.wait(&self.signal);
        }
    }

    /// Repeats a check for long enough to conclude that something does not happen.
    pub(super) fn for_a_while(&self, mut look: impl FnMut()) {
        let deadline = self.harness.now() + self.harness.quiet_time();
        while self.harness.now() < deadline {
            look();
            self.harness.wait(&self.signal);
        }
    }

    /// The response to an administrative request.
    #[track_caller]
    pub(super) fn request(&self, request: AdminRequest) -> Result<AdminResponse, LogError> {
        let mut admin = self.log.admin("conformance", &self.signal).expect("an administrator");
        let requested = admin.request(request);
        self.until("an administrator responds", || {
            let mut events = Vec::new();
            admin.poll(self.harness.now(), &mut events);
            events.into_iter().find_map(|event| match event {
                LogEvent::AdminDone { token, result } if token == requested => Some(result),
                _ => None,
            })
        })
    }

    /// A new topic, once it is known to the whole log.
    #[track_caller]
    pub(super) fn topic(&self, stem: &str, partitions: u32) -> Topic {
        let name = Topic::from(self.harness.unique_name(stem));
        let topic = NewTopic { name: name.clone(), partitions, config: BTreeMap::new() };
        match self.request(AdminRequest::CreateTopics(vec![topic])) {
            Ok(AdminResponse::CreateTopics(created)) => assert_eq!(created, [(name.clone(), Ok(()))]),
            other => panic!("the response to the creation of a topic is {other:?}"),
        }
        name
    }

    /// A producer for which the topic is ready.
    #[track_caller]
    pub(super) fn producer(&self, topic: &Topic) -> Box<dyn Producing> {
        let mut producer = self.log.producer("conformance", &self.signal).expect("a producer");
        self.until("a producer finds a topic", || {
            let mut events = Vec::new();
            producer.poll(self.harness.now(), &mut events);
            matches!(producer.topic(topic), TopicState::Ready { .. }).then_some(())
        });
        producer
    }

    /// Appends a record, and waits while the buffer is full.
    #[track_caller]
    pub(super) fn append(&self, producer: &mut dyn Producing, partition: &TopicPartition, sample: &Sample) {
        let (key, value) = (sample.key.as_deref(), sample.value.as_deref());
        self.until("a producer takes a record", || {
            let (topic, number) = (&partition.topic, partition.partition);
            producer
                .append(topic, number, &RecordBytes::new(sample.timestamp, key, value).with_headers(&sample.headers))
                .then_some(())
        });
    }

    /// Waits until all records are acknowledged or refused. Returns the errors.
    #[track_caller]
    pub(super) fn settle(&self, producer: &mut dyn Producing) -> Vec<LogError> {
        let (mut acknowledged, mut failed) = (0, Vec::new());
        producer.flush();
        self.until("all is acknowledged or refused", || {
            let mut events = Vec::new();
            producer.poll(self.harness.now(), &mut events);
            for event in events {
                match event {
                    LogEvent::Acknowledged { up_to } => {
                        assert!(up_to > acknowledged, "acknowledgements go forward");
                        acknowledged = up_to;
                    }
                    LogEvent::ProduceFailed { error, .. } => failed.push(error),
                    _ => {}
                }
            }
            (acknowledged == producer.appended() || failed.len() as u64 == producer.appended()).then_some(())
        });
        failed
    }

    /// Writes records to a partition, and waits until they are acknowledged.
    #[track_caller]
    pub(super) fn write(&self, partition: &TopicPartition, samples: &[Sample]) {
        let mut producer = self.producer(&partition.topic);
        for sample in samples {
            self.append(&mut *producer, partition, sample);
        }
        assert_eq!(self.settle(&mut *producer), [], "all records must be accepted");
    }

    pub(super) fn fetcher(&self) -> Box<dyn Fetching> {
        self.log.fetcher("conformance", &self.signal).expect("a fetcher")
    }

    /// One poll for all partitions.
    pub(super) fn poll(&self, fetcher: &mut (impl Fetching + ?Sized)) -> Vec<LogEvent> {
        let mut events = Vec::new();
        fetcher.poll(self.harness.now(), &mut |_| true, &mut events);
        events
    }

    /// Polls until `count` records of a partition are read. Checks that offsets continue from chunk to chunk.
    #[track_caller]
    pub(super) fn collect(&self, fetcher: &mut dyn Fetching, partition: &TopicPartition, count: usize) -> Vec<Sample> {
        let (mut seen, mut next): (Vec<Sample>, Option<Offset>) = (Vec::new(), None);
        self.until("enough records are read", || {
            for event in self.poll(fetcher) {
                match event {
                    LogEvent::Chunk(chunk) if chunk.partition == *partition => {
                        assert_offsets(&chunk, next);
                        next = Some(chunk.next_offset);
                        seen.extend(samples(&chunk));
                    }
                    LogEvent::FetchFailed { partition, error } => panic!("{partition} cannot be read: {error}"),
                    _ => {}
                }
            }
            (seen.len() >= count).then_some(())
        });
        seen
    }

    /// The first `count` records of a partition from `start_at` on.
    #[track_caller]
    pub(super) fn read(&self, partition: &TopicPartition, start_at: StartAt, count: usize) -> Vec<Sample> {
        let mut fetcher = self.fetcher();
        fetcher.assign(&[(partition.clone(), start_at)]);
        self.collect(&mut *fetcher, partition, count)
    }
}

/// Asserts that offsets increase, do not begin before `from`, and that `next_offset` is after the last.
#[track_caller]
fn assert_offsets(chunk: &Chunk, from: Option<Offset>) {
    let offsets: Vec<Offset> = chunk.iter().map(|record| record.offset()).collect();
    assert!(offsets.is_sorted_by(|left, right| left < right), "offsets increase within a chunk: {offsets:?}");
    assert!(
        offsets.first() >= from.as_ref().filter(|_| !offsets.is_empty()),
        "a chunk begins where the last one ended"
    );
    assert!(offsets.last().is_none_or(|last| *last < chunk.next_offset), "the next offset is after the last record");
    assert!(chunk.next_offset <= chunk.end_offset, "the end is known to be at least as far as was read");
}

/// Partition 0 of a topic.
pub(super) fn first(topic: &Topic) -> TopicPartition {
    TopicPartition { topic: topic.clone(), partition: Partition::new(0) }
}
