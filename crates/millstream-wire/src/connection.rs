//! A connection to a broker, on which a thread may wait.

use std::io::{self, BufReader, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use millstream_types::{Topic, TopicPartition};

use crate::batch::Batch;
use crate::counted::{CountedStream, Moved};
use crate::error::LinkError;
use crate::frame::{RESPONSE_BYTES_MAX, ResponseFrame};
use crate::messages::api_versions::{self, Needed};
use crate::messages::init_producer_id::{self, ProducerId};
use crate::messages::metadata::{self, Cluster};
use crate::messages::produce;
use crate::settings::{ClientSettings, ProduceSettings};

/// A broker that cannot be connected to in this time is away. As in Kafka's Java clients
/// (`socket.connection.setup.timeout.ms`), unless the request time-out is shorter.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// A host and a port.
pub(crate) type Address = (String, u16);

/// A connection to a broker that speaks what is needed.
pub(crate) struct Connection {
    stream: BufReader<CountedStream>,
    /// The correlation id of the last response.
    last_correlation: i32,
}

impl Connection {
    /// Connects, and asks what the broker speaks.
    pub(crate) fn open(address: &Address, settings: &ClientSettings, needed: Needed) -> Result<Self, LinkError> {
        let stream = connect(address, settings.request_timeout.min(CONNECT_WITHIN))?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(settings.request_timeout))?;
        let mut connection = Self { stream: BufReader::new(CountedStream::new(stream)), last_correlation: 0 };
        connection.wait_for(Some(settings.request_timeout))?;
        connection.send(&api_versions::request(1, &settings.client_id))?;
        api_versions::check(connection.response(api_versions::API.is_flexible)?, needed)?;
        Ok(connection)
    }

    /// Asks which brokers there are and who leads the partitions of these topics.
    pub(crate) fn cluster(&mut self, settings: &ClientSettings, topics: &[Topic]) -> Result<Cluster, LinkError> {
        self.send(&metadata::request(self.next_correlation(), &settings.client_id, topics))?;
        let cluster = metadata::read(self.response(metadata::API.is_flexible)?)?;
        // A broker that has just started knows of no other, not even of itself.
        let is_known = !cluster.brokers.is_empty();
        is_known.then_some(cluster).ok_or(LinkError::Garbled { what: "the broker knows of no brokers yet" })
    }

    /// Asks for a number as which to write.
    pub(crate) fn producer_id(&mut self, settings: &ClientSettings) -> Result<ProducerId, LinkError> {
        self.send(&init_producer_id::request(self.next_correlation(), &settings.client_id))?;
        init_producer_id::read(self.response(init_producer_id::API.is_flexible)?)
    }

    /// Sends batches; the caller reads the response.
    pub(crate) fn produce(
        &mut self,
        settings: &ProduceSettings,
        batches: &[(TopicPartition, Arc<Batch>)],
    ) -> Result<(), LinkError> {
        let batches: Vec<_> = batches.iter().map(|(partition, batch)| (partition, batch.bytes())).collect();
        let (correlation, client_id) = (self.next_correlation(), &settings.client.client_id);
        let sink = self.stream.get_mut();
        Ok(produce::send(sink, correlation, client_id, settings.replicate_within, &batches)?)
    }

    /// Waits at most this long for a response, or without limit.
    pub(crate) fn wait_for(&self, limit: Option<Duration>) -> Result<(), LinkError> {
        Ok(self.stream.get_ref().stream().set_read_timeout(limit)?)
    }

    /// A handle for another thread than the one that waits for responses.
    pub(crate) fn handle(&self) -> Result<Handle, LinkError> {
        let stream = self.stream.get_ref();
        Ok(Handle { stream: stream.stream().try_clone()?, moved: stream.moved().clone() })
    }

    /// The number that the next request must have.
    pub(crate) fn next_correlation(&self) -> i32 {
        self.last_correlation.wrapping_add(1)
    }

    /// Waits for the response to the next request.
    pub(crate) fn response(
        &mut self,
        is_flexible: bool,
    ) -> Result<ResponseFrame<&mut BufReader<CountedStream>>, LinkError> {
        self.last_correlation = self.next_correlation();
        ResponseFrame::begin(&mut self.stream, self.last_correlation, is_flexible, RESPONSE_BYTES_MAX)
    }

    /// Where tests write requests of their own.
    #[cfg(test)]
    pub(crate) fn sink(&mut self) -> &mut CountedStream {
        self.stream.get_mut()
    }

    fn send(&mut self, request: &[u8]) -> Result<(), LinkError> {
        Ok(self.stream.get_mut().write_all(request)?)
    }
}

/// A connection that another thread waits on: by this, requests are sent, and when it is dropped, the connection ends, and
/// with it the wait.
pub(crate) struct Handle {
    stream: TcpStream,
    moved: Moved,
}

impl Handle {
    pub(crate) fn send(&mut self, request: &[u8]) -> io::Result<()> {
        self.stream.write_all(request)
    }

    /// How many bytes the other thread has moved through the connection.
    pub(crate) fn moved_bytes(&self) -> u64 {
        self.moved.bytes()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // A connection that is gone already cannot be ended.
        let _gone = self.stream.shutdown(Shutdown::Both);
    }
}

/// Tries each address that the name has.
fn connect(address: &Address, within: Duration) -> io::Result<TcpStream> {
    let nowhere = || io::Error::new(io::ErrorKind::NotFound, "the host's name has no address");
    let mut failed = nowhere();
    for address in (address.0.as_str(), address.1).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, within) {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// Starts a thread, which ends when its connection does. `false` if the system has no thread to spare.
#[expect(clippy::disallowed_methods, reason = "a stream thread must not wait for a broker")]
pub(crate) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> bool {
    thread::Builder::new().name(name.to_owned()).spawn(work).is_ok()
}
