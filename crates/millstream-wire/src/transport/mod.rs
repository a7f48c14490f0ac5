//! The byte stream of a connection: TCP, with or without TLS.

mod handshake;
mod outgoing;
mod tls_stream;

#[cfg(test)]
mod tests;

use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use millstream_types::MonotonicTime;

use self::tls_stream::TlsStream;
use crate::counted::{CountedStream, Moved};
use crate::error::LinkError;
use crate::security::Security;

/// The byte stream of a connection. One thread may read while another one writes and a third one closes it. No thread waits for the
/// network while it holds a lock that another one of these needs.
///
/// # Contract of writers
/// One thread at a time writes. When a write fails with `Interrupted`, `WouldBlock` or `TimedOut`, the next one must begin with
/// the same bytes, as [`write_all`](Write::write_all) does it: with TLS they may have been encrypted already.
pub(crate) enum Transport {
    /// The bytes as they are.
    Plain(CountedStream),
    /// Encrypted.
    Tls(Box<TlsStream>),
}

impl Transport {
    /// Sets TLS up, if the settings say so. The handshake has to end by `until`.
    pub(crate) fn open(
        stream: TcpStream,
        host: &str,
        security: &Security,
        until: MonotonicTime,
    ) -> Result<Self, LinkError> {
        let stream = CountedStream::new(stream);
        match security.tls()? {
            None => Ok(Self::Plain(stream)),
            Some(config) => Ok(Self::Tls(Box::new(handshake::shake_hands(stream, host, config, until)?))),
        }
    }

    /// Another handle of the same connection.
    pub(crate) fn try_clone(&self) -> io::Result<Self> {
        Ok(match self {
            Self::Plain(stream) => Self::Plain(stream.try_clone()?),
            Self::Tls(stream) => Self::Tls(Box::new(stream.try_clone()?)),
        })
    }

    /// Limits the time that a read waits.
    pub(crate) fn set_read_timeout(&self, limit: Option<Duration>) -> io::Result<()> {
        self.stream().set_read_timeout(limit)
    }

    /// Sets when reads of this handle end, however many bytes arrive until then. Afterwards
    /// [`set_read_timeout`](Self::set_read_timeout) has to be called again.
    pub(crate) fn set_read_until(&mut self, until: Option<MonotonicTime>) {
        match self {
            Self::Plain(stream) => stream.set_read_until(until),
            Self::Tls(stream) => stream.socket_mut().set_read_until(until),
        }
    }

    /// Limits the time that a write waits for room.
    pub(crate) fn set_write_timeout(&self, limit: Option<Duration>) -> io::Result<()> {
        self.stream().set_write_timeout(limit)
    }

    /// How many bytes all handles have sent and received, as encrypted.
    pub(crate) fn moved(&self) -> &Moved {
        match self {
            Self::Plain(stream) => stream.moved(),
            Self::Tls(stream) => stream.socket().moved(),
        }
    }

    /// Whether there is something to read: the end of the connection, if no response is awaited.
    pub(crate) fn has_news(&self) -> bool {
        let stream = self.stream();
        let peeked = stream.set_nonblocking(true).and_then(|()| stream.peek(&mut [0]));
        let is_quiet = peeked.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
        stream.set_nonblocking(false).is_err() || !is_quiet
    }

    /// Closes the connection, which ends the wait of other threads.
    pub(crate) fn close(&self) {
        match self {
            // The connection may have been closed already.
            Self::Plain(stream) => _ = stream.stream().shutdown(Shutdown::Both),
            Self::Tls(stream) => stream.close(),
        }
    }

    fn stream(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream.stream(),
            Self::Tls(stream) => stream.socket().stream(),
        }
    }
}

impl Read for Transport {
    #[inline]
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(bytes),
            Self::Tls(stream) => stream.read(bytes),
        }
    }
}

impl Write for Transport {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    #[inline]
    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write_vectored(pieces),
            Self::Tls(stream) => stream.write_vectored(pieces),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}
