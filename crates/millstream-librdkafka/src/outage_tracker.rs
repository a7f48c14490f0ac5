//! Reports outages and fatal errors from a client's main queue.

use millstream_log::{LogError, LogEvent};

use crate::native::{Client, Code, NativeError, Queue, QueueEvent, Severity};

/// Reported when the group has members with another assignor. Kafka Streams is one, and remains in the group for a while after
/// it was closed.
const OTHER_ASSIGNOR: &str = "the group has members that divide the work by another protocol, such as Kafka Streams with \
                              this application id; stop them, and wait until their session is over";

/// Tracks the errors of one client.
#[derive(Default)]
pub(crate) struct OutageTracker {
    /// The reason why the last connection failed.
    last: Option<String>,
}

impl OutageTracker {
    /// Handles the errors in a client's main queue, and passes its other events on.
    pub(crate) fn poll(&mut self, main: &Queue, events: &mut Vec<LogEvent>, mut other: impl FnMut(QueueEvent)) {
        main.drain(|event| match event {
            QueueEvent::Error { error, severity } => events.extend(self.on_error(main.client(), error, severity)),
            event => other(event),
        });
    }

    /// The event of an error, if it is to be reported: most errors are retried by librdkafka.
    pub(crate) fn on_error(&mut self, client: &Client, error: NativeError, severity: Severity) -> Option<LogEvent> {
        if severity == Severity::Fatal || error.code == Code::Fatal {
            let fatal = client.fatal_error().unwrap_or(error);
            return Some(LogEvent::Fatal(fatal.about_client(client.names())));
        }
        match error.code {
            Code::AllBrokersDown => Some(LogEvent::Unavailable(self.no_broker(client.names().bootstrap.as_str()))),
            // librdkafka keeps trying to join.
            Code::InconsistentGroupProtocol => Some(LogEvent::Unavailable(OTHER_ASSIGNOR.to_owned())),
            Code::UnknownTopicOrPartition | Code::UnknownTopic => None,
            _ => match error.about_client(client.names()) {
                refused @ (LogError::Unauthorised { .. } | LogError::Invalid { .. }) => Some(LogEvent::Fatal(refused)),
                LogError::Unavailable { reason } => {
                    self.last = Some(reason);
                    None
                }
                _ => None,
            },
        }
    }

    /// The report that no broker can be reached. It always mentions `security.protocol`: a broker that expects another one closes
    /// the connection, often without a response.
    fn no_broker(&self, bootstrap: &str) -> String {
        let last = self.last.as_ref().map(|last| format!(" The last attempt: {last}")).unwrap_or_default();
        format!(
            "no broker can be reached; `bootstrap.servers` is `{bootstrap}`: is that right, is the cluster up, and does \
             `security.protocol` fit its listener?{last}"
        )
    }
}
