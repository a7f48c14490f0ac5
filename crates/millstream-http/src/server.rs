//! The server and its thread.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};

use millstream_observe::Observer;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use crate::connections::serve;
use crate::routes::router;
use crate::{HttpConfig, HttpError};

/// A server for the health and metrics of an application; see the [crate](crate) for its paths.
///
/// Dropping the server closes it.
///
/// # Examples
/// ```
/// use std::io::{Read, Write};
/// use std::net::TcpStream;
/// # use std::sync::Arc;
/// use millstream_http::{HttpConfig, HttpError, HttpServer};
/// # use millstream_observe::events::{EventSettings, EventSink};
/// # use millstream_observe::metrics::MetricsRegistry;
/// # use millstream_observe::{Observer, SystemClock};
///
/// # let settings = EventSettings { lines: false, ..EventSettings::default() };
/// # let events = EventSink::to_stdout("word-count", &settings, Arc::new(SystemClock::new()));
/// # let observer = Observer::new(&events, MetricsRegistry::new("word-count"));
/// let server = HttpServer::start(HttpConfig::loopback(0), observer.clone())?;
/// let mut client = TcpStream::connect(server.address())?;
/// client.write_all(b"GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
/// let mut response = String::new();
/// client.read_to_string(&mut response)?;
/// assert!(response.starts_with("HTTP/1.1 200 OK\r\n") && response.ends_with("created\n"));
///
/// let taken = HttpServer::start(HttpConfig::new(server.address()), observer).unwrap_err();
/// assert!(matches!(taken, HttpError::Listen { .. }));
/// server.close();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "dropping the server closes it"]
pub struct HttpServer {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl HttpServer {
    /// Starts a server on a separate thread, which runs until it is closed.
    ///
    /// # Errors
    /// When the server cannot listen on the address, or the thread cannot be started.
    pub fn start(config: HttpConfig, observer: Observer) -> Result<Self, HttpError> {
        let failed = |source| HttpError::Listen { address: config.address, source };
        let listener = TcpListener::bind(config.address).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let runtime = Builder::new_current_thread().enable_io().enable_time().build().map_err(HttpError::System)?;
        let (stop, stopped) = oneshot::channel();
        let router = router(observer, &config);
        let thread = spawn(runtime, listener, move |listener| serve(listener, router, config, stopped))?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// The address of the server, with the selected port if port 0 was configured.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts no more connections, waits for responses in progress, for [`close_limit`](HttpConfig::close_limit) at most, and
    /// ends the thread.
    pub fn close(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The send fails if the thread has ended already.
            _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            // A panic of the thread ends only the server.
            _ = thread.join();
        }
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.end();
    }
}

#[expect(clippy::disallowed_methods, reason = "the server has a thread of its own, so that no stream thread responds")]
fn spawn<F>(
    runtime: Runtime,
    listener: TcpListener,
    serve: impl FnOnce(tokio::net::TcpListener) -> F + Send + 'static,
) -> Result<JoinHandle<()>, HttpError>
where
    F: Future<Output = ()>,
{
    let listener = {
        let _within = runtime.enter();
        tokio::net::TcpListener::from_std(listener).map_err(HttpError::System)?
    };
    let run = move || runtime.block_on(serve(listener));
    let thread: io::Result<_> = thread::Builder::new().name("millstream-http".to_owned()).spawn(run);
    thread.map_err(HttpError::System)
}
