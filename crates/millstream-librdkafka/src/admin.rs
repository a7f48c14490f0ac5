//! Administration: topics, offset ranges, groups.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use millstream_log::{AdminRequest, AdminResponse, Administration, LogError, LogEvent, NewTopic, OffsetRange, Signal};
use millstream_types::{MonotonicTime, Offset, Topic, TopicPartition};

use crate::errors::RETRY_AFTER;
use crate::group_offsets::GroupOffsets;
use crate::native::{Client, NativeError, Queue, Reply, Requests, Response};
use crate::outage_tracker::OutageTracker;
use crate::ranges::Ranges;
use crate::settings::{Role, Settings};
use crate::topic_list::TopicListRequest;

/// How often new topics are looked up until the brokers know them.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(20);

/// How long a request is repeated after retriable errors, as when a new partition has no leader yet.
const RETRY_FOR: Duration = Duration::from_secs(5);

/// How long new topics are looked up. After that, the creation succeeds although not all brokers know them.
const LOOK_FOR: Duration = Duration::from_secs(5);

/// The most partitions of a topic that brokers accept.
const PARTITIONS_MAX: u32 = 100_000;

/// For each topic, whether it was created.
type Created = Vec<(Topic, Result<(), LogError>)>;

/// For each partition, its new first offset.
type Deleted = Vec<(TopicPartition, Result<Offset, LogError>)>;

/// The administration client of the log traits.
pub(crate) struct Admin {
    settings: Settings,
    client_id: String,
    main: Queue,
    outages: OutageTracker,
    requests: Requests,
    signal: Signal,
    replicas: Option<u16>,
    last_token: u64,
    /// The idempotent requests, by their tokens.
    repeatable: BTreeMap<u64, Repeatable>,
    now: MonotonicTime,
    work: Vec<(u64, Work)>,
    done: VecDeque<(u64, Result<AdminResponse, LogError>)>,
}

/// An idempotent request, which may be repeated.
struct Repeatable {
    request: AdminRequest,
    /// When it is no longer repeated; set by the first poll.
    until: Option<MonotonicTime>,
    /// When to repeat it.
    again_at: Option<MonotonicTime>,
}

/// The state of a request.
enum Work {
    Count {
        topics: Vec<Topic>,
        request: u64,
    },
    Describe {
        topics: Vec<Topic>,
        request: u64,
    },
    Create {
        topics: Vec<NewTopic>,
        refused: Created,
        request: u64,
    },
    Grow {
        topics: Vec<(Topic, u32)>,
        request: u64,
    },
    /// The topics were created, and are looked up until the brokers know them.
    LookFor {
        created: Created,
        request: Option<u64>,
        again_at: MonotonicTime,
        until: Option<MonotonicTime>,
    },
    Range(Ranges),
    Delete {
        requested: Vec<(TopicPartition, Offset)>,
        request: u64,
    },
    /// Records were deleted, except in partitions whose offsets were out of range. Their ranges are looked up for the errors.
    DeletedPartly {
        deleted: Deleted,
        requested: Vec<(TopicPartition, Offset)>,
        ranges: Ranges,
    },
    /// All topics are listed.
    List {
        prefix: String,
        list: TopicListRequest,
    },
    Group {
        request: u64,
    },
    Committed(GroupOffsets),
}

/// The result of a step.
enum Next {
    Work(Work),
    Done(Result<AdminResponse, LogError>),
}

impl Admin {
    /// Creates it. Further clients are created with these settings.
    pub(crate) fn new(client: &Arc<Client>, settings: Settings, client_id: &str, signal: &Signal) -> Self {
        Self {
            replicas: settings.replicas(),
            settings,
            client_id: client_id.to_owned(),
            main: client.main_queue(signal),
            outages: OutageTracker::default(),
            requests: Requests::new(client, signal),
            signal: signal.clone(),
            last_token: 0,
            repeatable: BTreeMap::new(),
            now: MonotonicTime::START,
            work: Vec::new(),
            done: VecDeque::new(),
        }
    }

