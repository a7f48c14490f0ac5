//! What a group has committed, asked for by one of its members.

use std::collections::HashMap;
use std::sync::Arc;

use millstream_log::{CommittedOffset, LogError, LogEvent, Signal};
use millstream_types::{Timestamp, TopicPartition};

use crate::errors::ASK_AGAIN_AFTER;
use crate::native::{Answer, Client, Code, Entry, NativeError, Reply, Requests};
use crate::reader::Reader;

/// Makes a client like the reader's.
pub(crate) type MakeClient = Box<dyn Fn() -> Result<Arc<Client>, LogError> + Send>;

/// Questions for committed offsets, each asked until it is answered.
///
/// They go through the reader's client. But librdkafka remembers a group's coordinator, and does not forget one that was
/// out of the cluster for a moment, as every broker is that starts again: it waits for a connection that nobody opens any
/// more, for as long as somebody keeps asking (2.12, `rd_kafka_coord_cache_get`). So after a question without an answer
/// they go through a new client.
pub(crate) struct CommittedOffsets {
    group_id: String,
    make_client: MakeClient,
    signal: Signal,
    /// In place of the reader's client.
    fresh: Option<Requests>,
    /// By the number of their request.
    asked: HashMap<u64, Vec<TopicPartition>>,
    /// Questions that had no answer, and when to ask again.
    again: Vec<(Timestamp, Vec<TopicPartition>)>,
}

impl CommittedOffsets {
    pub(crate) fn new(group_id: &str, make_client: MakeClient, signal: &Signal) -> Self {
        Self {
            group_id: group_id.to_owned(),
            make_client,
            signal: signal.clone(),
            fresh: None,
            asked: HashMap::new(),
            again: Vec::new(),
        }
    }

    /// Asks for these partitions, of which there must be one.
    pub(crate) fn ask(&mut self, partitions: Vec<TopicPartition>, reader: &mut Reader) {
        let requests = self.fresh.as_mut().unwrap_or_else(|| reader.requests());
        self.asked.insert(requests.committed(&self.group_id, &partitions), partitions);
    }

    /// Takes answers, tells them, and asks again where there was none.
    pub(crate) fn poll(&mut self, now: Timestamp, reader: &mut Reader, told: &mut Vec<LogEvent>) {
        let of_reader = reader.take_answers();
        let answers = self.fresh.as_ref().map(|fresh| std::iter::from_fn(|| fresh.poll()).collect());
        for answer in answers.unwrap_or(of_reader) {
            if let Some(partitions) = self.asked.remove(&answer.number) {
                told.push(self.take(partitions, answer, now));
            }
        }
        let (due, later): (Vec<_>, _) = std::mem::take(&mut self.again).into_iter().partition(|(at, _)| now >= *at);
        self.again = later;
        due.into_iter().for_each(|(_, partitions)| self.ask(partitions, reader));
    }

    fn take(&mut self, partitions: Vec<TopicPartition>, answer: Answer, now: Timestamp) -> LogEvent {
        let error = match read(&partitions, answer) {
            Ok(committed) => return LogEvent::Committed(committed),
            Err(error) => error,
        };
        let has_timed_out = error.code == Code::OperationTimedOut;
        match error.about_group(&self.group_id) {
            refused @ (LogError::Unauthorised { .. } | LogError::Invalid { .. }) => LogEvent::Fatal(refused),
            passing => {
                self.again.push((now + ASK_AGAIN_AFTER, partitions));
                if has_timed_out && let Err(error) = self.ask_elsewhere(now) {
                    return LogEvent::Fatal(error);
                }
                LogEvent::Unavailable(format!("committed offsets: {passing}"))
            }
        }
    }

    /// Asks all that is open through a new client. What the old one may yet answer is not heard: its numbers would be
    /// taken for those of the new one.
    fn ask_elsewhere(&mut self, now: Timestamp) -> Result<(), LogError> {
        self.fresh = Some(Requests::new(&(self.make_client)()?, &self.signal));
        self.again.extend(self.asked.drain().map(|(_, partitions)| (now, partitions)));
        Ok(())
    }
}

/// What the group has for these partitions. What an answer leaves out is not answered: taken for "nothing committed", it
/// would be read from elsewhere.
fn read(
    partitions: &[TopicPartition],
    answer: Answer,
) -> Result<Vec<(TopicPartition, Option<CommittedOffset>)>, NativeError> {
    let mut found = match answer.result? {
        Reply::Offsets(entries) => entries.into_iter().map(Entry::into_committed).collect::<Result<_, _>>()?,
        _ => HashMap::new(),
    };
    let mut of = |partition: &TopicPartition| found.remove(partition).ok_or_else(|| unanswered(partition));
    partitions.iter().map(|partition| Ok((partition.clone(), of(partition)?))).collect()
}

fn unanswered(partition: &TopicPartition) -> NativeError {
    NativeError { code: Code::OffsetNotAvailable, message: format!("the broker left {partition} out of its answer") }
}
