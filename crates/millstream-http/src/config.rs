//! The configuration of the server.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// The configuration of an [`HttpServer`](crate::HttpServer). Everything has a default except the address.
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
    /// The address to listen on. Port 0 selects a free port, which [`HttpServer::address`](crate::HttpServer::address) returns.
    pub address: SocketAddr,
    /// `/ready` is 503 while the log has been unreachable for longer than this. Default: 60 s.
    pub log_outage_max: Duration,
    /// How long a client may take to send the head of its request. Default: 5 s.
    pub head_time_max: Duration,
    /// How long a request may take in total, from the connection to the last byte of the response. Default: 10 s.
    pub request_time_max: Duration,
    /// The maximum number of open connections. Another one closes the oldest. Default: 100.
    pub connections_max: usize,
    /// The maximum size of the head of a request in bytes, at least 8 KiB. Default: 16 KiB.
    pub head_bytes_max: usize,
    /// The maximum size of path and query in bytes. Default: 2 KiB.
    pub uri_bytes_max: usize,
    /// The maximum size of the body of a request in bytes. Default: 16 KiB.
    pub body_bytes_max: usize,
    /// How long closing waits for responses in progress. Default: 1 s.
    pub close_limit: Duration,
}

impl HttpConfig {
    /// A configuration for this address, with defaults for everything else.
    ///
    /// # Examples
    /// ```
    /// use millstream_http::HttpConfig;
    ///
    /// let config = HttpConfig::new(([0, 0, 0, 0], 8080).into());
    /// assert_eq!(config.address.port(), 8080);
    /// ```
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

    /// A configuration for this port of the loopback interface (IPv4), which only this machine can reach.
    ///
    /// # Examples
    /// ```
    /// use millstream_http::HttpConfig;
    ///
    /// assert!(HttpConfig::loopback(8080).address.ip().is_loopback());
    /// ```
    #[must_use]
    pub const fn loopback(port: u16) -> Self {
        Self::new(SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port))
    }
}
