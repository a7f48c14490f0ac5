//! A server for a simulated application, and clients.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use millstream_http::{HttpConfig, HttpServer};
use millstream_observe::events::{EventKind, EventSettings, EventSink, State};
use millstream_observe::metrics::{MetricsRegistry, TaskPlan, TaskRecorder};
use millstream_observe::{ManualClock, Observer};
use millstream_types::{TaskId, Timestamp};

/// A limit for waits that should end much earlier.
pub(crate) const SOON: Duration = Duration::from_secs(30);
/// A limit that is not reached in a test.
pub(crate) const NEVER: Duration = Duration::from_secs(3600);

pub(crate) struct Application {
    pub(crate) events: EventSink,
    pub(crate) clock: ManualClock,
    pub(crate) registry: MetricsRegistry,
    pub(crate) server: HttpServer,
}

/// A server with limits that no test reaches, except those that `limit` sets.
pub(crate) fn start(limit: impl FnOnce(&mut HttpConfig)) -> Application {
    let clock = ManualClock::starting_at(Timestamp::from_millis(0));
    let settings = EventSettings { lines: false, ..EventSettings::default() };
    let events = EventSink::to_stdout("app", &settings, Arc::new(clock.clone()));
    let registry = MetricsRegistry::new("app");
    let mut config = HttpConfig { head_time_max: NEVER, request_time_max: NEVER, ..HttpConfig::loopback(0) };
    limit(&mut config);
    let server = HttpServer::start(config, Observer::new(&events, registry.clone())).unwrap();
    Application { events, clock, registry, server }
}

impl Application {
    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    pub(crate) fn goes_to(&self, to: State) {
        self.events.emit(EventKind::ApplicationState { from: State::Created, to });
    }

    /// Metrics of some megabytes, far more than the buffers of a connection take. They last as long as the recorder.
    pub(crate) fn count_a_lot(&self) -> Vec<TaskRecorder> {
        let stores: Vec<Arc<str>> = (0..1_000).map(|number| format!("store-{number:0>100}").into()).collect();
        let task = |number| {
            let plan = TaskPlan { stores: stores.clone(), ..TaskPlan::default() };
            self.registry.task(TaskId::new(0, number), plan)
        };
        (0..50).map(task).collect()
    }

    pub(crate) fn get(&self, path: &str) -> Response {
        send_request(self.address(), &format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"))
    }

    /// Asserts that the server responds.
    #[track_caller]
    pub(crate) fn assert_responds(&self) {
        let response = self.get("/live");
        assert_eq!(response.status, 200, "{}", response.body);
    }
}

pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream.set_write_timeout(Some(SOON)).unwrap();
    stream
}

pub(crate) fn send_request(address: SocketAddr, request: &str) -> Response {
    let mut stream = connect(address);
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no response: {response:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Response { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
}

/// Everything until the server closes the connection; an abrupt end counts as one.
pub(crate) fn read_to_end(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => panic!("the server did not close it"),
        _ => bytes,
    }
}
