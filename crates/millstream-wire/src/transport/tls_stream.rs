//! A TCP connection with TLS.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::Shutdown;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::ClientConnection;

use super::outgoing::Outgoing;
use crate::counted::CountedStream;
use crate::security::TlsFault;

/// How much is received at once: four records of TLS.
const RECEIVED_BYTES_MAX: usize = 64 << 10;

/// A TCP connection with TLS. The thread that reads keeps what it has received and not decrypted.
pub(crate) struct TlsStream {
    socket: CountedStream,
    session: Arc<Session>,
    received: Received,
}

/// What the handles of a connection share.
struct Session {
    /// Held while bytes are encrypted or decrypted, never while the network is waited for.
    tls: Mutex<ClientConnection>,
    /// Held by the one that writes until its bytes are sent, so that they stay in order. Nobody else waits for it.
    outgoing: Mutex<Outgoing>,
}

/// Encrypted bytes that have been received.
#[derive(Default)]
struct Received {
    bytes: Vec<u8>,
    /// Which of them have not been passed to rustls.
    from: usize,
    until: usize,
}

impl TlsStream {
    /// After the handshake.
    pub(super) fn new(socket: CountedStream, tls: ClientConnection) -> Self {
        let session = Session { tls: Mutex::new(tls), outgoing: Mutex::default() };
        Self { socket, session: Arc::new(session), received: Received::default() }
    }

    /// Another handle. Only one of them may read.
    pub(super) fn try_clone(&self) -> io::Result<Self> {
        let session = Arc::clone(&self.session);
        Ok(Self { socket: self.socket.try_clone()?, session, received: Received::default() })
    }

    pub(super) fn socket(&self) -> &CountedStream {
        &self.socket
    }

    pub(super) fn socket_mut(&mut self) -> &mut CountedStream {
        &mut self.socket
    }

    /// Closes the connection without waiting. Tells the broker so by `close_notify`, unless a write is under way.
    pub(super) fn close(&self) {
        let free = self.session.outgoing.try_lock().ok().filter(|outgoing| outgoing.is_empty());
        if let Some(mut outgoing) = free {
            lock(&self.session.tls).send_close_notify();
            // The connection may have been closed already, or have no room.
            let _told = self.try_send_rest(&mut outgoing);
        }
        let _closed = self.socket.stream().shutdown(Shutdown::Both);
    }

    fn try_send_rest(&self, outgoing: &mut Outgoing) -> io::Result<usize> {
        outgoing.take_from(&mut lock(&self.session.tls))?;
        self.socket.stream().set_nonblocking(true)?;
        outgoing.send(&mut self.socket.stream())
    }
}

impl Session {
    /// Decrypts received bytes until the buffer is full. Returns how many bytes there are now; `None` if more have to be received.
    fn decrypt(&self, received: &mut Received, into: &mut [u8]) -> io::Result<Option<usize>> {
        let (mut tls, mut filled) = (lock(&self.tls), 0);
        loop {
            match tls.reader().read(&mut into[filled..]) {
                // `close_notify`.
                Ok(0) => return Ok(Some(filled)),
                Ok(bytes) => filled += bytes,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if received.is_empty() {
                        return Ok((filled > 0).then_some(filled));
                    }
                    received.pass_to(&mut tls)?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Why the broker has ended the connection, if it has said so. A broker that refuses the client certificate does it while the
    /// client is sending already.
    fn fault(&self, socket: &CountedStream) -> Option<io::Error> {
        let (mut tls, mut socket) = (lock(&self.tls), socket.stream());
        socket.set_nonblocking(true).ok()?;
        while tls.read_tls(&mut socket).is_ok_and(|bytes| bytes > 0) {
            if let Err(error) = tls.process_new_packets() {
                return Some(io::Error::other(TlsFault::from(error)));
            }
        }
        None
    }
}

impl Received {
    fn is_empty(&self) -> bool {
        self.from == self.until
    }

    /// Waits for bytes. Returns `false` if the connection has ended.
    fn receive(&mut self, socket: &mut CountedStream) -> io::Result<bool> {
        self.bytes.resize(RECEIVED_BYTES_MAX, 0);
        (self.from, self.until) = (0, 0);
        self.until = socket.read(&mut self.bytes)?;
        Ok(self.until > 0)
    }

    fn pass_to(&mut self, tls: &mut ClientConnection) -> io::Result<()> {
        self.from += tls.read_tls(&mut &self.bytes[self.from..self.until])?;
        tls.process_new_packets().map_err(|error| io::Error::other(TlsFault::from(error)))?;
        Ok(())
    }
}

impl Read for TlsStream {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        loop {
            match self.session.decrypt(&mut self.received, bytes) {
                Ok(Some(read)) => return Ok(read),
                // Kafka's frames have a length, so an end without `close_notify` cannot pass for that of a response.
                Ok(None) if !self.received.receive(&mut self.socket)? => return Ok(0),
                Ok(None) => {}
                Err(error) => {
                    // Sends the alert, too.
                    self.close();
                    return Err(error);
                }
            }
        }
    }
}

impl Write for TlsStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut outgoing = lock(&self.session.outgoing);
        if outgoing.is_empty() {
            outgoing.encrypt(&mut lock(&self.session.tls), pieces)?;
        }
        let sent = outgoing.send(&mut self.socket);
        sent.map_err(|error| if is_end(&error) { self.session.fault(&self.socket).unwrap_or(error) } else { error })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The last handle closes the connection.
impl Drop for TlsStream {
    fn drop(&mut self) {
        if Arc::strong_count(&self.session) == 1 {
            self.close();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the other end has closed the connection.
fn is_end(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted)
}
