//! A stream that counts its bytes.

use std::io::{self, IoSlice, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use millstream_types::MonotonicTime;

use crate::clock::now;

/// A stream that counts the bytes sent and received.
///
/// The count shows another thread whether a connection with a late response is slow or silent.
pub(crate) struct CountedStream {
    stream: TcpStream,
    moved: Moved,
    /// When reads of this handle end, however many bytes arrive until then; `None` is never.
    read_until: Option<MonotonicTime>,
}

/// How many bytes a stream has sent and received.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moved(Arc<AtomicU64>);

impl Moved {
    pub(crate) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, bytes: io::Result<usize>) -> io::Result<usize> {
        bytes.inspect(|bytes| _ = self.0.fetch_add(*bytes as u64, Ordering::Relaxed))
    }
}

impl CountedStream {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self { stream, moved: Moved::default(), read_until: None }
    }

    /// Another handle of the stream, which counts with this one.
    pub(crate) fn try_clone(&self) -> io::Result<Self> {
        Ok(Self { stream: self.stream.try_clone()?, moved: self.moved.clone(), read_until: None })
    }

    /// Sets when reads of this handle end. It shortens the read time-out of the stream, which has to be set again afterwards.
    pub(crate) fn set_read_until(&mut self, until: Option<MonotonicTime>) {
        self.read_until = until;
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    pub(crate) fn moved(&self) -> &Moved {
        &self.moved
    }
}

impl Read for CountedStream {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if let Some(until) = self.read_until {
            let left = until - now();
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.stream.set_read_timeout(Some(left))?;
        }
        self.moved.add(self.stream.read(bytes))
    }
}

impl Write for CountedStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.moved.add(self.stream.write(bytes))
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.moved.add(self.stream.write_vectored(pieces))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
