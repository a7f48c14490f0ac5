//! Liveness, readiness and metrics of a Millstream application by HTTP: for a platform that starts and stops it, and for
//! Prometheus.
//!
//! An [`HttpServer`] runs on one thread of its own, with a small executor that no other code uses. It answers from an
//! [`Observer`](millstream_observe::Observer), so it never waits for a stream thread, and it still answers when the
//! application has ended.
//!
//! | path | status | body |
//! |---|---|---|
//! | `/live` | 200 until the application has ended, then 503 | its state, as text |
//! | `/ready` | 200 while it is running and the log was not away for too long, else 503 | its state as text; with 503, JSON with the reason |
//! | `/metrics` | 200 | the metrics in Prometheus' text format |
//!
//! A client cannot hold up others: a connection carries one request, which has limits on its time and size as a whole
//! ([`HttpConfig`]), and when there are too many connections the oldest is closed. There is no TLS and no
//! authentication: bind it to the loopback interface, or to one that only the platform reaches.
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
//! | module | what is in it |
//! |---|---|
//! | `config` | address and limits |
//! | `routes` | what each path answers |
//! | `connections` | accepting, limiting and closing connections |
//! | `server` | the thread |
//!
//! It depends on `millstream-observe` alone. It is the only library crate with an async executor.

mod config;
mod connections;
mod error;
mod routes;
mod server;

pub use config::HttpConfig;
pub use error::HttpError;
pub use server::HttpServer;
