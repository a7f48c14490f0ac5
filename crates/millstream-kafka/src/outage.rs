//! What a client's main queue says of the cluster as a whole.

use millstream_log::{LogError, LogEvent};

use crate::native::{Client, Code, NativeError};

/// The event to tell for an error of a client's main queue, if it is worth one: most pass by themselves.
pub(crate) fn event_for(client: &Client, error: NativeError, is_fatal: bool, identity: &str) -> Option<LogEvent> {
    if is_fatal || error.code == Code::Fatal {
        let fatal = client.fatal_error().unwrap_or(error);
        return Some(LogEvent::Fatal(fatal.about_member(identity)));
    }
    match error.code {
        Code::AllBrokersDown => Some(LogEvent::Unavailable(format!(
            "no broker can be reached; `bootstrap.servers` is `{}`: is that right, and is the cluster up?",
            client.bootstrap()
        ))),
        Code::UnknownTopicOrPartition | Code::UnknownTopic => None,
        _ => match error.into_log_error() {
            refused @ (LogError::Unauthorised { .. } | LogError::Invalid { .. }) => Some(LogEvent::Fatal(refused)),
            _ => None,
        },
    }
}
