//! Looking after topics.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use millstream_log::{AdminRequest, AdminResponse, Administration, LogError, LogEvent, NewTopic, OffsetRange, Signal};
use millstream_types::{MonotonicTime, Offset, Topic, TopicPartition};

use crate::group_offsets::GroupOffsets;
use crate::listing::Listing;
use crate::native::{Answer, Client, NativeError, Queue, Reply, Requests};
use crate::outage::Complaints;
use crate::ranges::Ranges;
use crate::settings::{Role, Settings};

/// New topics are looked for this often until the brokers know them.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(20);

/// As long as this; then they were created all the same.
const LOOK_FOR: Duration = Duration::from_secs(5);

/// More partitions than this no broker takes.
const PARTITIONS_MAX: u32 = 100_000;

/// Per topic whether it was created.
type Created = Vec<(Topic, Result<(), LogError>)>;

/// Per partition its new first offset.
type Deleted = Vec<(TopicPartition, Result<Offset, LogError>)>;

/// An administrator.
pub(crate) struct Admin {
    settings: Settings,
    client_id: String,
    main: Queue,
    complaints: Complaints,
    requests: Requests,
    signal: Signal,
    replicas: Option<u16>,
    last_token: u64,
    work: Vec<(u64, Work)>,
    done: VecDeque<(u64, Result<AdminResponse, LogError>)>,
}

/// How far a request is.
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
    /// Created, and now waited for until it can be seen.
    LookFor {
        created: Created,
        request: Option<u64>,
        again_at: MonotonicTime,
        until: Option<MonotonicTime>,
    },
    Range(Ranges),
    Delete {
        asked: Vec<(TopicPartition, Offset)>,
        request: u64,
    },
    /// Deleted, but for offsets that are out of range: the ranges are told with the error.
    DeletedBut {
        deleted: Deleted,
        asked: Vec<(TopicPartition, Offset)>,
        ranges: Ranges,
    },
    /// All topics are being listed.
    List {
        prefix: String,
        listing: Listing,
    },
    Group {
        request: u64,
    },
    Committed(GroupOffsets),
}

/// Where a piece of work goes on.
enum Next {
    Work(Work),
    Done(Result<AdminResponse, LogError>),
}

impl Admin {
    /// An administrator whose clients are made with these settings.
    pub(crate) fn new(client: &Arc<Client>, settings: Settings, client_id: &str, signal: &Signal) -> Self {
        Self {
            replicas: settings.replicas(),
            settings,
            client_id: client_id.to_owned(),
            main: client.main_queue(signal),
            complaints: Complaints::default(),
            requests: Requests::new(client, signal),
            signal: signal.clone(),
            last_token: 0,
            work: Vec::new(),
            done: VecDeque::new(),
        }
    }