    /// The first step of a request. A request for nothing is done at once.
    fn begin(&mut self, request: AdminRequest) -> Next {
        match request {
            AdminRequest::PartitionCounts(topics) if topics.is_empty() => {
                Next::Done(Ok(AdminResponse::PartitionCounts(Vec::new())))
            }
            AdminRequest::PartitionCounts(topics) => {
                let request = self.requests.topics(&topics);
                Next::Work(Work::Count { topics, request })
            }
            AdminRequest::TopicSettings(topics) if topics.is_empty() => {
                Next::Done(Ok(AdminResponse::TopicSettings(Vec::new())))
            }
            AdminRequest::TopicSettings(topics) => {
                let request = self.requests.settings(&topics);
                Next::Work(Work::Describe { topics, request })
            }
            AdminRequest::CreateTopics(topics) => self.begin_to_create(topics),
            AdminRequest::AddPartitions(topics) if topics.is_empty() => {
                Next::Done(Ok(AdminResponse::AddPartitions(Vec::new())))
            }
            AdminRequest::AddPartitions(topics) => self.begin_to_grow(topics),
            AdminRequest::OffsetRanges(partitions) if partitions.is_empty() => {
                Next::Done(Ok(AdminResponse::OffsetRanges(Vec::new())))
            }
            AdminRequest::OffsetRanges(partitions) => {
                Next::Work(Work::Range(Ranges::request(&mut self.requests, partitions, 0)))
            }
            AdminRequest::DeleteRecords(requested) if requested.is_empty() => {
                Next::Done(Ok(AdminResponse::DeleteRecords(Vec::new())))
            }
            AdminRequest::DeleteRecords(requested) => {
                let request = self.requests.delete(&requested);
                Next::Work(Work::Delete { requested, request })
            }
            AdminRequest::TopicsNamed(prefix) => {
                let list = TopicListRequest::begin(self.requests.client(), &self.signal);
                Next::Work(Work::List { prefix, list })
            }
            AdminRequest::Groups => Next::Work(Work::Group { request: self.requests.groups() }),
            AdminRequest::CommittedOffsets(group) => match self.consumer_of(&group) {
                Ok(client) => Next::Work(Work::Committed(GroupOffsets::new(&client, group, &self.signal))),
                Err(error) => Next::Done(Err(error)),
            },
        }
    }

    /// A consumer client of the group, which never joins it.
    fn consumer_of(&self, group: &str) -> Result<Arc<Client>, LogError> {
        let config = self.settings.config(&self.client_id, Role::Reader { group_id: group })?;
        Client::consumer(config).map_err(|reason| LogError::Invalid { reason })
    }

    fn begin_to_create(&mut self, topics: Vec<NewTopic>) -> Next {
        let (valid, invalid): (Vec<_>, Vec<_>) =
            topics.iter().cloned().partition(|topic| (1..=PARTITIONS_MAX).contains(&topic.partitions));
        let refusal = |topic: NewTopic| {
            let (name, requested) = (topic.name, topic.partitions);
            let reason = wrong_count(&name, requested);
            (name, Err(LogError::Invalid { reason }))
        };
        let refused: Created = invalid.into_iter().map(refusal).collect();
        if valid.is_empty() {
            return Next::Done(Ok(AdminResponse::CreateTopics(refused)));
        }
        let request = self.requests.create(&valid, self.replicas);
        Next::Work(Work::Create { topics, refused, request })
    }

    fn begin_to_grow(&mut self, topics: Vec<(Topic, u32)>) -> Next {
        if let Some((name, requested)) = topics.iter().find(|(_, count)| !(1..=PARTITIONS_MAX).contains(count)) {
            return Next::Done(Err(LogError::Invalid { reason: wrong_count(name, *requested) }));
        }
        let request = self.requests.add_partitions(&topics);
        Next::Work(Work::Grow { topics, request })
    }

    fn take(&mut self, response: Response) {
        let mut response = Some(response);
        let work = std::mem::take(&mut self.work);
        for (token, work) in work {
            let next = match response.take() {
                Some(new) => self.advance(work, new, &mut response),
                None => Next::Work(work),
            };
            self.record(token, next);
        }
    }

    fn record(&mut self, token: u64, next: Next) {
        match next {
            Next::Work(work) => self.work.push((token, work)),
            Next::Done(result) => {
                if !is_retriable(&result) || !self.schedule_repeat(token) {
                    self.repeatable.remove(&token);
                    self.done.push_back((token, result));
                }
            }
        }
    }

    /// Schedules the repetition of a request. Returns false if it is no longer repeated.
    fn schedule_repeat(&mut self, token: u64) -> bool {
        let now = self.now;
        let Some(request) = self.repeatable.get_mut(&token) else { return false };
        let may_repeat = request.until.is_none_or(|until| now < until);
        request.again_at = may_repeat.then_some(now + RETRY_AFTER);
        may_repeat
    }

