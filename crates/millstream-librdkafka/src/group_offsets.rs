//! Looks up all committed offsets of a group, by a client that is not a member.

use std::sync::Arc;
use std::time::Duration;

use millstream_log::{AdminResponse, LogError, Signal};
use millstream_types::MonotonicTime;

use crate::errors::RETRY_AFTER;
use crate::native::{Client, NativeError, Reply, Requests, Response};

/// How long the request is repeated while the group's coordinator is moving or being elected.
const RETRY_FOR: Duration = Duration::from_secs(5);

/// A request without a response for this long fails, and its client is dropped.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);

/// The request. It uses a consumer client of the group that never joins it: librdkafka (2.12) aborts the process when a client
/// without a group gets the error that a broker is no longer the coordinator (`rd_kafka_handle_OffsetFetch`).
pub(crate) struct GroupOffsets {
    requests: Requests,
    group: String,
    is_requested: bool,
    again_at: Option<MonotonicTime>,
    until: Option<MonotonicTime>,
}

impl GroupOffsets {
    /// Creates a request through this client, which must be a consumer client of the group.
    pub(crate) fn new(client: &Arc<Client>, group: String, signal: &Signal) -> Self {
        let requests = Requests::new(client, signal);
        Self { requests, group, is_requested: false, again_at: None, until: None }
    }

    /// Continues the request, and returns the response once there is one.
    pub(crate) fn poll(&mut self, now: MonotonicTime) -> Option<Result<AdminResponse, LogError>> {
        let until = *self.until.get_or_insert(now + RETRY_FOR);
        if !self.is_requested && self.again_at.is_none_or(|again_at| now >= again_at) {
            self.requests.all_committed(&self.group);
            self.is_requested = true;
        }
        let Some(response) = self.requests.poll() else {
            return (now >= until + RESPONSE_TIMEOUT).then(|| Err(self.no_response()));
        };
        self.is_requested = false;
        match read(response) {
            Ok(response) => Some(Ok(response)),
            Err(error) if error.is_retriable() && now < until => {
                self.again_at = Some(now + RETRY_AFTER);
                None
            }
            Err(error) => Some(Err(error.into_log_error())),
        }
    }

    fn no_response(&self) -> LogError {
        let reason = format!("the coordinator of the group `{}` has not responded in {RESPONSE_TIMEOUT:?}", self.group);
        LogError::Unavailable { reason }
    }
}

fn read(response: Response) -> Result<AdminResponse, NativeError> {
    let entries = match response.result? {
        Reply::Offsets(entries) => entries,
        _ => Vec::new(),
    };
    let mut committed = Vec::with_capacity(entries.len());
    for entry in entries {
        let (partition, offset) = entry.into_committed()?;
        committed.extend(offset.map(|offset| (partition, offset)));
    }
    Ok(AdminResponse::CommittedOffsets(committed))
}
