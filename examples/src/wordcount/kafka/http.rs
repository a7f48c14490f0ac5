//! The HTTP server of the application.

use std::net::SocketAddr;

use millstream::StreamsHandle;
#[cfg(feature = "http")]
use millstream::http::{HttpConfig, HttpServer};

use super::super::WordCountError;

/// Serves the state and the metrics of the application, until the server is dropped.
///
/// # Errors
/// When it cannot listen on the address.
#[cfg(feature = "http")]
pub(super) fn serve(address: SocketAddr, streams: &StreamsHandle) -> Result<HttpServer, WordCountError> {
    Ok(HttpServer::start(HttpConfig::new(address), streams.observer())?)
}

/// The error of a program that was built without it.
///
/// # Errors
/// Always.
#[cfg(not(feature = "http"))]
pub(super) fn serve(_address: SocketAddr, _streams: &StreamsHandle) -> Result<(), WordCountError> {
    Err(WordCountError::BuiltWithoutHttp)
}