    fn repeat_due(&mut self) {
        let mut due = Vec::new();
        for (token, repeatable) in &mut self.repeatable {
            repeatable.until.get_or_insert(self.now + RETRY_FOR);
            if repeatable.again_at.take_if(|again_at| self.now >= *again_at).is_some() {
                due.push((*token, repeatable.request.clone()));
            }
        }
        for (token, request) in due {
            let next = self.begin(request);
            self.record(token, next);
        }
    }

    /// Continues a request with a response. Puts the response back if it belongs to another request.
    fn advance(&mut self, work: Work, response: Response, back: &mut Option<Response>) -> Next {
        match work {
            Work::Count { topics, request } if request == response.number => Next::Done(counted(&topics, response)),
            Work::Describe { topics, request } if request == response.number => Next::Done(described(topics, response)),
            Work::Create { topics, refused, request } if request == response.number => {
                created(&topics, &refused, response)
            }
            Work::Grow { topics, request } if request == response.number => Next::Done(grown(&topics, response)),
            Work::LookFor { created, request: Some(request), again_at, until } if request == response.number => {
                looked_for(created, response, again_at, until)
            }
            Work::Range(mut ranges) => {
                *back = ranges.offer(response, &mut self.requests);
                if ranges.is_complete() {
                    Next::Done(Ok(range_results(ranges)))
                } else {
                    Next::Work(Work::Range(ranges))
                }
            }
            Work::Delete { requested, request } if request == response.number => self.deleted(requested, response),
            Work::DeletedPartly { deleted, requested, mut ranges } => {
                *back = ranges.offer(response, &mut self.requests);
                if ranges.is_complete() {
                    Next::Done(Ok(AdminResponse::DeleteRecords(with_ranges(deleted, &requested, ranges))))
                } else {
                    Next::Work(Work::DeletedPartly { deleted, requested, ranges })
                }
            }
            Work::Group { request } if request == response.number => Next::Done(groups(response)),
            other => {
                *back = Some(response);
                Next::Work(other)
            }
        }
    }

    fn deleted(&mut self, requested: Vec<(TopicPartition, Offset)>, response: Response) -> Next {
        let entries = match response.result {
            Ok(Reply::Offsets(entries)) => entries,
            Ok(_) => Vec::new(),
            Err(error) => return Next::Done(Err(error.into_log_error())),
        };
        let mut without_range = Vec::new();
        let deleted = requested.iter().map(|(partition, offset)| {
            let entry = entries.iter().find(|entry| entry.partition == *partition);
            let result = entry.map_or(Ok(None), |entry| entry.result.clone().map(|()| entry.offset));
            let result = match result {
                Ok(first) => Ok(first.unwrap_or(*offset)),
                Err(error) if error.code == crate::native::Code::OffsetOutOfRange => {
                    without_range.push(partition.clone());
                    Err(out_of_range(partition, *offset, (Offset::ZERO, Offset::ZERO)))
                }
                Err(error) => Err(error.about_partition(partition)),
            };
            (partition.clone(), result)
        });
        let deleted: Deleted = deleted.collect();
        if without_range.is_empty() {
            return Next::Done(Ok(AdminResponse::DeleteRecords(deleted)));
        }
        let ranges = Ranges::request(&mut self.requests, without_range, 0);
        Next::Work(Work::DeletedPartly { deleted, requested, ranges })
    }

    /// Continues the requests that do not wait for a response of this client: look-ups of new topics, lists of all topics,
    /// and committed offsets.
    fn poll_work(&mut self, now: MonotonicTime) {
        let work = std::mem::take(&mut self.work);
        for (token, work) in work {
            let next = match work {
                Work::LookFor { created, request: None, again_at, until } if now >= again_at => {
                    self.look_for(created, until.unwrap_or(now + LOOK_FOR), now)
                }
                Work::List { prefix, list } => match list.take() {
                    Some(listed) => Next::Done(listed.map(|topics| named(topics, &prefix))),
                    None => Next::Work(Work::List { prefix, list }),
                },
                Work::Committed(mut offsets) => match offsets.poll(now) {
                    Some(result) => Next::Done(result),
                    None => Next::Work(Work::Committed(offsets)),
                },
                other => Next::Work(other),
            };
            self.record(token, next);
        }
    }

