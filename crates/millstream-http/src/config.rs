//! Where the server listens, and what it allows a client.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Settings of an [`HttpServer`](crate::HttpServer). Everything has a default but the address.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use millstream_http::HttpConfig;
///
/// let address = "0.0.0.0:8080".parse().expect("an address and a port");
/// let config = HttpConfig { log_outage_max: Duration::from_secs(300), ..HttpConfig::new(address) };
/// assert_eq!(config.connections_max, 100);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpConfig {
    /// Where to listen. Port 0 is a free port; [`HttpServer::address`](crate::HttpServer::address) tells which.
    pub address: SocketAddr,
    /// `/ready` is 503 while the log has been unreachable for longer than this. Default: 60 s.
    pub log_outage_max: Duration,
    /// How long a client may take to send the head of its request. Default: 5 s.
    pub head_time_max: Duration,
    /// How long a request may take in all, from the connection to the last byte of the response. Default: 10 s.
    pub request_time_max: Duration,
    /// How many connections may be open. One more closes the oldest. Default: 100.
    pub connections_max: usize,
    /// How many bytes the head of a request may have. At least 8 KiB. Default: 16 KiB.
    pub head_bytes_max: usize,
    /// How many bytes path and query may have. Default: 2 KiB.
    pub uri_bytes_max: usize,
    /// How many bytes the body of a request may have. Default: 16 KiB.
    pub body_bytes_max: usize,
    /// How long closing waits for requests that are being answered. Default: 1 s.
    pub close_limit: Duration,
}

impl HttpConfig {
    /// Listens on this address, with all else at its default.
    #[must_use]
    pub const fn new(address: SocketAddr) -> Self {
        Self {
            address,
            log_outage_max: Duration::from_secs(60),
            head_time_max: Duration::from_secs(5),
            request_time_max: Duration::from_secs(10),
            connections_max: 100,
            head_bytes_max: 16 * 1024,
            uri_bytes_max: 2 * 1024,
            body_bytes_max: 16 * 1024,
            close_limit: Duration::from_secs(1),
        }
    }

    /// Listens on this port of the loopback interface (IPv4), which only this machine reaches.
    #[must_use]
    pub const fn loopback(port: u16) -> Self {
        Self::new(SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port))
    }
}
