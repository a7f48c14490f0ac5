//! The broker that coordinates a group.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use millstream_log::{LogError, Signal};
use millstream_protocol::messages::find_coordinator::{FindCoordinatorRequest, FindCoordinatorResponse};
use millstream_protocol::{ErrorCode, Request};
use millstream_types::MonotonicTime;

use crate::client::{CallError, Cluster, Lane};

/// The backoff before a coordinator is looked for again.
pub(crate) const RETRY_AFTER: Duration = Duration::from_millis(100);

/// How often it is looked whether the coordinator is still the same, and responds.
const WATCH_EVERY: Duration = Duration::from_secs(3);

/// The first version with a list of keys.
const WITH_LIST: i16 = 4;

/// The coordinator of a group, as far as it is known. Clones share the knowledge.
#[derive(Clone)]
pub(crate) struct Coordinator {
    pub(crate) cluster: Cluster,
    group_id: Arc<str>,
    known: Arc<Mutex<Option<i32>>>,
    /// The broker that got the last request of a member that joins. Another request may have found a newer coordinator since.
    joins_at: Arc<Mutex<Option<i32>>>,
}

/// Why there is no response of the coordinator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CoordinatorError {
    /// It cannot be reached, or is not known; it may be later.
    Unavailable(String),
    /// It has not responded.
    Silent(String),
    /// The client may not use the group, or not so.
    Refused(ErrorCode, String),
    /// No broker can do what is needed, or authenticates the client.
    Final(LogError),
}

impl Coordinator {
    pub(crate) fn new(cluster: &Cluster, group_id: &str) -> Self {
        Self { cluster: cluster.clone(), group_id: group_id.into(), known: Arc::default(), joins_at: Arc::default() }
    }

    /// The same with connections of its own, whose responses raise another signal.
    pub(crate) fn separate(&self, signal: &Signal) -> Self {
        Self::new(&self.cluster.separate(signal), &self.group_id)
    }

    pub(crate) fn group_id(&self) -> &str {
        &self.group_id
    }

    fn lock(&self) -> MutexGuard<'_, Option<i32>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The broker, if it is known.
    pub(crate) fn known(&self) -> Option<i32> {
        *self.lock()
    }

    /// The broker at which a member that joins waits.
    pub(crate) fn joins_at(&self) -> Option<i32> {
        *self.joins_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets the broker if it is still this one: it is looked for again.
    pub(crate) fn forget(&self, broker: i32) {
        self.lock().take_if(|known| *known == broker);
    }

    /// The broker, which is looked for if it is not known.
    ///
    /// # Errors
    /// When no broker knows it yet, or the group may not be used.
    pub(crate) async fn find(&self) -> Result<i32, CoordinatorError> {
        match self.known() {
            Some(known) => Ok(known),
            None => self.look_for().await,
        }
    }

    /// Asks a broker for the coordinator, also if it is known.
    pub(crate) async fn look_for(&self) -> Result<i32, CoordinatorError> {
        let found = Found::from(self.cluster.any(self.request()).await.map_err(CoordinatorError::from)?);
        match found.error {
            ErrorCode::NONE => {
                self.cluster.add_broker(found.broker, &found.host, found.port);
                *self.lock() = Some(found.broker);
                Ok(found.broker)
            }
            error if error.is_retriable() => Err(CoordinatorError::Unavailable(format!(
                "the coordinator of the group `{}` is not known yet: {error}",
                self.group_id
            ))),
            error => Err(CoordinatorError::Refused(error, found.message)),
        }
    }

    /// Sends a request to the coordinator, which is looked for first if it is not known, and forgotten after a failure and
    /// where it says that another broker is the coordinator.
    ///
    /// # Errors
    /// When it is not known or does not respond.
    pub(crate) async fn call<R>(
        &self,
        lane: Lane,
        patience: Duration,
        build: impl Fn(i16) -> R + Send + 'static,
        error_of: impl Fn(&R::Response) -> ErrorCode,
    ) -> Result<R::Response, CoordinatorError>
    where
        R: Request,
        R::Response: Send + 'static,
    {
        let broker = self.find().await?;
        if lane == Lane::Group {
            *self.joins_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(broker);
        }
        let response = self.cluster.call(broker, lane, patience, build).await;
        let is_another =
            |error: ErrorCode| matches!(error, ErrorCode::NOT_COORDINATOR | ErrorCode::COORDINATOR_NOT_AVAILABLE);
        if response.as_ref().map_or(true, |response| is_another(error_of(response))) {
            self.forget(broker);
        }
        response.map_err(|error| match CoordinatorError::from(error) {
            CoordinatorError::Silent(reason) => {
                CoordinatorError::Silent(format!("{reason}; it coordinates the group `{}`", self.group_id))
            }
            other => other,
        })
    }

    /// Looks after some seconds whether another broker is the coordinator, and whether the one that is known responds: a response
    /// that may take minutes is awaited from it.
    pub(crate) async fn watch(self) -> Watched {
        loop {
            self.cluster.pause(WATCH_EVERY).await;
            let Some(from) = self.joins_at() else { continue };
            if self.look_for().await.is_ok_and(|broker| broker != from) {
                return Watched::Moved { from };
            }
            let build = self.request();
            let probe = self.call(Lane::Probe, WATCH_EVERY, build, |response: &FindCoordinatorResponse| {
                ErrorCode(response.error_code)
            });
            let sent = self.cluster.now();
            let probed = probe.await;
            // What waits at it is to be found there, whatever becomes of a look-up.
            self.lock().get_or_insert(from);
            match probed {
                Ok(_) => return Watched::Responds { sent },
                Err(CoordinatorError::Silent(reason)) => return Watched::Silent(reason),
                Err(_) => {}
            }
        }
    }

    /// Asks which broker coordinates the group.
    fn request(&self) -> impl Fn(i16) -> FindCoordinatorRequest + Clone + Send + use<> {
        let group = self.group_id.to_string();
        move |version| FindCoordinatorRequest {
            key: if version < WITH_LIST { group.clone() } else { String::new() },
            coordinator_keys: if version < WITH_LIST { Vec::new() } else { vec![group.clone()] },
            ..Default::default()
        }
    }
}

/// What was noticed of a coordinator while its response is awaited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Watched {
    /// It is another broker by now.
    Moved { from: i32 },
    /// It responds to what was sent then.
    Responds { sent: MonotonicTime },
    /// It does not respond to anything.
    Silent(String),
}

impl From<CallError> for CoordinatorError {
    fn from(error: CallError) -> Self {
        let reason = error.to_string();
        match error {
            CallError::Unreachable(_) => Self::Unavailable(reason),
            CallError::TimedOut(_) => Self::Silent(reason),
            CallError::Unauthorised(_) | CallError::Final(_) => Self::Final(error.into()),
        }
    }
}

/// What a broker has found.
struct Found {
    error: ErrorCode,
    message: String,
    broker: i32,
    host: String,
    port: i32,
}

impl From<FindCoordinatorResponse> for Found {
    fn from(response: FindCoordinatorResponse) -> Self {
        match response.coordinators.into_iter().next() {
            Some(found) => Self {
                error: ErrorCode(found.error_code),
                message: found.error_message.unwrap_or_default(),
                broker: found.node_id,
                host: found.host,
                port: found.port,
            },
            None => Self {
                error: ErrorCode(response.error_code),
                message: response.error_message.unwrap_or_default(),
                broker: response.node_id,
                host: response.host,
                port: response.port,
            },
        }
    }
}
