//! The errors of a connection to a broker.

use std::io;
use std::time::Duration;

use crate::sasl::SaslFault;
use crate::security::TlsFault;

/// Why a request to a broker failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    /// The connection failed.
    #[error("{0}")]
    Failed(io::Error),
    /// TLS cannot be set up, or has failed.
    #[error("{0}")]
    Tls(#[from] TlsFault),
    /// The broker does not accept who connects, or this client does not accept the broker's proof.
    #[error("{0}")]
    Sasl(#[from] SaslFault),
    /// The session for which the broker has authenticated the client is about to end, and a new connection is needed.
    #[error("the authenticated session ends")]
    SessionEnds,
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
    #[error("the broker does not support version {version} of {api}, but {supported}; {REMEDY}")]
    Unfit {
        /// The request's name.
        api: &'static str,
        /// The version that is needed.
        version: i16,
        /// The versions that it supports.
        supported: String,
    },
    /// The broker refuses the whole request.
    #[error("the broker refuses the request: error {code}")]
    Refused {
        /// Kafka's number for the error.
        code: i16,
    },
}

/// Brokers support the requests of a fetcher since Kafka 2.7, and those of a producer since 2.8.
const REMEDY: &str = "use a broker of Kafka 2.8 or newer, or let librdkafka do it (`fetch.client`, `produce.client`)";

impl LinkError {
    /// Whether a retry cannot succeed.
    pub(crate) fn is_final(&self) -> bool {
        match self {
            Self::Unfit { .. } => true,
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
            Err(error) => Self::Failed(error),
        }
    }
}

fn no_frame(size: [u8; 4]) -> String {
    let seen = match size {
        [b'H', b'T', b'T', b'P'] => "it responds with HTTP".to_owned(),
        [0x15, 0x03, ..] => "it requires TLS; set `security.protocol` to `ssl` or `sasl_ssl`".to_owned(),
        size => format!("it announces a frame of {} bytes", i32::from_be_bytes(size)),
    };
    format!("this is not a plaintext listener of Kafka: {seen}")
}
