//! The addresses with which a client begins.

use std::fmt;
use std::str::FromStr;

use crate::address::Address;

/// Kafka's port, for addresses without one.
const DEFAULT_PORT: u16 = 9092;

const PROTOCOLS: [&str; 4] = ["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"];

/// The addresses of `bootstrap.servers`. Names are resolved each time they are connected to.
///
/// They are written as Kafka's clients take them: `host:port`, separated by commas. The default port is 9092, the default host
/// `localhost`. An address may begin with a protocol (`SSL://host:port`).
///
/// # Examples
/// ```
/// use millstream_wire::BootstrapServers;
///
/// let servers: BootstrapServers = "SSL://one:9093, two:9093".parse()?;
/// assert_eq!(servers.to_string(), "SSL://one:9093, two:9093");
/// assert!(servers.check_protocol("ssl").is_ok() && servers.check_protocol("plaintext").is_err());
/// assert!("one:port".parse::<BootstrapServers>().is_err());
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BootstrapServers {
    text: String,
    servers: Vec<Server>,
}

/// One of the addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Server {
    /// As it was written.
    text: String,
    protocol: Option<String>,
    address: Address,
}

impl BootstrapServers {
    /// Checks that no address begins with another protocol than this.
    ///
    /// # Errors
    /// With the address that does.
    pub fn check_protocol(&self, protocol: &str) -> Result<(), String> {
        let is_other = |server: &&Server| server.protocol.as_ref().is_some_and(|it| !it.eq_ignore_ascii_case(protocol));
        match self.servers.iter().find(is_other) {
            Some(Server { text, .. }) => {
                Err(format!("`{text}` has another protocol than `security.protocol`, which is `{protocol}`"))
            }
            None => Ok(()),
        }
    }

    pub(crate) fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.servers.iter().map(|server| &server.address)
    }
}

/// Fails when there is no address, or one is invalid: it would be connected to for ever.
impl FromStr for BootstrapServers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let servers = text.split(',').map(str::trim).filter(|server| !server.is_empty());
        let servers = servers.map(Server::parse).collect::<Result<Vec<Server>, String>>()?;
        if servers.is_empty() {
            return Err("it names no broker".to_owned());
        }
        Ok(Self { text: text.to_owned(), servers })
    }
}

/// Writes the text that was parsed.
impl fmt::Display for BootstrapServers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

impl Server {
    fn parse(text: &str) -> Result<Self, String> {
        let (protocol, rest) = match text.split_once("://") {
            Some((protocol, rest)) => (Some(protocol), rest),
            None => (None, text),
        };
        if let Some(unknown) = protocol.filter(|it| !PROTOCOLS.iter().any(|known| known.eq_ignore_ascii_case(it))) {
            return Err(format!("`{unknown}` in `{text}` is not a protocol of Kafka"));
        }
        let (host, port) = match rest.rsplit_once(':') {
            // Several colons without brackets are an IPv6 address without a port.
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, parse_port(port, text)?),
            _ => (rest, DEFAULT_PORT),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let host = if host.is_empty() { "localhost" } else { host };
        Ok(Self { text: text.to_owned(), protocol: protocol.map(str::to_owned), address: (host.to_owned(), port) })
    }
}

fn parse_port(port: &str, server: &str) -> Result<u16, String> {
    let valid = port.parse().ok().filter(|port| *port > 0);
    valid.ok_or_else(|| format!("`{port}` in `{server}` is no port: it must be a number from 1 to 65535"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn addresses_are_read_as_kafka_writes_them() {
        let check = |text: &str, expected: &[(&str, u16)]| {
            let servers: BootstrapServers = text.parse().unwrap();
            let read: Vec<_> = servers.addresses().map(|(host, port)| (host.as_str(), *port)).collect();
            assert_eq!(read, expected, "{text}");
        };
        check("broker-1:9093", &[("broker-1", 9093)]);
        check("broker-1", &[("broker-1", 9092)]);
        check("PLAINTEXT://broker-1:19092", &[("broker-1", 19092)]);
        check("127.0.0.1:9092", &[("127.0.0.1", 9092)]);
        check("[::1]:9093", &[("::1", 9093)]);
        check("[::1]", &[("::1", 9092)]);
        check("::1", &[("::1", 9092)]);
        check(":9093", &[("localhost", 9093)]);
        check(" a:1 , b:2 ,", &[("a", 1), ("b", 2)]);
    }

    #[test]
    fn invalid_addresses_are_refused() {
        let cases = [
            ("", "no broker"),
            (" , ,", "no broker"),
            ("a:port", "`port`"),
            ("a:", "no port"),
            ("a:0", "`0`"),
            ("a:99999", "`99999`"),
            ("good:9092,bad:x", "`bad:x`"),
            ("http://a:9092", "`http`"),
        ];
        for (servers, part) in cases {
            let error = servers.parse::<BootstrapServers>().unwrap_err();
            assert!(error.contains(part), "`{servers}`: {error}");
        }
    }

    #[test]
    fn a_protocol_must_be_the_one_in_use() {
        let servers: BootstrapServers = "a:9092,SSL://b:9093".parse().unwrap();
        assert_eq!(servers.check_protocol("ssl"), Ok(()));
        assert!(servers.check_protocol("plaintext").unwrap_err().contains("`SSL://b:9093`"));
    }
}
