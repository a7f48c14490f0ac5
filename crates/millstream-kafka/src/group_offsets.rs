//! All that a group has committed, requested by a client that is no member of it.

use std::sync::Arc;
use std::time::Duration;

use millstream_log::{AdminResponse, LogError, Signal};
use millstream_types::MonotonicTime;

use crate::errors::RETRY_AFTER;
use crate::native::{Client, NativeError, Reply, Requests, Response};

/// A group whose coordinator is just moving, or being made, is asked again for so long; then it cannot be reached.
const RETRY_FOR: Duration = Duration::from_secs(5);

/// A request that has no response for so long is given up, and its client with it.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);

/// The request. It goes through a consumer of that group that never joins it. A client without a group dies
/// of a coordinator that responds that it is no longer one (librdkafka 2.12, `rd_kafka_handle_OffsetFetch`).
pub(crate) struct GroupOffsets {
    requests: Requests,
    group: String,
    is_requested: bool,
    again_at: Option<MonotonicTime>,
    until: Option<MonotonicTime>,
}

impl GroupOffsets {
    /// A request through this client, which is a consumer of the group.
    pub(crate) fn new(client: &Arc<Client>, group: String, signal: &Signal) -> Self {
        let requests = Requests::new(client, signal);
        Self { requests, group, is_requested: false, again_at: None, until: None }
    }

    /// Moves it along; the response, once it is there.
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
