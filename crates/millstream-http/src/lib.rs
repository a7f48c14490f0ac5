//! Liveness, readiness and metrics of a Millstream application by HTTP, for orchestrators and Prometheus.
//!
//! An [`HttpServer`] runs on a separate thread with its own executor. It uses an [`Observer`](millstream_observe::Observer), so
//! it never waits for a stream thread, and still responds when the application has ended.
//!
//! | path | status | body |
//! |---|---|---|
//! | `/live` | 200 until the application has ended, then 503 | its state, as text |
//! | `/ready` | 200 while it is running and the log was not unreachable for too long, otherwise 503 | its state as text; with 503, JSON with the reason |
//! | `/metrics` | 200 | the metrics in Prometheus' text format |
//!
//! A client cannot block others: a connection has one request, whose total time and size are limited ([`HttpConfig`]), and if
//! there are too many connections the oldest is closed. There is no TLS and no authentication: bind the server to the loopback
//! interface, or to one that only the orchestrator can reach.
//!
//! # Examples
//! ```
//! use std::sync::Arc;
//! use millstream_http::{HttpConfig, HttpServer};
//! use millstream_observe::events::{EventSettings, EventSink};
//! use millstream_observe::metrics::MetricsRegistry;
//! use millstream_observe::{Observer, SystemClock};
//!
//! // A program takes its observer from `StreamsHandle::observer`.
//! let settings = EventSettings { lines: false, ..EventSettings::default() };
//! let events = EventSink::to_stdout("word-count", &settings, Arc::new(SystemClock::new()));
//! let observer = Observer::new(&events, MetricsRegistry::new("word-count"));
//!
//! let server = HttpServer::start(HttpConfig::loopback(0), observer)?;
//! println!("http://{}/ready", server.address());
//! server.close();
//! # Ok::<(), millstream_http::HttpError>(())
//! ```
//!
//! | module | contents |
//! |---|---|
//! | `config` | address and limits |
//! | `routes` | the responses of the paths |
//! | `connections` | accepting, limiting and closing connections |
//! | `server` | the thread |
//!
//! The crate depends only on `millstream-observe`. It is the only library crate with an async executor.

mod config;
mod connections;
mod error;
mod routes;
mod server;

pub use config::HttpConfig;
pub use error::HttpError;
pub use server::HttpServer;