    fn look_for(&mut self, created: Created, until: MonotonicTime, now: MonotonicTime) -> Next {
        let new: Vec<Topic> =
            created.iter().filter(|(_, result)| result.is_ok()).map(|(name, _)| name.clone()).collect();
        if new.is_empty() || now >= until {
            return Next::Done(Ok(AdminResponse::CreateTopics(created)));
        }
        let request = Some(self.requests.topics(&new));
        Next::Work(Work::LookFor { created, request, again_at: now + LOOK_AGAIN_AFTER, until: Some(until) })
    }
}

/// Whether a request is idempotent: creating a topic twice would fail, since it exists.
fn is_repeatable(request: &AdminRequest) -> bool {
    match request {
        AdminRequest::CreateTopics(_) => false,
        AdminRequest::PartitionCounts(_)
        | AdminRequest::TopicSettings(_)
        | AdminRequest::AddPartitions(_)
        | AdminRequest::OffsetRanges(_)
        | AdminRequest::DeleteRecords(_)
        | AdminRequest::TopicsNamed(_)
        | AdminRequest::Groups
        | AdminRequest::CommittedOffsets(_) => true,
    }
}

/// Whether a response has a retriable error, for all or some of what was requested.
fn is_retriable(result: &Result<AdminResponse, LogError>) -> bool {
    fn any<K, V>(results: &[(K, Result<V, LogError>)]) -> bool {
        results.iter().any(|(_, result)| result.as_ref().is_err_and(LogError::is_retriable))
    }
    match result {
        Err(error) => error.is_retriable(),
        Ok(AdminResponse::OffsetRanges(results)) => any(results),
        Ok(AdminResponse::AddPartitions(results)) => any(results),
        Ok(AdminResponse::DeleteRecords(results)) => any(results),
        Ok(AdminResponse::TopicSettings(results)) => any(results),
        Ok(
            AdminResponse::PartitionCounts(_)
            | AdminResponse::CreateTopics(_)
            | AdminResponse::TopicsNamed(_)
            | AdminResponse::Groups(_)
            | AdminResponse::CommittedOffsets(_),
        ) => false,
    }
}

fn created(topics: &[NewTopic], refused: &[(Topic, Result<(), LogError>)], response: Response) -> Next {
    let mut results = match response.result {
        Ok(Reply::Created(results)) => results,
        Ok(_) => Vec::new(),
        Err(error) => return Next::Done(Err(error.into_log_error())),
    };
    let result_of = |topic: &NewTopic| {
        let is_it = |name: &Topic| *name == topic.name;
        if let Some((_, refused)) = refused.iter().find(|(name, _)| is_it(name)) {
            return refused.clone();
        }
        let found = results.iter().position(|(name, _)| is_it(name)).map(|index| results.swap_remove(index).1);
        let missing = || Err(LogError::Unavailable { reason: format!("topic `{}`: no response", topic.name) });
        found.map_or_else(missing, |result| result.map_err(|error| error.about_topic(&topic.name)))
    };
    let results: Vec<Result<(), LogError>> = topics.iter().map(result_of).collect();
    let created = topics.iter().map(|topic| topic.name.clone()).zip(results).collect();
    let (again_at, until) = (MonotonicTime::START, None);
    Next::Work(Work::LookFor { created, request: None, again_at, until })
}

/// Whether each topic has so many partitions. A broker refuses the number that a topic has already, or fewer.
fn grown(topics: &[(Topic, u32)], response: Response) -> Result<AdminResponse, LogError> {
    let results = match response.result.map_err(NativeError::into_log_error)? {
        Reply::Created(results) => results,
        _ => Vec::new(),
    };
    let result_of = |topic: &Topic| match results.iter().find(|(name, _)| name == topic) {
        Some((_, Err(error))) if error.code == crate::native::Code::InvalidPartitions => Ok(()),
        Some((_, result)) => result.clone().map_err(|error| error.about_topic(topic)),
        None => Err(LogError::Unavailable { reason: format!("topic `{topic}`: no response") }),
    };
    Ok(AdminResponse::AddPartitions(topics.iter().map(|(topic, _)| (topic.clone(), result_of(topic))).collect()))
}

fn wrong_count(topic: &Topic, requested: u32) -> String {
    format!("topic `{topic}` cannot have {requested} partitions: the number must be from 1 to {PARTITIONS_MAX}")
}

