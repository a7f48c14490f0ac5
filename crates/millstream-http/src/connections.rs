//! Accepts connections, limits them and closes them.

use std::collections::VecDeque;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time;

use crate::HttpConfig;

/// The backoff after a connection could not be accepted, most likely because there are no file descriptors.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(100);

/// The longest limit for a request's head: hyper adds it to the present time without a check for overflow.
const HEAD_TIME_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// The maximum number of headers, more than usual clients send.
const HEADERS_MAX: usize = 64;

/// Responds to requests until `stop` is sent or dropped, and then finishes those that have begun.
pub(crate) async fn serve(listener: TcpListener, router: Router, config: HttpConfig, mut stop: oneshot::Receiver<()>) {
    let mut connections = Connections::new(router, config.clone());
    loop {
        tokio::select! {
            _ = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => connections.add(stream),
                Err(_) => time::sleep(ACCEPT_BACKOFF).await,
            },
            Some(_) = connections.tasks.join_next() => {}
        }
    }
    drop(listener);
    // Requests without a response by then are dropped, which closes their connections.
    _ = time::timeout(config.close_limit, connections.finish()).await;
}

/// The open connections, each a task.
struct Connections {
    router: Router,
    config: HttpConfig,
    tasks: JoinSet<()>,
    /// The connections from the oldest to the newest; some may have ended.
    by_age: VecDeque<AbortHandle>,
}

impl Connections {
    fn new(router: Router, config: HttpConfig) -> Self {
        Self { router, config, tasks: JoinSet::new(), by_age: VecDeque::new() }
    }

    /// Serves a connection. If there are too many, the oldest is closed: requests are short, so its client is the slowest.
    fn add(&mut self, stream: TcpStream) {
        self.by_age.retain(|connection| !connection.is_finished());
        while self.by_age.len() >= self.config.connections_max.max(1) {
            if let Some(oldest) = self.by_age.pop_front() {
                oldest.abort();
            }
        }
        let task = respond_to_one(stream, self.router.clone(), self.config.clone());
        self.by_age.push_back(self.tasks.spawn(task));
    }

    async fn finish(&mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Responds to one request within its limit. Errors are caused by the client, and are ignored.
async fn respond_to_one(stream: TcpStream, router: Router, config: HttpConfig) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(config.head_time_max.min(HEAD_TIME_MAX))
        .keep_alive(false)
        .half_close(true)
        .max_buf_size(config.head_bytes_max.max(8 * 1024))
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    _ = time::timeout(config.request_time_max, connection).await;
}
