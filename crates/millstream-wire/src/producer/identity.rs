//! The id of a producer.

use std::time::Duration;

use millstream_protocol::messages::InitProducerIdRequest;
use millstream_types::MonotonicTime;

use super::producer_id::ProducerId;
use crate::backoff::Backoff;
use crate::client::{CallError, Cluster, Task, poll_slot};
use crate::codes;

/// How many times in a row an id is requested while the broker has none left. It gets a block from the controller, and
/// returns a retriable error meanwhile.
const ATTEMPTS: usize = 10;
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(20);

/// The time-out of transactions. Without a transactional id brokers ignore it; Kafka's Java client always sends a positive
/// value.
const NO_TIMEOUT_MS: i32 = i32::MAX;

/// A producer's id, which brokers assign, and by which they recognise its batches.
#[derive(Default)]
pub(super) struct Identity {
    known: Option<ProducerId>,
    request: Option<Task<Result<ProducerId, NoId>>>,
    backoff: Backoff,
}

/// Why there is no id.
#[derive(Debug)]
pub(super) enum NoId {
    /// The broker returns Kafka's error code.
    Refused { code: i16 },
    /// No broker has responded.
    Failed(CallError),
}

impl NoId {
    /// Whether somebody has to change something before there can be an id.
    fn is_final(&self) -> bool {
        match self {
            Self::Refused { code } => !codes::is_coordinator_unavailable(*code),
            Self::Failed(error) => !error.is_retriable(),
        }
    }
}

impl Identity {
    /// The id, once it is known.
    pub(super) fn get(&self) -> Option<ProducerId> {
        self.known
    }

    /// Drops the id if it is still this one. A new one is requested by the next poll.
    pub(super) fn drop_id(&mut self, dropped: ProducerId) {
        self.known = self.known.filter(|known| *known != dropped);
    }

    /// Requests an id while there is none.
    ///
    /// # Errors
    /// When the brokers refuse it with an error that is not retriable. The request is repeated.
    pub(super) fn poll(&mut self, cluster: &Cluster, now: MonotonicTime) -> Result<(), NoId> {
        if self.known.is_some() {
            return Ok(());
        }
        cluster.set_now(now);
        if self.request.is_none() && self.backoff.is_over(now) {
            self.request = Some(Task::new(request_id(cluster.clone())));
        }
        match poll_slot(&mut self.request) {
            None => Ok(()),
            Some(Ok(known)) => {
                (self.known, self.backoff) = (Some(known), Backoff::default());
                Ok(())
            }
            Some(Err(error)) => {
                self.backoff.fail(now);
                // That no broker responds is reported by the look-ups of topics.
                if error.is_final() { Err(error) } else { Ok(()) }
            }
        }
    }
}

/// Requests an id from any broker.
async fn request_id(cluster: Cluster) -> Result<ProducerId, NoId> {
    let mut attempts = 0;
    loop {
        match request_once(&cluster).await {
            Err(NoId::Refused { code }) if attempts < ATTEMPTS && codes::is_coordinator_unavailable(code) => {
                attempts += 1;
                cluster.pause(BETWEEN_ATTEMPTS).await;
            }
            result => return result,
        }
    }
}

async fn request_once(cluster: &Cluster) -> Result<ProducerId, NoId> {
    let request = |_| InitProducerIdRequest {
        transactional_id: None,
        transaction_timeout_ms: NO_TIMEOUT_MS,
        ..InitProducerIdRequest::default()
    };
    let is_usable = |response: &millstream_protocol::messages::InitProducerIdResponse| {
        let is_id = response.producer_id >= 0 && response.producer_epoch >= 0;
        if response.error_code != codes::NONE || is_id {
            Ok(())
        } else {
            Err(CallError::Unreachable("the producer id in its response is negative".to_owned()))
        }
    };
    let response = cluster.ask_any(request, is_usable).await.map_err(NoId::Failed)?;
    match response.error_code {
        codes::NONE => Ok(ProducerId { id: response.producer_id, epoch: response.producer_epoch }),
        code => Err(NoId::Refused { code }),
    }
}