fn looked_for(created: Created, response: Response, again_at: MonotonicTime, until: Option<MonotonicTime>) -> Next {
    let is_seen = match response.result {
        Ok(Reply::Topics(topics)) => topics.iter().all(|(_, result)| result.is_ok()),
        Ok(_) | Err(_) => false,
    };
    if is_seen {
        return Next::Done(Ok(AdminResponse::CreateTopics(created)));
    }
    Next::Work(Work::LookFor { created, request: None, again_at, until })
}

fn counted(topics: &[Topic], response: Response) -> Result<AdminResponse, LogError> {
    let results = match response.result.map_err(NativeError::into_log_error)? {
        Reply::Topics(results) => results,
        _ => Vec::new(),
    };
    let count = |topic: &Topic| {
        let found = results.iter().find(|(name, _)| name == topic).map(|(_, result)| result.clone());
        match found.map(|result| result.map_err(|error| error.about_topic(topic))) {
            Some(Ok(description)) => Ok((topic.clone(), Some(description.partitions))),
            None | Some(Err(LogError::UnknownTopic { .. })) => Ok((topic.clone(), None)),
            Some(Err(error)) => Err(error),
        }
    };
    topics.iter().map(count).collect::<Result<_, _>>().map(AdminResponse::PartitionCounts)
}

fn named(mut topics: Vec<(Topic, u32)>, prefix: &str) -> AdminResponse {
    topics.retain(|(topic, _)| topic.as_str().starts_with(prefix));
    AdminResponse::TopicsNamed(topics)
}

fn groups(response: Response) -> Result<AdminResponse, LogError> {
    let names = match response.result.map_err(NativeError::into_log_error)? {
        Reply::Groups(names) => names.map_err(NativeError::into_log_error)?,
        _ => Vec::new(),
    };
    Ok(AdminResponse::Groups(names))
}

fn described(topics: Vec<Topic>, response: Response) -> Result<AdminResponse, LogError> {
    let mut results = match response.result.map_err(NativeError::into_log_error)? {
        Reply::Settings(results) => results,
        _ => Vec::new(),
    };
    let settings = topics.into_iter().map(|topic| {
        let found =
            results.iter().position(|(name, _)| name == topic.as_str()).map(|index| results.swap_remove(index).1);
        let missing = || Err(LogError::Unavailable { reason: format!("topic `{topic}`: no response") });
        let result = found.map_or_else(missing, |result| result.map_err(|error| error.about_topic(&topic)));
        (topic, result)
    });
    Ok(AdminResponse::TopicSettings(settings.collect()))
}

fn range_results(ranges: Ranges) -> AdminResponse {
    let results = ranges.into_results().into_iter().map(|(partition, range)| {
        let range = range.map_err(|error| error.about_partition(&partition));
        (partition, range)
    });
    AdminResponse::OffsetRanges(results.collect())
}

fn out_of_range(partition: &TopicPartition, offset: Offset, (start, end): OffsetRange) -> LogError {
    LogError::OffsetOutOfRange { partition: partition.clone(), offset, start, end }
}

/// Adds the ranges to the errors about offsets out of range.
fn with_ranges(mut deleted: Deleted, requested: &[(TopicPartition, Offset)], ranges: Ranges) -> Deleted {
    for (partition, range) in ranges.into_results() {
        let offset = requested.iter().find(|(of, _)| *of == partition).map(|(_, offset)| *offset);
        let entry = deleted.iter_mut().find(|(of, _)| *of == partition).map(|(_, result)| result);
        if let (Some(offset), Some(result), Ok(range)) = (offset, entry, range) {
            *result = Err(out_of_range(&partition, offset, range));
        }
    }
    deleted
}

impl Administration for Admin {
    fn request(&mut self, request: AdminRequest) -> u64 {
        self.last_token += 1;
        if is_repeatable(&request) {
            let repeatable = Repeatable { request: request.clone(), until: None, again_at: None };
            self.repeatable.insert(self.last_token, repeatable);
        }
        let next = self.begin(request);
        if matches!(next, Next::Done(_)) {
            self.signal.raise();
        }
        self.record(self.last_token, next);
        self.last_token
    }

    fn poll(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>) {
        self.now = now;
        self.outages.poll(&self.main, events, |_| {});
        self.repeat_due();
        while let Some(response) = self.requests.poll() {
            self.take(response);
        }
        self.poll_work(now);
        events.extend(self.done.drain(..).map(|(token, result)| LogEvent::AdminDone { token, result }));
    }
}
