//! A connection to a broker, on which a thread may wait.

use std::io::{self, BufReader, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::error::LinkError;
use crate::frame::Answer;
use crate::messages::metadata::Cluster;
use crate::messages::{api_versions, metadata};
use millstream_types::Topic;

/// A broker that cannot be connected to in this time is away. As in Kafka's Java clients.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// The largest answer. What other protocols begin with would be sizes above this.
pub(crate) const ANSWER_BYTES_MAX: usize = 256 << 20;

/// A host and a port.
pub(crate) type Address = (String, u16);

/// A connection to a broker that speaks what a reader needs.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    /// The number of the question that was answered last.
    answered: i32,
}

impl Connection {
    /// Connects, and asks what the broker speaks; waits for the answer for so long.
    pub(crate) fn open(address: &Address, client_id: &str, answer_within: Duration) -> Result<Self, LinkError> {
        let stream = connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(answer_within))?;
        stream.set_write_timeout(Some(answer_within))?;
        let mut connection = Self { stream: BufReader::new(stream), answered: 0 };
        connection.send(&api_versions::question(1, client_id))?;
        api_versions::check(connection.answer(api_versions::API.is_flexible)?)?;
        Ok(connection)
    }

    /// Asks which brokers there are and who leads the partitions of these topics.
    pub(crate) fn cluster(&mut self, client_id: &str, topics: &[Topic]) -> Result<Cluster, LinkError> {
        self.send(&metadata::question(self.answered + 1, client_id, topics))?;
        metadata::read(self.answer(metadata::API.is_flexible)?)
    }

    /// A handle to send questions by from another thread, and to end the connection.
    pub(crate) fn handle(&self) -> Result<TcpStream, LinkError> {
        // Nothing may be on its way now; from now on whoever asks says how long it waits.
        self.stream.get_ref().set_read_timeout(None)?;
        Ok(self.stream.get_ref().try_clone()?)
    }

    /// The number that the next question must have.
    pub(crate) fn next_correlation(&self) -> i32 {
        self.answered.wrapping_add(1)
    }

    /// Waits for the answer to the next question.
    pub(crate) fn answer(&mut self, is_flexible: bool) -> Result<Answer<&mut BufReader<TcpStream>>, LinkError> {
        self.answered = self.next_correlation();
        Answer::begin(&mut self.stream, self.answered, is_flexible, ANSWER_BYTES_MAX)
    }

    fn send(&mut self, question: &[u8]) -> Result<(), LinkError> {
        Ok(self.stream.get_mut().write_all(question)?)
    }
}

/// Tries each address that the name has.
fn connect(address: &Address) -> io::Result<TcpStream> {
    let nowhere = || io::Error::new(io::ErrorKind::NotFound, "the host's name has no address");
    let mut failed = nowhere();
    for address in (address.0.as_str(), address.1).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT_WITHIN) {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}
