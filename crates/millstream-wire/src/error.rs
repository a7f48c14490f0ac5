//! What can go wrong with a connection to a broker.

use std::io;
use std::time::Duration;

/// Why a request to a broker failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    /// The connection failed.
    #[error("{0}")]
    Failed(#[from] io::Error),
    /// What came is no frame of Kafka's: another protocol speaks there, or the connection is expected to be encrypted.
    #[error("{}", no_frame(*size))]
    NoFrame {
        /// The four bytes that should be a size.
        size: [u8; 4],
    },
    /// The broker keeps the connection and does not respond.
    #[error("it has not responded for {} s", after.as_secs())]
    TimedOut {
        /// How long after it should have.
        after: Duration,
    },
    /// The response cannot be read.
    #[error("the broker's response cannot be read: {what}")]
    Garbled {
        /// What is wrong with it.
        what: &'static str,
    },
    /// The broker is too old, or too new.
    #[error("the broker does not speak version {version} of {api}, but {speaks}; {REMEDY}")]
    Unfit {
        /// The request's name.
        api: &'static str,
        /// The version that is needed.
        version: i16,
        /// The versions that it speaks.
        speaks: String,
    },
    /// The broker refuses a request as a whole.
    #[error("the broker refuses the request: error {code}")]
    Refused {
        /// Kafka's number for the error.
        code: i16,
    },
}

/// Millstream reads as brokers of 2.7 and newer understand it, and writes as those of 2.8 do.
const REMEDY: &str = "use a broker of Kafka 2.8 or newer, or let librdkafka do it (`fetch.client`, `produce.client`)";

impl LinkError {
    /// Whether trying again cannot help.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self, Self::Unfit { .. })
    }
}

fn no_frame(size: [u8; 4]) -> String {
    let events = match size {
        [b'H', b'T', b'T', b'P'] => "it speaks HTTP".to_owned(),
        [0x15, 0x03, ..] => "it expects TLS".to_owned(),
        size => format!("it begins a frame of {} bytes", i32::from_be_bytes(size)),
    };
    format!("this is no listener of Kafka's that can be read: {events}")
}
