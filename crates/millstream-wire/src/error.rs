//! The errors of a connection to a broker.

use std::io;
use std::time::Duration;

use millstream_protocol::{DecodeError, EncodeError};

use crate::sasl::SaslFault;
use crate::security::TlsFault;

/// Why a request to a broker failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    /// The connection failed.
    #[error("{}", failure(.0))]
    Failed(io::Error),
    /// The broker has closed the connection.
    #[error("the broker has closed the connection instead of responding; {CLOSED_REMEDY}")]
    Closed,
    /// TLS cannot be set up, or has failed.
    #[error("{0}")]
    Tls(#[from] TlsFault),
    /// The broker does not accept who connects, or this client does not accept the broker's proof.
    #[error("{0}")]
    Sasl(#[from] SaslFault),
    /// The session for which the broker has authenticated the client is about to end, and a new connection is needed.
    #[error("the authenticated session ends")]
    SessionEnds,
    /// The connection was closed while no request was in flight: by the broker, or because nothing was sent for long.
    #[error("the connection was closed while it was idle")]
    ClosedIdle,
    /// The bytes are not a frame of Kafka's protocol: the port belongs to another protocol, or requires TLS.
    #[error("{}", no_frame(*size))]
    NoFrame {
        /// The four bytes in place of a frame's size.
        size: [u8; 4],
    },
    /// The broker does not respond, and keeps the connection open.
    #[error("it has not responded for {} s", after.as_secs())]
    TimedOut {
        /// How late the response is.
        after: Duration,
    },
    /// The response cannot be read.
    #[error("the broker's response cannot be read: {what}")]
    Garbled {
        /// What is wrong with it.
        what: &'static str,
    },
    /// The broker is too old or too new.
    #[error("the broker does not support version {needed} of {api}, but {supported}; {REMEDY}")]
    Unfit {
        /// The request's name.
        api: &'static str,
        /// The versions of which one is needed.
        needed: String,
        /// The versions that it supports.
        supported: String,
    },
    /// The response is not one to this request.
    #[error("the broker's response to {api} cannot be read: {error}")]
    Undecodable {
        /// The request's name.
        api: &'static str,
        /// What is wrong with it.
        error: DecodeError,
    },
    /// The request cannot be written.
    #[error("{api} cannot be sent: {error}")]
    Unencodable {
        /// The request's name.
        api: &'static str,
        /// What is wrong with it.
        error: EncodeError,
    },
    /// The broker refuses the whole request.
    #[error("the broker refuses the request: error {code}")]
    Refused {
        /// Kafka's number for the error.
        code: i16,
    },
}

/// Brokers support the requests of a fetcher since Kafka 2.7, and those of a producer since 2.8.
const REMEDY: &str = "use a broker of Kafka 2.8 or newer";

/// A listener with SASL closes connections on which it gets another request than those of authentication.
const CLOSED_REMEDY: &str = "if this persists, its listener may require SASL, which `security.protocol` chooses";

impl LinkError {
    /// The error of a connection on which a response was awaited for so long at most.
    pub(crate) fn after_waiting(self, patience: Duration) -> Self {
        match self {
            Self::Failed(error) if is_timeout(&error) => Self::TimedOut { after: patience },
            other => other,
        }
    }

    /// Whether the connection has ended as connections do, between requests: another one takes its place, and nothing is to be
    /// reported.
    pub(crate) fn is_regular_end(&self) -> bool {
        matches!(self, Self::SessionEnds | Self::ClosedIdle)
    }

    /// Whether a retry cannot succeed.
    pub(crate) fn is_final(&self) -> bool {
        match self {
            Self::Unfit { .. } | Self::Unencodable { .. } => true,
            Self::Tls(fault) => fault.is_final(),
            Self::Sasl(fault) => fault.is_final(),
            _ => false,
        }
    }
}

/// Streams return what is wrong with TLS as an [`io::Error`].
impl From<io::Error> for LinkError {
    fn from(error: io::Error) -> Self {
        match error.downcast::<TlsFault>() {
            Ok(fault) => Self::Tls(fault),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Self::Closed,
            Err(error) => Self::Failed(error),
        }
    }
}

/// Whether a read has ended because it may not last longer.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// The system's words for a read that has ended, `Resource temporarily unavailable`, say nothing to a reader.
fn failure(error: &io::Error) -> String {
    if is_timeout(error) { "it has not responded in time".to_owned() } else { error.to_string() }
}

fn no_frame(size: [u8; 4]) -> String {
    let seen = match size {
        [b'H', b'T', b'T', b'P'] => "it responds with HTTP".to_owned(),
        [0x15, 0x03, ..] => "it requires TLS; set `security.protocol` to `ssl` or `sasl_ssl`".to_owned(),
        size => format!("it announces a frame of {} bytes", i32::from_be_bytes(size)),
    };
    format!("this is not a plaintext listener of Kafka: {seen}")
}
