//! Members and committed offsets of consumer groups.

use std::sync::Arc;
use std::time::Duration;

use millstream_types::Offset;

use crate::{GroupAssignor, LogError, StreamsGroup};

/// The assignor that every member offers last.
const COOPERATIVE_STICKY: &str = "cooperative-sticky";

/// The configuration of a group consumer.
#[derive(Clone, Debug)]
pub struct GroupConfig {
    /// The id of the group; Millstream uses the application id.
    pub group_id: String,
    /// The name of the client in logs and metrics.
    pub client_id: String,
    /// An instance id that survives restarts (static membership). Without one each start is a new member.
    pub instance_id: Option<String>,
    /// The session time-out: a member without a heartbeat for this long is removed.
    pub session_timeout: Duration,
    /// The assignor that this member offers before `cooperative-sticky`. Not every log can: `LibrdkafkaLog` refuses it.
    pub assignor: Option<Arc<dyn GroupAssignor>>,
    /// Where this member runs, for its assignor.
    pub rack: Option<String>,
    /// What the broker has to know to assign tasks itself (KIP-1071), instead of the classic protocol. Only logs that
    /// [take it](crate::Log::takes_streams_groups) accept it.
    pub streams: Option<Arc<StreamsGroup>>,
}

impl GroupConfig {
    /// The configuration of a dynamic member without an assignor of its own.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_log::GroupConfig;
    ///
    /// let config = GroupConfig::new("group", "client", Duration::from_secs(45));
    /// assert!(config.instance_id.is_none() && config.assignor.is_none());
    /// ```
    #[must_use]
    pub fn new(group_id: &str, client_id: &str, session_timeout: Duration) -> Self {
        Self {
            group_id: group_id.to_owned(),
            client_id: client_id.to_owned(),
            instance_id: None,
            session_timeout,
            assignor: None,
            rack: None,
            streams: None,
        }
    }

    /// Checks what no log can accept. Logs call it when they create a consumer.
    ///
    /// # Errors
    /// When the group has no id, or its assignor has no name, or the name of the one that every member offers.
    pub fn check(&self) -> Result<(), LogError> {
        let reason = match self.assignor.as_ref().map(|assignor| assignor.name()) {
            _ if self.group_id.is_empty() => "a group consumer needs a group id".to_owned(),
            Some("") => "an assignor needs a name; return one from `GroupAssignor::name`".to_owned(),
            Some(COOPERATIVE_STICKY) => format!(
                "an assignor cannot be named `{COOPERATIVE_STICKY}`, which every member offers as well; return another \
                 name from `GroupAssignor::name`"
            ),
            Some(_) | None => return Ok(()),
        };
        Err(LogError::Invalid { reason })
    }

    /// Refuses a streams group, for a log that has none.
    ///
    /// # Errors
    /// When [`streams`](Self::streams) is set; `log` is the name of the log.
    pub fn refuse_streams(&self, log: &str) -> Result<(), LogError> {
        if self.streams.is_none() {
            return Ok(());
        }
        let reason = format!(
            "the group `{}` cannot be a streams group (KIP-1071) with {log}, where no broker assigns tasks; use `KafkaLog`, or the \
             classic protocol",
            self.group_id
        );
        Err(LogError::Invalid { reason })
    }
}

/// A committed offset, with its metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedOffset {
    /// The offset of the next record to process.
    pub offset: Offset,
    /// A text, which may be empty. Millstream stores the partition time in it.
    pub metadata: String,
}
