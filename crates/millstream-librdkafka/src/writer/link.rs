//! A librdkafka producer and what belongs to it.

use std::sync::Arc;
use std::time::Duration;

use millstream_log::{LogError, Signal};
use millstream_types::Topic;

use crate::native::{Client, Queue, TopicHandle};
use crate::outage_tracker::OutageTracker;
use crate::silent_brokers::SilentBrokers;

/// What belongs to one client.
pub(super) struct Link {
    pub(super) main: Queue,
    pub(super) outages: OutageTracker,
    pub(super) silent: SilentBrokers,
    /// The handles of the topics that were written to, by topic number.
    handles: Vec<Option<TopicHandle>>,
}

impl Link {
    pub(super) fn new(client: &Arc<Client>, signal: &Signal) -> Self {
        Self {
            main: client.main_queue(signal),
            outages: OutageTracker::default(),
            silent: SilentBrokers::default(),
            handles: Vec::new(),
        }
    }

    /// The handle of a topic with this number. A new handle sends no record that is older than `age_max`.
    ///
    /// # Errors
    /// When librdkafka refuses the topic.
    pub(super) fn handle(
        &mut self,
        topic: &Topic,
        number: usize,
        age_max: Option<Duration>,
    ) -> Result<&TopicHandle, LogError> {
        if self.handles.len() <= number {
            self.handles.resize_with(number + 1, || None);
        }
        if self.handles[number].is_none() {
            let handle = TopicHandle::new(self.main.client(), topic.as_str(), number, age_max);
            self.handles[number] = Some(handle.map_err(|error| error.about_topic(topic))?);
        }
        Ok(self.handles[number].as_ref().expect("it was created if it did not exist"))
    }

    /// Whether records were written through this client.
    pub(super) fn has_handles(&self) -> bool {
        self.handles.iter().any(Option::is_some)
    }
}
