//! TLS against a server in this process.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a server in real time, on a thread of its own")]

mod refusals;
mod transfers;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::*;
use crate::clock::now;
use crate::security::{Authorities, Pem, SecuritySettings, TlsSettings, Verification};
use crate::testing::certificates::Authority;

/// Long enough for a handshake on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

const VERSIONS: [&[&rustls::SupportedProtocolVersion]; 2] = [&[&rustls::version::TLS12], &[&rustls::version::TLS13]];

fn trusting(authority: &Authority) -> TlsSettings {
    let authorities = Authorities::Own(vec![Pem::Text(authority.pem().into())]);
    TlsSettings { authorities, ..TlsSettings::default() }
}

/// Connects to 127.0.0.1 by this name.
fn connect_as(host: &str, port: u16, tls: TlsSettings, within: Duration) -> Result<Transport, LinkError> {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let security = Security::from(SecuritySettings { tls: Some(tls), sasl: None });
    let transport = Transport::open(stream, host, &security, now() + within)?;
    transport.set_read_timeout(Some(PATIENCE)).unwrap();
    transport.set_write_timeout(Some(PATIENCE)).unwrap();
    Ok(transport)
}

fn connect(port: u16, tls: TlsSettings) -> Result<Transport, LinkError> {
    connect_as("127.0.0.1", port, tls, PATIENCE)
}