    /// The first step of a request; without anything to ask for, it is done at once.
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
            AdminRequest::OffsetRanges(partitions) if partitions.is_empty() => {
                Next::Done(Ok(AdminResponse::OffsetRanges(Vec::new())))
            }
            AdminRequest::OffsetRanges(partitions) => {
                Next::Work(Work::Range(Ranges::ask(&mut self.requests, partitions, 0)))
            }
            AdminRequest::DeleteRecords(asked) if asked.is_empty() => {
                Next::Done(Ok(AdminResponse::DeleteRecords(Vec::new())))
            }
            AdminRequest::DeleteRecords(asked) => {
                let request = self.requests.delete(&asked);
                Next::Work(Work::Delete { asked, request })
            }
            AdminRequest::TopicsNamed(prefix) => {
                let listing = Listing::begin(self.requests.client(), &self.signal);
                Next::Work(Work::List { prefix, listing })
            }
            AdminRequest::Groups => Next::Work(Work::Group { request: self.requests.groups() }),
            AdminRequest::CommittedOffsets(group) => match self.consumer_of(&group) {
                Ok(client) => Next::Work(Work::Committed(GroupOffsets::new(&client, group, &self.signal))),
                Err(error) => Next::Done(Err(error)),
            },
        }
    }

    /// A client of that group, which never joins it.
    fn consumer_of(&self, group: &str) -> Result<Arc<Client>, LogError> {
        let config = self.settings.config(&self.client_id, Role::Reader { group_id: group })?;
        Client::consumer(config).map_err(|reason| LogError::Invalid { reason })
    }

    fn begin_to_create(&mut self, topics: Vec<NewTopic>) -> Next {
        let (sound, unsound): (Vec<_>, Vec<_>) =
            topics.iter().cloned().partition(|topic| (1..=PARTITIONS_MAX).contains(&topic.partitions));
        let refusal = |topic: NewTopic| {
            let (name, asked) = (topic.name, topic.partitions);
            let reason =
                format!("topic `{name}` cannot have {asked} partitions: one at least, {PARTITIONS_MAX} at most");
            (name, Err(LogError::Invalid { reason }))
        };
        let refused: Created = unsound.into_iter().map(refusal).collect();
        if sound.is_empty() {
            return Next::Done(Ok(AdminResponse::CreateTopics(refused)));
        }
        let request = self.requests.create(&sound, self.replicas);
        Next::Work(Work::Create { topics, refused, request })
    }

    fn take(&mut self, answer: Answer) {
        let mut answer = Some(answer);
        let work = std::mem::take(&mut self.work);
        for (token, work) in work {
            let next = match answer.take() {
                Some(new) => self.advance(work, new, &mut answer),
                None => Next::Work(work),
            };
            self.note(token, next);
        }
    }

    fn note(&mut self, token: u64, next: Next) {
        match next {
            Next::Work(work) => self.work.push((token, work)),
            Next::Done(result) => self.done.push_back((token, result)),
        }
    }

    /// Moves a piece of work along with an answer, or puts the answer back.
    fn advance(&mut self, work: Work, answer: Answer, back: &mut Option<Answer>) -> Next {
        match work {
            Work::Count { topics, request } if request == answer.number => Next::Done(counted(&topics, answer)),
            Work::Describe { topics, request } if request == answer.number => Next::Done(described(topics, answer)),
            Work::Create { topics, refused, request } if request == answer.number => created(&topics, &refused, answer),
            Work::LookFor { created, request: Some(request), again_at, until } if request == answer.number => {
                looked_for(created, answer, again_at, until)
            }
            Work::Range(mut ranges) => {
                *back = ranges.offer(answer, &mut self.requests);
                if ranges.is_complete() { Next::Done(Ok(ranges_told(ranges))) } else { Next::Work(Work::Range(ranges)) }
            }
            Work::Delete { asked, request } if request == answer.number => self.deleted(asked, answer),
            Work::DeletedBut { deleted, asked, mut ranges } => {
                *back = ranges.offer(answer, &mut self.requests);
                if ranges.is_complete() {
                    Next::Done(Ok(AdminResponse::DeleteRecords(with_ranges(deleted, &asked, ranges))))
                } else {
                    Next::Work(Work::DeletedBut { deleted, asked, ranges })
                }
            }
            Work::Group { request } if request == answer.number => Next::Done(groups(answer)),
            other => {
                *back = Some(answer);
                Next::Work(other)
            }
        }
    }

    fn deleted(&mut self, asked: Vec<(TopicPartition, Offset)>, answer: Answer) -> Next {
        let entries = match answer.result {
            Ok(Reply::Offsets(entries)) => entries,
            Ok(_) => Vec::new(),
            Err(error) => return Next::Done(Err(error.into_log_error())),
        };
        let mut astray = Vec::new();
        let deleted = asked.iter().map(|(partition, offset)| {
            let entry = entries.iter().find(|entry| entry.partition == *partition);
            let result = entry.map_or(Ok(None), |entry| entry.result.clone().map(|()| entry.offset));
            let result = match result {
                Ok(first) => Ok(first.unwrap_or(*offset)),
                Err(error) if error.code == crate::native::Code::OffsetOutOfRange => {
                    astray.push(partition.clone());
                    Err(out_of_range(partition, *offset, (Offset::ZERO, Offset::ZERO)))
                }
                Err(error) => Err(error.about_partition(partition)),
            };
            (partition.clone(), result)
        });
        let deleted: Deleted = deleted.collect();
        if astray.is_empty() {
            return Next::Done(Ok(AdminResponse::DeleteRecords(deleted)));
        }
        let ranges = Ranges::ask(&mut self.requests, astray, 0);
        Next::Work(Work::DeletedBut { deleted, asked, ranges })
    }

    /// Looks again for topics that were created and cannot be seen yet, and for what comes by other ways than answers.
    fn look_again(&mut self, now: MonotonicTime) {
        let work = std::mem::take(&mut self.work);
        for (token, work) in work {
            let next = match work {
                Work::LookFor { created, request: None, again_at, until } if now >= again_at => {
                    self.look_for(created, until.unwrap_or(now + LOOK_FOR), now)
                }
                Work::List { prefix, listing } => match listing.take() {
                    Some(listed) => Next::Done(listed.map(|topics| named(topics, &prefix))),
                    None => Next::Work(Work::List { prefix, listing }),
                },
                Work::Committed(mut offsets) => match offsets.poll(now) {
                    Some(told) => Next::Done(told),
                    None => Next::Work(Work::Committed(offsets)),
                },
                other => Next::Work(other),
            };
            self.note(token, next);
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

fn created(topics: &[NewTopic], refused: &[(Topic, Result<(), LogError>)], answer: Answer) -> Next {
    let mut told = match answer.result {
        Ok(Reply::Created(told)) => told,
        Ok(_) => Vec::new(),
        Err(error) => return Next::Done(Err(error.into_log_error())),
    };
    let result_of = |topic: &NewTopic| {
        let is_it = |name: &Topic| *name == topic.name;
        if let Some((_, refused)) = refused.iter().find(|(name, _)| is_it(name)) {
            return refused.clone();
        }
        let found = told.iter().position(|(name, _)| is_it(name)).map(|index| told.swap_remove(index).1);
        let silence = || Err(LogError::Unavailable { reason: format!("topic `{}`: no answer", topic.name) });
        found.map_or_else(silence, |result| result.map_err(|error| error.about_topic(&topic.name)))
    };
    let results: Vec<Result<(), LogError>> = topics.iter().map(result_of).collect();
    let created = topics.iter().map(|topic| topic.name.clone()).zip(results).collect();
    let (again_at, until) = (MonotonicTime::START, None);
    Next::Work(Work::LookFor { created, request: None, again_at, until })
}

fn looked_for(created: Created, answer: Answer, again_at: MonotonicTime, until: Option<MonotonicTime>) -> Next {
    let is_seen = match answer.result {
        Ok(Reply::Topics(topics)) => topics.iter().all(|(_, told)| told.is_ok()),
        Ok(_) | Err(_) => false,
    };
    if is_seen {
        return Next::Done(Ok(AdminResponse::CreateTopics(created)));
    }
    Next::Work(Work::LookFor { created, request: None, again_at, until })
}

fn counted(topics: &[Topic], answer: Answer) -> Result<AdminResponse, LogError> {
    let told = match answer.result.map_err(NativeError::into_log_error)? {
        Reply::Topics(told) => told,
        _ => Vec::new(),
    };
    let count = |topic: &Topic| {
        let found = told.iter().find(|(name, _)| name == topic).map(|(_, result)| result.clone());
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

fn groups(answer: Answer) -> Result<AdminResponse, LogError> {
    let names = match answer.result.map_err(NativeError::into_log_error)? {
        Reply::Groups(names) => names.map_err(NativeError::into_log_error)?,
        _ => Vec::new(),
    };
    Ok(AdminResponse::Groups(names))
}

fn described(topics: Vec<Topic>, answer: Answer) -> Result<AdminResponse, LogError> {
    let mut told = match answer.result.map_err(NativeError::into_log_error)? {
        Reply::Settings(told) => told,
        _ => Vec::new(),
    };
    let settings = topics.into_iter().map(|topic| {
        let found = told.iter().position(|(name, _)| *name == topic).map(|index| told.swap_remove(index).1);
        let silence = || Err(LogError::Unavailable { reason: format!("topic `{topic}`: no answer") });
        let result = found.map_or_else(silence, |result| result.map_err(|error| error.about_topic(&topic)));
        (topic, result)
    });
    Ok(AdminResponse::TopicSettings(settings.collect()))
}

fn ranges_told(ranges: Ranges) -> AdminResponse {
    let told = ranges.into_results().into_iter().map(|(partition, range)| {
        let range = range.map_err(|error| error.about_partition(&partition));
        (partition, range)
    });
    AdminResponse::OffsetRanges(told.collect())
}

fn out_of_range(partition: &TopicPartition, offset: Offset, (start, end): OffsetRange) -> LogError {
    LogError::OffsetOutOfRange { partition: partition.clone(), offset, start, end }
}

/// Puts the ranges into the errors that lack them.
fn with_ranges(mut deleted: Deleted, asked: &[(TopicPartition, Offset)], ranges: Ranges) -> Deleted {
    for (partition, range) in ranges.into_results() {
        let offset = asked.iter().find(|(of, _)| *of == partition).map(|(_, offset)| *offset);
        let told = deleted.iter_mut().find(|(of, _)| *of == partition).map(|(_, result)| result);
        if let (Some(offset), Some(result), Ok(range)) = (offset, told, range) {
            *result = Err(out_of_range(&partition, offset, range));
        }
    }
    deleted
}

impl Administration for Admin {
    fn request(&mut self, request: AdminRequest) -> u64 {
        self.last_token += 1;
        let next = self.begin(request);
        if matches!(next, Next::Done(_)) {
            self.signal.raise();
        }
        self.note(self.last_token, next);
        self.last_token
    }

    fn poll(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>) {
        self.complaints.poll(&self.main, events, |_| {});
        while let Some(answer) = self.requests.poll() {
            self.take(answer);
        }
        self.look_again(now);
        events.extend(self.done.drain(..).map(|(token, result)| LogEvent::AdminDone { token, result }));
    }
}
