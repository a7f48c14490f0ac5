//! A connection to a broker. Its calls block.

mod authentication;

use std::io::{self, BufReader, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use millstream_protocol::messages::ApiVersionsRequest;
use millstream_protocol::{Request, read_response, request_frame};
use millstream_types::{MonotonicTime, TopicPartition};

use crate::address::Address;
use crate::batch::Batch;
use crate::clock::now;
use crate::error::LinkError;
use crate::frame::{self, Api, RESPONSE_BYTES_MAX, ResponseFrame};
use crate::leased::{Leased, Permit, STEP};
use crate::messages::produce;
use crate::sasl::Session;
use crate::settings::{ClientSettings, ProduceSettings};
use crate::transport::Transport;
use crate::versions::SupportedVersions;

/// The time in which a connection must be established, unless the request time-out is shorter. As in Kafka's Java clients
/// (`socket.connection.setup.timeout.ms`).
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// A connection to a broker that supports the requests that are needed.
pub(crate) struct Connection {
    stream: BufReader<Transport>,
    /// The correlation id of the last response.
    last_correlation: i32,
    supported: SupportedVersions,
    client_id: String,
    /// How long the broker takes the client for authenticated.
    session: Session,
    /// The limit of the time to wait for a response.
    limit: Option<Duration>,
}

impl Connection {
    /// Connects, asks which requests the broker supports, and authenticates.
    pub(crate) fn open(address: &Address, settings: &ClientSettings) -> Result<Self, LinkError> {
        let (stream, until) = connect(address, settings.request_timeout.min(CONNECT_WITHIN))?;
        stream.set_nodelay(true)?;
        let stream = Transport::open(stream, &address.0, &settings.security, until)?;
        stream.set_write_timeout(Some(settings.request_timeout))?;
        let mut connection = Self {
            stream: BufReader::new(stream),
            last_correlation: 0,
            supported: SupportedVersions::default(),
            client_id: settings.client_id.clone(),
            session: Session::default(),
            limit: None,
        };
        // Version 0, which every broker supports.
        let response = connection.exchange(&ApiVersionsRequest::default(), 0, settings.request_timeout)?;
        connection.supported = SupportedVersions::of(&response)?;
        connection.authenticate(settings)?;
        Ok(connection)
    }

    /// Sends a request, and waits for its response for as long as `patience`. `build` makes it for the newest version that
    /// both sides support.
    pub(crate) fn call<R: Request>(
        &mut self,
        settings: &ClientSettings,
        build: &impl Fn(i16) -> R,
        patience: Duration,
    ) -> Result<R::Response, LinkError> {
        self.renew(settings)?;
        let version = self.supported.newest::<R>()?;
        self.exchange(&build(version), version, patience)
    }

    /// Sends a request of this version, and waits for its response for as long as `patience`.
    fn exchange<R: Request>(
        &mut self,
        request: &R,
        version: i16,
        patience: Duration,
    ) -> Result<R::Response, LinkError> {
        let correlation = self.next_correlation();
        let request = request_frame(request, version, correlation, &self.client_id)
            .map_err(|error| LinkError::Unencodable { api: R::NAME, error })?;
        self.send(&request)?;
        self.last_correlation = correlation;
        let frame = self.read_within(patience).map_err(|error| error.after_waiting(patience))?;
        let (responded, response) =
            read_response::<R>(&frame, version).map_err(|error| LinkError::Undecodable { api: R::NAME, error })?;
        if responded != correlation {
            return Err(LinkError::Garbled { what: "it has the correlation id of another request" });
        }
        Ok(response)
    }

    /// Reads a response if all of it arrives within this time: a broker may send it byte by byte.
    fn read_within(&mut self, patience: Duration) -> Result<Vec<u8>, LinkError> {
        self.stream.get_mut().set_read_until(Some(now() + patience));
        let frame = frame::read_whole(&mut self.stream);
        self.stream.get_mut().set_read_until(None);
        self.stream.get_ref().set_read_timeout(self.limit)?;
        frame
    }

    /// Checks that the broker supports a request in its only version here.
    ///
    /// # Errors
    /// When it does not.
    pub(crate) fn check_support(&self, api: Api) -> Result<(), LinkError> {
        self.supported.check(api)
    }

    /// Whether the broker has closed the connection, on which no response is awaited.
    pub(crate) fn has_ended(&self) -> bool {
        !self.stream.buffer().is_empty() || self.stream.get_ref().has_news()
    }

    /// Lets [`produce`](Self::produce) look at the lease between steps.
    pub(crate) fn send_in_steps(&self) -> Result<(), LinkError> {
        Ok(self.stream.get_ref().set_write_timeout(Some(STEP))?)
    }

    /// Sends batches for as long as they may be sent. The caller reads the response. The connection must
    /// [send in steps](Self::send_in_steps).
    pub(crate) fn produce(
        &mut self,
        settings: &ProduceSettings,
        batches: &[(TopicPartition, Arc<Batch>)],
        permit: &Permit,
    ) -> Result<(), LinkError> {
        let batches: Vec<_> = batches.iter().map(|(partition, batch)| (partition, batch.bytes())).collect();
        let (correlation, client_id) = (self.next_correlation(), &settings.client.client_id);
        let sink = &mut Leased::new(self.stream.get_mut(), settings.client.request_timeout, permit);
        Ok(produce::send(sink, correlation, client_id, settings.replicate_within, &batches)?)
    }

    /// Limits the time to wait for a response; `None` is no limit.
    pub(crate) fn wait_for(&mut self, limit: Option<Duration>) -> Result<(), LinkError> {
        if self.limit != limit {
            self.stream.get_ref().set_read_timeout(limit)?;
            self.limit = limit;
        }
        Ok(())
    }

    /// A handle for another thread than the one that waits for responses.
    pub(crate) fn handle(&self) -> Result<Handle, LinkError> {
        Ok(Handle { stream: self.stream.get_ref().try_clone()? })
    }

    /// The correlation id that the next request must have.
    pub(crate) fn next_correlation(&self) -> i32 {
        self.last_correlation.wrapping_add(1)
    }

    /// Waits for the response to the next request.
    pub(crate) fn response(&mut self) -> Result<ResponseFrame<&mut BufReader<Transport>>, LinkError> {
        self.last_correlation = self.next_correlation();
        ResponseFrame::begin(&mut self.stream, self.last_correlation, RESPONSE_BYTES_MAX)
    }

    /// How long the connection may be used without being authenticated again; `None` is for ever.
    pub(crate) fn session_left(&self) -> Option<Duration> {
        self.session.left(now())
    }

    /// The stream, to which tests write their own requests.
    #[cfg(test)]
    pub(crate) fn sink(&mut self) -> &mut Transport {
        self.stream.get_mut()
    }

    fn send(&mut self, request: &[u8]) -> Result<(), LinkError> {
        Ok(self.stream.get_mut().write_all(request)?)
    }
}

/// Sends requests on a connection whose responses another thread waits for. Dropping it closes the connection, which ends
/// that wait.
pub(crate) struct Handle {
    stream: Transport,
}

impl Handle {
    pub(crate) fn send(&mut self, request: &[u8]) -> io::Result<()> {
        self.stream.write_all(request)
    }

    /// How many bytes have been sent and received on the connection.
    pub(crate) fn moved_bytes(&self) -> u64 {
        self.stream.moved().bytes()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.stream.close();
    }
}

/// Tries each address of the host. Returns when the connection must be established, too.
fn connect(address: &Address, within: Duration) -> io::Result<(TcpStream, MonotonicTime)> {
    let nowhere = || io::Error::new(io::ErrorKind::NotFound, "the host's name has no address");
    let mut failed = nowhere();
    for address in resolve(address)? {
        let until = now() + within;
        match TcpStream::connect_timeout(&address, within) {
            Ok(stream) => return Ok((stream, until)),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// The addresses that a host has now.
fn resolve((host, port): &Address) -> io::Result<Vec<SocketAddr>> {
    #[cfg(test)]
    if let Some(found) = crate::testing::names::find(host) {
        return Ok(vec![found]);
    }
    Ok((host.as_str(), *port).to_socket_addrs()?.collect())
}

/// Starts a thread that ends with its connection. Returns `false` if the system cannot start a thread.
#[expect(clippy::disallowed_methods, reason = "a stream thread must not wait for a broker")]
pub(crate) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> bool {
    thread::Builder::new().name(name.to_owned()).spawn(work).is_ok()
}
