//! Requests the list of all topics on its own thread, since librdkafka has only a blocking call for it.
#![allow(clippy::disallowed_methods, reason = "it blocks its own thread")]

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::Duration;

use millstream_log::{LogError, Signal};
use millstream_types::Topic;

use crate::native::{Client, NativeError};

/// The time-out of the request.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A request in flight.
pub(crate) struct TopicListRequest(Receiver<Result<Vec<(Topic, u32)>, NativeError>>);

impl TopicListRequest {
    /// Sends the request. The signal is raised when there is a response.
    pub(crate) fn begin(client: &Arc<Client>, signal: &Signal) -> Self {
        let (sender, receiver) = channel();
        let (client, signal) = (Arc::clone(client), signal.clone());
        let fetch = move || {
            // The administrator may have been dropped.
            let _dropped = sender.send(client.all_topics(TIMEOUT));
            signal.raise();
        };
        // If no thread can be started, the channel is closed, which is reported as a retriable error.
        let _refused = std::thread::Builder::new().name("millstream-topics".to_owned()).spawn(fetch);
        Self(receiver)
    }

    /// The response, once it has arrived.
    pub(crate) fn take(&self) -> Option<Result<Vec<(Topic, u32)>, LogError>> {
        match self.0.try_recv() {
            Ok(response) => Some(response.map_err(NativeError::into_log_error)),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => {
                Some(Err(LogError::Unavailable { reason: "the list of all topics could not be requested".to_owned() }))
            }
        }
    }
}
