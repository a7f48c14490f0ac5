//! Looks up the committed offsets of a group for one of its members.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use millstream_log::{CommittedOffset, LogError, LogEvent, Signal};
use millstream_types::{MonotonicTime, TopicPartition};

use crate::errors::RETRY_AFTER;
use crate::native::{Client, Code, Entry, NativeError, Reply, Requests, Response};

/// Creates a client like the reader's: a consumer client of the group that never joins it.
pub(crate) type MakeClient = Box<dyn Fn() -> Result<Arc<Client>, LogError> + Send>;

/// A request without a response for this long is repeated through a new client, since a member waits to start its partitions.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);

/// Requests for committed offsets. Each is repeated until it has a response.
///
/// They use their own client, which exists only while a request is open, and which is replaced when a response is overdue.
/// This avoids two bugs of librdkafka (2.12):
/// * It caches a group's coordinator. When that broker has been out of the cluster for a moment, as during a restart,
///   librdkafka waits for a connection that is never opened again (`rd_kafka_coord_cache_get`).
/// * When a request has timed out and the coordinator is found afterwards, librdkafka aborts the process
///   (`rd_kafka_admin_coord_request`).
pub(crate) struct CommittedOffsets {
    group_id: String,
    make_client: MakeClient,
    signal: Signal,
    open_requests: Option<OpenRequests>,
    /// Requests to be sent, and the earliest time for it.
    to_send: Vec<(Option<MonotonicTime>, Vec<TopicPartition>)>,
}

/// The requests in flight.
struct OpenRequests {
    requests: Requests,
    /// The partitions of each request, by its number.
    open: HashMap<u64, Vec<TopicPartition>>,
    deadline: MonotonicTime,
}

impl CommittedOffsets {
    pub(crate) fn new(group_id: &str, make_client: MakeClient, signal: &Signal) -> Self {
        Self {
            group_id: group_id.to_owned(),
            make_client,
            signal: signal.clone(),
            open_requests: None,
            to_send: Vec::new(),
        }
    }

    /// Requests the committed offsets of these partitions with the next poll. There must be at least one.
    pub(crate) fn request(&mut self, partitions: Vec<TopicPartition>) {
        self.to_send.push((None, partitions));
        self.signal.raise();
    }

    /// Reports responses, and repeats requests whose response is overdue.
    pub(crate) fn poll(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>) {
        while let Some((partitions, response)) = self.open_requests.as_mut().and_then(OpenRequests::next_response) {
            events.push(self.take(partitions, response, now));
        }
        if let Some(overdue) = self.open_requests.take_if(|open_requests| now >= open_requests.deadline) {
            self.to_send.extend(overdue.open.into_values().map(|partitions| (None, partitions)));
            let reason = "the group's coordinator has not responded; the request is repeated through a new client";
            events.push(LogEvent::Unavailable(format!("committed offsets: {reason}")));
        }
        let is_due = |(at, _): &(Option<MonotonicTime>, _)| at.is_none_or(|at| now >= at);
        for (_, partitions) in self.to_send.extract_if(.., |request| is_due(request)).collect::<Vec<_>>() {
            if let Err(error) = self.send_now(partitions, now) {
                events.push(LogEvent::Fatal(error));
            }
        }
        self.open_requests.take_if(|open_requests| open_requests.open.is_empty());
    }

    fn send_now(&mut self, partitions: Vec<TopicPartition>, now: MonotonicTime) -> Result<(), LogError> {
        let open_requests = match &mut self.open_requests {
            Some(open_requests) => open_requests,
            None => {
                let requests = Requests::new(&(self.make_client)()?, &self.signal);
                self.open_requests.insert(OpenRequests { requests, open: HashMap::new(), deadline: now })
            }
        };
        open_requests.deadline = now + RESPONSE_TIMEOUT;
        open_requests.open.insert(open_requests.requests.committed(&self.group_id, &partitions), partitions);
        Ok(())
    }

    fn take(&mut self, partitions: Vec<TopicPartition>, response: Response, now: MonotonicTime) -> LogEvent {
        match read(&partitions, response).map_err(|error| error.about_group(&self.group_id)) {
            Ok(committed) => LogEvent::Committed(committed),
            Err(refused @ (LogError::Unauthorised { .. } | LogError::Invalid { .. })) => LogEvent::Fatal(refused),
            Err(retriable) => {
                self.to_send.push((Some(now + RETRY_AFTER), partitions));
                LogEvent::Unavailable(format!("committed offsets: {retriable}"))
            }
        }
    }
}

impl OpenRequests {
    /// The next response to one of the open requests.
    fn next_response(&mut self) -> Option<(Vec<TopicPartition>, Response)> {
        let response = self.requests.poll()?;
        Some((self.open.remove(&response.number)?, response))
    }
}

/// The committed offsets in a response. A partition that the response does not have is an error: treated as one without a
/// committed offset, it would be read from the wrong offset.
fn read(
    partitions: &[TopicPartition],
    response: Response,
) -> Result<Vec<(TopicPartition, Option<CommittedOffset>)>, NativeError> {
    let mut found = match response.result? {
        Reply::Offsets(entries) => entries.into_iter().map(Entry::into_committed).collect::<Result<_, _>>()?,
        _ => HashMap::new(),
    };
    let mut of = |partition: &TopicPartition| found.remove(partition).ok_or_else(|| no_response(partition));
    partitions.iter().map(|partition| Ok((partition.clone(), of(partition)?))).collect()
}

fn no_response(partition: &TopicPartition) -> NativeError {
    NativeError { code: Code::OffsetNotAvailable, message: format!("the broker left {partition} out of its response") }
}
