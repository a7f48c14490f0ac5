//! Errors of starting a server.

use std::io;
use std::net::SocketAddr;

/// The server could not be started.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The server cannot listen on the address.
    #[error("cannot listen on {address}: {source}; see that it is an address of this host and that its port is free")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's error.
        source: io::Error,
    },
    /// The thread or the executor could not be started.
    #[error("the HTTP server did not start: {0}")]
    System(#[source] io::Error),
}

millstream_types::debug_as_sentence!(HttpError);
