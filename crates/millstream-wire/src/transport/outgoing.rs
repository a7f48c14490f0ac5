//! Encrypted bytes that wait to be sent.

use std::io::{self, ErrorKind, IoSlice, Write};

use rustls::ClientConnection;

/// Encrypted bytes that wait to be sent, and what they stand for.
#[derive(Default)]
pub(super) struct Outgoing {
    encrypted: Vec<u8>,
    /// How many of them have been sent.
    sent: usize,
    /// How many bytes of the caller were encrypted, which is not told before all is sent.
    taken: usize,
}

impl Outgoing {
    pub(super) fn is_empty(&self) -> bool {
        self.encrypted.is_empty()
    }

    /// Encrypts the beginning of the pieces, at most as much as rustls buffers (64 KiB).
    pub(super) fn encrypt(&mut self, tls: &mut ClientConnection, pieces: &[IoSlice<'_>]) -> io::Result<()> {
        self.taken = tls.writer().write_vectored(pieces)?;
        self.take_from(tls)
    }

    /// Takes what rustls wants to send.
    pub(super) fn take_from(&mut self, tls: &mut ClientConnection) -> io::Result<()> {
        while tls.wants_write() {
            tls.write_tls(&mut self.encrypted)?;
        }
        Ok(())
    }

    /// Sends as much as the socket takes at once. Returns how many bytes of the caller that completes.
    ///
    /// # Errors
    /// `Interrupted` when the socket has taken a part. Then, and after a time-out, this can be called again.
    pub(super) fn send(&mut self, socket: &mut impl Write) -> io::Result<usize> {
        if self.is_empty() {
            return Ok(0);
        }
        match socket.write(&self.encrypted[self.sent..])? {
            0 => return Err(ErrorKind::WriteZero.into()),
            sent => self.sent += sent,
        }
        if self.sent < self.encrypted.len() {
            return Err(ErrorKind::Interrupted.into());
        }
        self.encrypted.clear();
        self.sent = 0;
        Ok(std::mem::take(&mut self.taken))
    }
}
