//! All that a group has committed, asked for by somebody who is no member of it.

use std::sync::Arc;
use std::time::Duration;

use millstream_log::{AdminResponse, LogError, Signal};
use millstream_types::MonotonicTime;

use crate::errors::ASK_AGAIN_AFTER;
use crate::native::{Answer, Client, NativeError, Reply, Requests};

/// A group whose coordinator is just moving, or being made, is asked for so long; then it cannot be reached.
const ASK_FOR: Duration = Duration::from_secs(5);

/// A question that has no answer for so long is given up, and its client with it.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);

/// The question, and where it is asked: by a consumer of that group that never joins it. A client without a group dies
/// of a coordinator that answers that it is none any more (librdkafka 2.12, `rd_kafka_handle_OffsetFetch`).
pub(crate) struct GroupOffsets {
    requests: Requests,
    group: String,
    is_asked: bool,
    again_at: Option<MonotonicTime>,
    until: Option<MonotonicTime>,
}

impl GroupOffsets {
    /// A question to be asked with this client, which is a consumer of the group.
    pub(crate) fn new(client: &Arc<Client>, group: String, signal: &Signal) -> Self {
        let requests = Requests::new(client, signal);
        Self { requests, group, is_asked: false, again_at: None, until: None }
    }

    /// Moves it along; the answer, once it is there.
    pub(crate) fn poll(&mut self, now: MonotonicTime) -> Option<Result<AdminResponse, LogError>> {
        let until = *self.until.get_or_insert(now + ASK_FOR);
        if !self.is_asked && self.again_at.is_none_or(|again_at| now >= again_at) {
            self.requests.all_committed(&self.group);
            self.is_asked = true;
        }
        let Some(answer) = self.requests.poll() else {
            return (now >= until + ANSWERED_WITHIN).then(|| Err(self.unanswered()));
        };
        self.is_asked = false;
        match read(answer) {
            Ok(response) => Some(Ok(response)),
            Err(error) if error.is_passing() && now < until => {
                self.again_at = Some(now + ASK_AGAIN_AFTER);
                None
            }
            Err(error) => Some(Err(error.into_log_error())),
        }
    }

    fn unanswered(&self) -> LogError {
        let reason = format!("the coordinator of the group `{}` has not answered in {ANSWERED_WITHIN:?}", self.group);
        LogError::Unavailable { reason }
    }
}

fn read(answer: Answer) -> Result<AdminResponse, NativeError> {
    let entries = match answer.result? {
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
