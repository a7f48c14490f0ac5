//! Requests to the broker: topics are created, written, measured, read and deleted.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use millstream::clock::{Clock, MonotonicTime, SystemClock};
use millstream::kafka::KafkaLog;
use millstream::logs::{AdminRequest, AdminResponse, Fetching, Log, LogEvent, NewTopic, RecordView, Signal, StartAt};
use millstream::{Offset, Topic, TopicPartition};

use super::Feeder;
use crate::Outcome;
use crate::workload::records::{Input, PARTITIONS};

/// The time-out of a request to the broker.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A client of the broker.
pub(crate) struct BrokerClient {
    pub(crate) log: KafkaLog,
    pub(crate) signal: Signal,
}

/// The monotonic time now, for polls.
pub(crate) fn now() -> MonotonicTime {
    SystemClock::new().monotonic()
}

/// All partitions of a workload's topic.
pub(crate) fn partitions(topic: &str) -> Vec<TopicPartition> {
    (0..PARTITIONS).map(|number| TopicPartition::new(topic, number)).collect()
}

impl BrokerClient {
    /// A client of the broker at this address.
    pub(crate) fn on(bootstrap: &str) -> Self {
        Self { log: KafkaLog::new(bootstrap), signal: Signal::new() }
    }

    /// A client that sends each record at once.
    pub(crate) fn without_lingering(&self) -> Outcome<Self> {
        Ok(Self { log: self.log.clone().with("linger.ms", "0")?, signal: Signal::new() })
    }

