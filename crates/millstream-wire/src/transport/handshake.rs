//! The TLS handshake.

use std::io::{self, ErrorKind};
use std::sync::Arc;

use millstream_types::MonotonicTime;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};

use super::tls_stream::TlsStream;
use crate::clock::now;
use crate::counted::CountedStream;
use crate::error::LinkError;
use crate::security::TlsFault;

/// Sets TLS up on a new connection to this host. Leaves the time-outs of the socket changed.
pub(super) fn shake_hands(
    mut socket: CountedStream,
    host: &str,
    config: Arc<ClientConfig>,
    until: MonotonicTime,
) -> Result<TlsStream, LinkError> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| TlsFault::Settings(format!("`{host}` is not the name of a host; check `bootstrap.servers`")))?;
    let mut tls = ClientConnection::new(config, name).map_err(TlsFault::from)?;
    while tls.is_handshaking() || tls.wants_write() {
        limit(&socket, until)?;
        let moved = if tls.wants_write() { tls.write_tls(&mut socket) } else { receive(&mut tls, &mut socket)? };
        match moved {
            Ok(0) => return Err(TlsFault::Closed.into()),
            Ok(_) => {}
            Err(error) => on_error(error)?,
        }
    }
    Ok(TlsStream::new(socket, tls))
}

/// Receives a part of the handshake.
fn receive(tls: &mut ClientConnection, socket: &mut CountedStream) -> Result<io::Result<usize>, TlsFault> {
    let received = tls.read_tls(socket);
    if let Err(error) = tls.process_new_packets() {
        // The broker's log says why, if the alert arrives.
        let _alerted = tls.write_tls(socket);
        return Err(TlsFault::in_handshake(error));
    }
    Ok(received)
}

fn limit(socket: &CountedStream, until: MonotonicTime) -> Result<(), LinkError> {
    let left = until - now();
    if left.is_zero() {
        return Err(TlsFault::TimedOut.into());
    }
    socket.stream().set_read_timeout(Some(left))?;
    Ok(socket.stream().set_write_timeout(Some(left))?)
}

/// Returns whether the handshake goes on after this error, which it does after a time-out only to report it.
fn on_error(error: io::Error) -> Result<(), LinkError> {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => Ok(()),
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
            Err(TlsFault::Closed.into())
        }
        _ => Err(error.into()),
    }
}
