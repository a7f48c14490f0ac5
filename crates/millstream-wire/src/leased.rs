//! Sending a request for as long as the lease of its member holds.

use std::io::{self, ErrorKind, IoSlice, Write};
use std::time::Duration;

use millstream_log::Lease;
use millstream_types::MonotonicTime;

use crate::clock::now;
use crate::transport::Transport;

/// How long a step of sending may wait for room in the connection.
pub(crate) const STEP: Duration = Duration::from_millis(100);

/// The lease under which records were appended, and its number then. Without one, records may be sent at any time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Permit(Option<(Lease, u64)>);

impl Permit {
    /// The permit of what is appended now.
    pub(crate) fn of(lease: Option<&Lease>) -> Self {
        Self(lease.map(|lease| (lease.clone(), lease.number())))
    }

    /// Whether it may be sent now.
    pub(crate) fn holds(&self) -> bool {
        self.0.as_ref().is_none_or(|(lease, number)| lease.holds_as(*number))
    }
}

/// Sends in steps of at most [`STEP`], and fails instead of continuing once the lease does not hold.
///
/// Of a large request to a slow broker a part may have been sent when the process is suspended. Its partitions get new owners then, and
/// if the rest were sent when it continues, the broker would write old records behind theirs.
pub(crate) struct Leased<'a> {
    stream: &'a mut Transport,
    permit: &'a Permit,
    /// How long the broker may take nothing.
    patience: Duration,
    /// When the broker has taken something, and how much the connection had moved by then.
    last_taken: MonotonicTime,
    moved_bytes: u64,
}

impl<'a> Leased<'a> {
    /// The stream's write time-out must be [`STEP`].
    pub(crate) fn new(stream: &'a mut Transport, patience: Duration, permit: &'a Permit) -> Self {
        let moved_bytes = stream.moved().bytes();
        Self { stream, permit, patience, last_taken: now(), moved_bytes }
    }

    fn send(&mut self, send: impl Fn(&mut Transport) -> io::Result<usize>) -> io::Result<usize> {
        loop {
            if !self.permit.holds() {
                return Err(io::Error::other("the lease of the group member ended while a request was sent"));
            }
            let sent = send(self.stream);
            // With TLS, bytes may have moved without completing what the caller passed.
            let moved_before = std::mem::replace(&mut self.moved_bytes, self.stream.moved().bytes());
            if moved_before != self.moved_bytes {
                self.last_taken = now();
            }
            match sent {
                Ok(bytes) => return Ok(bytes),
                Err(error) if !is_end_of_step(&error) => return Err(error),
                Err(_) if now() - self.last_taken >= self.patience => return Err(ErrorKind::TimedOut.into()),
                Err(_) => {}
            }
        }
    }
}

/// Whether a step has ended because it may not last longer, or because of a signal: that which lets a process continue, too.
fn is_end_of_step(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

impl Write for Leased<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.send(|stream| stream.write(bytes))
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.send(|stream| stream.write_vectored(pieces))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a thread is the broker")]
mod tests {
    use std::io::Read;
    use std::net::{TcpListener, TcpStream};

    use super::*;
    use crate::counted::CountedStream;

    /// A connection, and its other end.
    fn connected() -> (Transport, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        stream.set_write_timeout(Some(STEP)).unwrap();
        (Transport::Plain(CountedStream::new(stream)), listener.accept().unwrap().0)
    }

    /// More than the buffers of a connection have room for.
    const LARGE: usize = 64 << 20;

    #[test]
    fn a_broker_that_reads_late_gets_everything() {
        let (mut stream, mut broker) = connected();
        let reader = std::thread::spawn(move || {
            std::thread::sleep(3 * STEP);
            let mut read = Vec::new();
            broker.read_to_end(&mut read).unwrap();
            read.len()
        });
        let permit = Permit::default();
        let mut leased = Leased::new(&mut stream, Duration::from_secs(60), &permit);
        leased.write_all(&vec![7; LARGE]).unwrap();
        drop(stream);
        assert_eq!(reader.join().unwrap(), LARGE);
    }

    /// The test of sleepers failed once in dozens of runs on a busy machine: a member wrote old rows when it was resumed. The rest of a
    /// request that it had sent in part is one of two ways in which that can happen.
    #[test]
    fn a_request_is_not_continued_without_the_lease() {
        let (mut stream, mut broker) = connected();
        let permit = Permit::of(Some(&Lease::default()));
        let error = Leased::new(&mut stream, Duration::from_secs(60), &permit).write_all(b"rest").unwrap_err();
        assert!(error.to_string().contains("lease"), "{error}");
        drop(stream);
        assert_eq!(broker.read(&mut [0; 4]).unwrap(), 0, "nothing was sent");
    }

    #[test]
    fn a_broker_that_reads_nothing_is_given_up() {
        let (mut stream, _broker) = connected();
        let error = Leased::new(&mut stream, 2 * STEP, &Permit::default()).write_all(&vec![7; LARGE]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }
}
