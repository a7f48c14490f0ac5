//! What a group has committed, asked for by one of its members.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use millstream_log::{CommittedOffset, LogError, LogEvent, Signal};
use millstream_types::{MonotonicTime, TopicPartition};

use crate::errors::ASK_AGAIN_AFTER;
use crate::native::{Answer, Client, Code, Entry, NativeError, Reply, Requests};

/// Makes a client like the reader's, a consumer of the group that never joins it.
pub(crate) type MakeClient = Box<dyn Fn() -> Result<Arc<Client>, LogError> + Send>;

/// A question that has no answer for so long goes to a new client: a member has its partitions and waits to begin.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// Questions for committed offsets, each asked until it is answered.
///
/// They go through a client of their own, which is there as long as a question is open, and no longer than they have to
/// wait for its answers: librdkafka (2.12) may never give one, and must not be left alone with such a question.
/// * It remembers a group's coordinator, and does not forget one that was out of the cluster for a moment, as every broker
///   is that starts again: it waits for a connection that nobody opens any more (`rd_kafka_coord_cache_get`).
/// * If it has told that the time for an answer is over, and then finds the coordinator after all, it aborts the process
///   (`rd_kafka_admin_coord_request` gives its request up, and is asked to do it once more).
pub(crate) struct CommittedOffsets {
    group_id: String,
    make_client: MakeClient,
    signal: Signal,
    asking: Option<Asking>,
    /// Questions that are not asked yet, or had no answer, and when to ask them.
    to_ask: Vec<(Option<MonotonicTime>, Vec<TopicPartition>)>,
}

/// Open questions.
struct Asking {
    requests: Requests,
    /// By the number of their request.
    open: HashMap<u64, Vec<TopicPartition>>,
    deadline: MonotonicTime,
}

impl CommittedOffsets {
    pub(crate) fn new(group_id: &str, make_client: MakeClient, signal: &Signal) -> Self {
        Self { group_id: group_id.to_owned(), make_client, signal: signal.clone(), asking: None, to_ask: Vec::new() }
    }

    /// Asks for these partitions, of which there must be one, with the next poll.
    pub(crate) fn ask(&mut self, partitions: Vec<TopicPartition>) {
        self.to_ask.push((None, partitions));
        self.signal.raise();
    }

    /// Takes answers, tells them, and asks again where there was none.
    pub(crate) fn poll(&mut self, now: MonotonicTime, told: &mut Vec<LogEvent>) {
        while let Some((partitions, answer)) = self.asking.as_mut().and_then(Asking::next_answer) {
            told.push(self.take(partitions, answer, now));
        }
        if let Some(given_up) = self.asking.take_if(|asking| now >= asking.deadline) {
            self.to_ask.extend(given_up.open.into_values().map(|partitions| (None, partitions)));
            let reason = "the group's coordinator has not answered; it is asked through a new client";
            told.push(LogEvent::Unavailable(format!("committed offsets: {reason}")));
        }
        let is_due = |(at, _): &(Option<MonotonicTime>, _)| at.is_none_or(|at| now >= at);
        for (_, partitions) in self.to_ask.extract_if(.., |question| is_due(question)).collect::<Vec<_>>() {
            if let Err(error) = self.ask_now(partitions, now) {
                told.push(LogEvent::Fatal(error));
            }
        }
        self.asking.take_if(|asking| asking.open.is_empty());
    }

    fn ask_now(&mut self, partitions: Vec<TopicPartition>, now: MonotonicTime) -> Result<(), LogError> {
        let asking = match &mut self.asking {
            Some(asking) => asking,
            None => {
                let requests = Requests::new(&(self.make_client)()?, &self.signal);
                self.asking.insert(Asking { requests, open: HashMap::new(), deadline: now })
            }
        };
        asking.deadline = now + ANSWERED_WITHIN;
        asking.open.insert(asking.requests.committed(&self.group_id, &partitions), partitions);
        Ok(())
    }

    fn take(&mut self, partitions: Vec<TopicPartition>, answer: Answer, now: MonotonicTime) -> LogEvent {
        match read(&partitions, answer).map_err(|error| error.about_group(&self.group_id)) {
            Ok(committed) => LogEvent::Committed(committed),
            Err(refused @ (LogError::Unauthorised { .. } | LogError::Invalid { .. })) => LogEvent::Fatal(refused),
            Err(passing) => {
                self.to_ask.push((Some(now + ASK_AGAIN_AFTER), partitions));
                LogEvent::Unavailable(format!("committed offsets: {passing}"))
            }
        }
    }
}

impl Asking {
    /// The next answer to one of the open questions.
    fn next_answer(&mut self) -> Option<(Vec<TopicPartition>, Answer)> {
        let answer = self.requests.poll()?;
        Some((self.open.remove(&answer.number)?, answer))
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
