//! What a client's main queue says of the cluster as a whole.

use millstream_log::{LogError, LogEvent};

use crate::native::{Client, Code, NativeError, Queue, QueueEvent};

/// Kafka Streams under the same application id is such a stranger, and even closed remains in the group for a while.
const STRANGERS: &str = "the group has members that divide the work by another protocol, such as Kafka Streams with \
                         this application id; stop them, and wait until their session is over";

/// Listens to the errors of one client.
#[derive(Default)]
pub(crate) struct OutageTracker {
    /// What the connection said that failed last.
    last: Option<String>,
}

impl OutageTracker {
    /// Hears what a client's main queue says, and hands on what is no error.
    pub(crate) fn poll(&mut self, main: &Queue, events: &mut Vec<LogEvent>, mut other: impl FnMut(QueueEvent)) {
        main.drain(|event| match event {
            QueueEvent::Error { error, is_fatal } => events.extend(self.on_error(main.client(), error, is_fatal)),
            event => other(event),
        });
    }

    /// The event for an error, if it has one: most errors are retried.
    pub(crate) fn on_error(&mut self, client: &Client, error: NativeError, is_fatal: bool) -> Option<LogEvent> {
        if is_fatal || error.code == Code::Fatal {
            let fatal = client.fatal_error().unwrap_or(error);
            return Some(LogEvent::Fatal(fatal.about_client(client.names())));
        }
        match error.code {
            Code::AllBrokersDown => Some(LogEvent::Unavailable(self.no_broker(client.names().bootstrap.as_str()))),
            // librdkafka goes on asking to be let in.
            Code::InconsistentGroupProtocol => Some(LogEvent::Unavailable(STRANGERS.to_owned())),
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

    /// Asks for the protocol in any case: a broker that expects another one closes the connection, often without a response.
    fn no_broker(&self, bootstrap: &str) -> String {
        let last = self.last.as_ref().map(|last| format!(" The last attempt: {last}")).unwrap_or_default();
        format!(
            "no broker can be reached; `bootstrap.servers` is `{bootstrap}`: is that right, is the cluster up, and does \
             `security.protocol` fit its listener?{last}"
        )
    }
}
