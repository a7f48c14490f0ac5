//! A list of all topics, fetched on a thread of its own, since librdkafka only offers a call that waits for it.
#![allow(clippy::disallowed_methods, reason = "it waits on a thread of its own")]

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::Duration;

use millstream_log::{LogError, Signal};
use millstream_types::Topic;

use crate::native::{Client, NativeError};

/// How long a broker may take for the list.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A list on its way.
pub(crate) struct TopicListRequest(Receiver<Result<Vec<(Topic, u32)>, NativeError>>);

impl TopicListRequest {
    /// Begins to fetch; the signal is raised when there is a response.
    pub(crate) fn begin(client: &Arc<Client>, signal: &Signal) -> Self {
        let (response, responded) = channel();
        let (client, signal) = (Arc::clone(client), signal.clone());
        let fetch = move || {
            // The administrator may have been dropped.
            let _unheard = response.send(client.all_topics(TIMEOUT));
            signal.raise();
        };
        // Without a thread there is no response, and asking again may help.
        let _refused = std::thread::Builder::new().name("millstream-listing".to_owned()).spawn(fetch);
        Self(responded)
    }

    /// The response, once it is there.
    pub(crate) fn take(&self) -> Option<Result<Vec<(Topic, u32)>, LogError>> {
        match self.0.try_recv() {
            Ok(response) => Some(response.map_err(NativeError::into_log_error)),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => {
                Some(Err(LogError::Unavailable { reason: "the list of all topics did not come".to_owned() }))
            }
        }
    }
}