    /// Waits until `attempt` returns a result.
    pub(super) fn until<T>(&self, what: &str, mut attempt: impl FnMut() -> Option<T>) -> Outcome<T> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(response) = attempt() {
                return Ok(response);
            }
            if Instant::now() > deadline {
                return Err(format!("the broker did not within {PATIENCE:?} {what}").into());
            }
            self.signal.wait(Duration::from_millis(5));
        }
    }

    fn ask(&self, request: AdminRequest) -> Outcome<AdminResponse> {
        let mut admin = self.log.admin("compare", &self.signal)?;
        admin.request(request);
        let mut events = Vec::new();
        let response = self.until("respond to an administration request", || {
            admin.poll(now(), &mut events);
            events.drain(..).find_map(|event| match event {
                LogEvent::AdminDone { result, .. } => Some(result),
                _ => None,
            })
        })?;
        Ok(response?)
    }

    /// The topics whose names begin with this.
    pub(crate) fn topics(&self, prefix: &str) -> Outcome<Vec<String>> {
        let AdminResponse::TopicsNamed(topics) = self.ask(AdminRequest::TopicsNamed(prefix.to_owned()))? else {
            return Err("the broker sent another response".into());
        };
        Ok(topics.into_iter().map(|(topic, _)| topic.as_str().to_owned()).collect())
    }

    /// The committed offset of each partition that a group has committed one of.
    pub(crate) fn committed(&self, group: &str) -> Outcome<BTreeMap<TopicPartition, u64>> {
        let AdminResponse::CommittedOffsets(offsets) = self.ask(AdminRequest::CommittedOffsets(group.to_owned()))?
        else {
            return Err("the broker sent another response".into());
        };
        let numbers = offsets.into_iter().map(|(partition, at)| (partition, at.offset.number().unsigned_abs()));
        Ok(numbers.collect())
    }

    /// All partitions of a topic, as many as the broker has.
    fn partitions(&self, topic: &str) -> Outcome<Vec<TopicPartition>> {
        let response = self.ask(AdminRequest::PartitionCounts(vec![Topic::from(topic)]))?;
        let AdminResponse::PartitionCounts(counts) = response else {
            return Err("the broker sent another response".into());
        };
        let count =
            counts.into_iter().find_map(|(_, count)| count).ok_or_else(|| format!("there is no topic {topic}"))?;
        Ok((0..count).map(|number| TopicPartition::new(topic, number)).collect())
    }

    /// Creates a topic.
    pub(crate) fn create(&self, name: &str) -> Outcome<()> {
        self.create_with(name, PARTITIONS, BTreeMap::new())
    }

    /// Creates a topic of one partition.
    pub(crate) fn create_undivided(&self, name: &str) -> Outcome<()> {
        self.create_with(name, 1, BTreeMap::new())
    }

    /// Creates a topic that keeps the last record of each key, as changelogs do.
    pub(crate) fn create_compacted(&self, name: &str) -> Outcome<()> {
        self.create_with(name, PARTITIONS, BTreeMap::from([("cleanup.policy".to_owned(), "compact".to_owned())]))
    }

    fn create_with(&self, name: &str, partitions: u32, config: BTreeMap<String, String>) -> Outcome<()> {
        let topic = NewTopic { name: Topic::from(name), partitions, config };
        if let AdminResponse::CreateTopics(created) = self.ask(AdminRequest::CreateTopics(vec![topic]))? {
            created.into_iter().try_for_each(|(_, result)| result)?;
        }
        Ok(())
    }

    /// Whether the topic exists.
    pub(crate) fn exists(&self, topic: &str) -> Outcome<bool> {
        let response = self.ask(AdminRequest::PartitionCounts(vec![Topic::from(topic)]))?;
        Ok(
            matches!(response, AdminResponse::PartitionCounts(counts) if counts.iter().any(|(_, count)| count.is_some())),
        )
    }

    /// The end of each partition of a topic.
    pub(crate) fn ends(&self, topic: &str) -> Outcome<Vec<u64>> {
        let AdminResponse::OffsetRanges(ranges) = self.ask(AdminRequest::OffsetRanges(self.partitions(topic)?))? else {
            return Err("the broker sent another response".into());
        };
        let mut ends: Vec<_> =
            ranges.into_iter().map(|(partition, range)| Ok((partition, range?.1))).collect::<Outcome<_>>()?;
        ends.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        Ok(ends.into_iter().map(|(_, end)| end.number().unsigned_abs()).collect())
    }

    /// Deletes the records of a topic.
    pub(crate) fn empty(&self, topic: &str) -> Outcome<()> {
        let ends = self.ends(topic)?.into_iter().map(|end| Offset::new(end.cast_signed()));
        self.ask(AdminRequest::DeleteRecords(self.partitions(topic)?.into_iter().zip(ends).collect()))?;
        Ok(())
    }

    /// Creates a topic with these records in it.
    pub(crate) fn feed(&self, name: &str, input: Input, records: u64) -> Outcome<()> {
        self.create(name)?;
        self.fill(name, input, records)
    }

    /// Writes these records to a topic.
    pub(crate) fn fill(&self, name: &str, input: Input, records: u64) -> Outcome<()> {
        let mut feeder = Feeder::new(self, name)?;
        let mut failure = None;
        input.for_each(records, |record| {
            if failure.is_none() {
                failure = feeder.append(record).err();
            }
        });
        failure.map_or_else(|| feeder.finish(), Err)
    }

    /// Calls `each` with every record of a topic and its partition's number, from the beginning to the current end.
    pub(crate) fn read(&self, topic: &str, mut each: impl FnMut(u32, RecordView<'_>)) -> Outcome<()> {
        let ends = self.ends(topic)?;
        let mut left: u64 = ends.iter().sum();
        let mut fetcher = self.log.fetcher("compare", &self.signal)?;
        let begin: Vec<_> =
            self.partitions(topic)?.into_iter().map(|partition| (partition, StartAt::Earliest)).collect();
        fetcher.assign(&begin);
        while left > 0 {
            let chunks = self.until("hand out records", || next_events(&mut *fetcher))?;
            for event in chunks {
                let chunk = match event {
                    LogEvent::Chunk(chunk) => chunk,
                    LogEvent::FetchFailed { error, .. } => return Err(error.into()),
                    _ => continue,
                };
                let number = chunk.partition.partition.number();
                chunk.iter().for_each(|record| each(number, record));
                left = left.saturating_sub(chunk.len() as u64);
            }
        }
        Ok(())
    }
}

fn next_events(fetcher: &mut dyn Fetching) -> Option<Vec<LogEvent>> {
    let mut events = Vec::new();
    fetcher.poll(now(), &mut |_| true, &mut events);
    (!events.is_empty()).then_some(events)
}
