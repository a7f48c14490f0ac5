//! The session time-out of a group under KIP-848, where the broker decides on it.

use std::sync::Arc;
use std::time::Duration;

use millstream_log::Signal;
use millstream_types::MonotonicTime;

use crate::errors::RETRY_AFTER;
use crate::native::{Client, Reply, Requests, Response};

/// The setting of a group, for which the broker's `group.consumer.session.timeout.ms` is the default.
const SETTING: &str = "consumer.session.timeout.ms";

/// How often the setting is read again: it may be changed at any time.
const READ_EVERY: Duration = Duration::from_secs(60);

/// Reads the session time-out that the broker applies to a group.
///
/// Brokers before Kafka 3.8 do not know settings of groups, and others may refuse them (the operation `DescribeConfigs` on
/// the group). The time-out stays unknown then.
pub(crate) struct BrokerSession {
    requests: Requests,
    group: String,
    request: Option<u64>,
    /// When to read the setting next; `None` once the broker has refused it.
    due: Option<MonotonicTime>,
    known: Option<Duration>,
}

impl BrokerSession {
    pub(crate) fn new(client: &Arc<Client>, group: &str, signal: &Signal) -> Self {
        Self {
            requests: Requests::new(client, signal),
            group: group.to_owned(),
            request: None,
            due: Some(MonotonicTime::START),
            known: None,
        }
    }

    /// Moves the request along; the session time-out, when it is new.
    pub(crate) fn poll(&mut self, now: MonotonicTime) -> Option<Duration> {
        if self.request.is_none() && self.due.is_some_and(|due| now >= due) {
            self.request = Some(self.requests.group_settings(&self.group));
        }
        let response = self.requests.poll()?;
        self.request.take_if(|request| *request == response.number)?;
        let read = read(response);
        self.due = match &read {
            Ok(_) => Some(now + READ_EVERY),
            Err(Refusal::Retriable) => Some(now + RETRY_AFTER),
            Err(Refusal::Final) => None,
        };
        let timeout = read.ok()?;
        (self.known.replace(timeout) != Some(timeout)).then_some(timeout)
    }
}

/// Why the setting is not known.
enum Refusal {
    Retriable,
    Final,
}

fn read(response: Response) -> Result<Duration, Refusal> {
    let settings = match response.result {
        Ok(Reply::Settings(settings)) => settings.into_iter().next().map(|(_, settings)| settings),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    };
    match settings {
        Some(Ok(settings)) => {
            let millis = settings.get(SETTING).and_then(|millis| millis.parse().ok());
            millis.map(Duration::from_millis).ok_or(Refusal::Final)
        }
        Some(Err(error)) if error.is_retriable() => Err(Refusal::Retriable),
        Some(Err(_)) | None => Err(Refusal::Final),
    }
}
