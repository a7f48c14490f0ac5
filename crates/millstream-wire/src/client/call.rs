//! A call that is in flight.

use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::Duration;

use millstream_log::{LogError, Signal};

use crate::error::LinkError;

/// Why a call has no response. A response may have an error of its own besides.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallError {
    /// The connection has failed, or no address could be connected to.
    #[error("{0}")]
    Unreachable(String),
    /// The broker keeps the connection, and has not responded.
    #[error("{0}")]
    TimedOut(String),
    /// The broker does not authenticate the client.
    #[error("{0}")]
    Unauthorised(String),
    /// A repetition would fail too: the broker does not support the request, or the client cannot use the connection.
    #[error("{0}")]
    Final(String),
}

impl CallError {
    /// Whether a repetition may succeed.
    pub(crate) fn is_retriable(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::TimedOut(_))
    }

    /// The error of a broker that has not responded in this time.
    pub(super) fn timed_out(after: Duration) -> Self {
        Self::from(&LinkError::TimedOut { after })
    }

    /// The error of a request with this name.
    pub(super) fn of_request(name: &str, error: &LinkError) -> Self {
        match error {
            LinkError::Unfit { .. } | LinkError::Undecodable { .. } | LinkError::Unencodable { .. } => {
                Self::from(error)
            }
            error => Self::from(error).map(|reason| format!("{name}: {reason}")),
        }
    }

    fn map(self, change: impl FnOnce(String) -> String) -> Self {
        match self {
            Self::Unreachable(reason) => Self::Unreachable(change(reason)),
            Self::TimedOut(reason) => Self::TimedOut(change(reason)),
            Self::Unauthorised(reason) => Self::Unauthorised(change(reason)),
            Self::Final(reason) => Self::Final(change(reason)),
        }
    }

    /// The same, with the broker named.
    pub(super) fn about(self, broker: &str) -> Self {
        let what = if matches!(self, Self::TimedOut(_)) { "is silent" } else { "cannot be used" };
        self.map(|reason| format!("{broker} {what}: {reason}"))
    }
}

impl From<&LinkError> for CallError {
    fn from(error: &LinkError) -> Self {
        match error {
            LinkError::TimedOut { .. } => Self::TimedOut(error.to_string()),
            LinkError::Sasl(_) if error.is_final() => Self::Unauthorised(error.to_string()),
            error if error.is_final() => Self::Final(error.to_string()),
            error => Self::Unreachable(error.to_string()),
        }
    }
}

impl From<CallError> for LogError {
    fn from(error: CallError) -> Self {
        let reason = error.to_string();
        match error {
            CallError::Unauthorised(_) => Self::Unauthorised { reason },
            CallError::Final(_) => Self::Invalid { reason },
            CallError::Unreachable(_) | CallError::TimedOut(_) => Self::Unavailable { reason },
        }
    }
}

/// The response to a call, once there is one.
pub(crate) struct Pending<T>(Receiver<Result<T, CallError>>);

/// Where the response goes.
pub(crate) struct Responder<T> {
    sender: SyncSender<Result<T, CallError>>,
    signal: Signal,
}

impl<T> Pending<T> {
    /// A call and where its response goes. The signal is raised with the response.
    pub(crate) fn new(signal: &Signal) -> (Responder<T>, Self) {
        let (sender, receiver) = sync_channel(1);
        (Responder { sender, signal: signal.clone() }, Self(receiver))
    }

    /// Returns the response once. Afterwards, and when the call was dropped unheard, it is an error.
    pub(crate) fn poll(&mut self) -> Option<Result<T, CallError>> {
        match self.0.try_recv() {
            Ok(response) => Some(response),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => {
                Some(Err(CallError::Unreachable("the connection was closed before the request was sent".to_owned())))
            }
        }
    }
}

impl<T> Responder<T> {
    pub(crate) fn respond(self, response: Result<T, CallError>) {
        // The caller may have given up.
        let _abandoned = self.sender.send(response);
        self.signal.raise();
    }
}
