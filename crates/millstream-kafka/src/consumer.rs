//! A group member that reads: one client for the group, one for the records.

use std::collections::HashMap;
use std::time::Duration;

use millstream_log::{CommittedOffset, Fetching, GroupConfig, LogError, LogEvent, Membership, Signal, StartAt};
use millstream_types::{Timestamp, Topic, TopicPartition};

use crate::admission::Admission;
use crate::leaving::{Farewell, Leaving};
use crate::member::Member;
use crate::native::{Answer, Code, Entry, NativeError, Reply};
use crate::reader::Reader;

/// What could not be fetched is asked for again after this.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// The group consumer of the log traits.
pub(crate) struct Consumer {
    group_id: String,
    is_static: bool,
    admission: Admission,
    standing: Standing,
    reader: Reader,
    signal: Signal,
    /// Questions for committed offsets, by the number of their request.
    asked: HashMap<u64, Vec<TopicPartition>>,
    /// Questions that had no answer, and when to ask again.
    again: Vec<(Timestamp, Vec<TopicPartition>)>,
    last_token: u64,
    ready: Vec<LogEvent>,
}

/// How this consumer stands to its group.
enum Standing {
    Member(Box<Member>),
    /// Not let in yet, since its identity is taken.
    Outside,
    /// On its way out, or out.
    Left(#[expect(dead_code, reason = "kept to be waited for when the consumer is dropped")] Option<Leaving>),
}

impl Consumer {
    pub(crate) fn new(
        member: Member,
        admission: Admission,
        reader: Reader,
        config: &GroupConfig,
        signal: &Signal,
    ) -> Self {
        Self {
            group_id: config.group_id.clone(),
            is_static: config.instance_id.is_some(),
            admission,
            standing: Standing::Member(Box::new(member)),
            reader,
            signal: signal.clone(),
            asked: HashMap::new(),
            again: Vec::new(),
            last_token: 0,
            ready: Vec::new(),
        }
    }

    fn poll_group(&mut self, now: Timestamp, events: &mut Vec<LogEvent>) {
        match &mut self.standing {
            Standing::Member(member) => {
                member.poll(events);
                if member.is_held_up() {
                    let told = self.admission.refused(now);
                    let is_final = matches!(told, LogEvent::Fatal(_));
                    self.standing = if is_final { Standing::Left(None) } else { Standing::Outside };
                    events.push(told);
                }
            }
            Standing::Outside => match self.admission.try_again(now) {
                Ok(Some(member)) => self.standing = Standing::Member(Box::new(member)),
                Ok(None) => {}
                Err(error) => events.push(LogEvent::Fatal(error)),
            },
            Standing::Left(_) => {}
        }
    }

    fn go(&mut self, farewell: Farewell) {
        if let Standing::Member(member) = std::mem::replace(&mut self.standing, Standing::Left(None)) {
            self.standing = Standing::Left(Some(Leaving::begin(*member, farewell)));
        }
    }

    fn ask_for_committed(&mut self, partitions: Vec<TopicPartition>) {
        let request = self.reader.requests().committed(&self.group_id, &partitions);
        self.asked.insert(request, partitions);
    }

    fn poll_committed(&mut self, now: Timestamp) {
        for answer in self.reader.take_answers() {
            if let Some(partitions) = self.asked.remove(&answer.number) {
                self.take_committed(partitions, answer, now);
            }
        }
        let (due, later) = std::mem::take(&mut self.again).into_iter().partition(|(at, _)| now >= *at);
        self.again = later;
        let due: Vec<(Timestamp, Vec<TopicPartition>)> = due;
        due.into_iter().for_each(|(_, partitions)| self.ask_for_committed(partitions));
    }

    fn take_committed(&mut self, partitions: Vec<TopicPartition>, answer: Answer, now: Timestamp) {
        let told = answer.result.and_then(|reply| match reply {
            Reply::Offsets(entries) => entries.into_iter().map(committed_of).collect::<Result<HashMap<_, _>, _>>(),
            _ => Ok(HashMap::new()),
        });
        // What is left out of an answer is not answered: taken for "nothing committed", it would be read from elsewhere.
        let complete = told.and_then(|mut found| {
            let mut of = |partition: &TopicPartition| found.remove(partition).ok_or_else(|| unanswered(partition));
            partitions.iter().map(|partition| Ok((partition.clone(), of(partition)?))).collect::<Result<Vec<_>, _>>()
        });
        match complete {
            Ok(committed) => self.ready.push(LogEvent::Committed(committed)),
            Err(error) => match error.about_group(&self.group_id) {
                refused @ (LogError::Unauthorised { .. } | LogError::Invalid { .. }) => {
                    self.ready.push(LogEvent::Fatal(refused));
                }
                passing => {
                    self.ready.push(LogEvent::Unavailable(format!("committed offsets: {passing}")));
                    self.again.push((now + ASK_AGAIN_AFTER, partitions));
                }
            },
        }
    }
}

fn unanswered(partition: &TopicPartition) -> NativeError {
    NativeError { code: Code::OffsetNotAvailable, message: format!("the broker left {partition} out of its answer") }
}

/// What the group has for a partition.
fn committed_of(entry: Entry) -> Result<(TopicPartition, Option<CommittedOffset>), NativeError> {
    entry.result?;
    let committed = entry.offset.map(|offset| CommittedOffset { offset, metadata: entry.metadata });
    Ok((entry.partition, committed))
}

/// A member that is dropped closes in good order: librdkafka cannot end one in the middle of a rebalance in any other
/// way. A dynamic one leaves, for its partitions are of no use to the dead; a static one may come back to them.
impl Drop for Consumer {
    fn drop(&mut self) {
        self.go(if self.is_static { Farewell::KeepPlace } else { Farewell::GiveUpPlace });
    }
}

impl Membership for Consumer {
    fn subscribe(&mut self, topics: &[Topic]) {
        self.admission.want(topics);
        if let Standing::Member(member) = &mut self.standing {
            member.subscribe(topics);
        }
    }

    fn finish_rebalance(&mut self) {
        if let Standing::Member(member) = &mut self.standing {
            member.finish_rebalance();
        }
    }

    fn fetch_committed(&mut self, partitions: &[TopicPartition]) {
        if partitions.is_empty() {
            self.ready.push(LogEvent::Committed(Vec::new()));
            self.signal.raise();
        } else {
            self.ask_for_committed(partitions.to_vec());
        }
    }

    fn commit(&mut self, offsets: &[(TopicPartition, CommittedOffset)]) -> u64 {
        match &mut self.standing {
            Standing::Member(member) => self.last_token = member.commit(offsets),
            Standing::Outside | Standing::Left(_) => {
                self.last_token += 1;
                let result = Err(LogError::NotAMember);
                self.ready.push(LogEvent::CommitDone { token: self.last_token, result });
                self.signal.raise();
            }
        }
        self.last_token
    }

    fn leave(&mut self) {
        self.go(Farewell::GiveUpPlace);
    }
}

impl Fetching for Consumer {
    fn assign(&mut self, partitions: &[(TopicPartition, StartAt)]) {
        if !matches!(self.standing, Standing::Left(_)) {
            self.reader.assign(partitions);
        }
    }

    fn unassign(&mut self, partitions: &[TopicPartition]) {
        self.reader.unassign(partitions);
    }

    fn poll(&mut self, now: Timestamp, wants: &mut dyn FnMut(&TopicPartition) -> bool, events: &mut Vec<LogEvent>) {
        self.poll_group(now, events);
        self.reader.poll(now, wants, events);
        self.poll_committed(now);
        events.append(&mut self.ready);
    }
}
