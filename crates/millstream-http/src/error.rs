//! Why a server did not start.

use std::io;
use std::net::SocketAddr;

/// Why a server did not start.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; see that it is an address of this host and that its port is free")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's error.
        source: io::Error,
    },
    /// The system gave no thread or no event queue.
    #[error("the HTTP server did not start: {0}")]
    System(#[source] io::Error),
}

millstream_types::debug_as_sentence!(HttpError);
