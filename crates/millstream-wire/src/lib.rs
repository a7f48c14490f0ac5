//! Reads partitions by Kafka's own protocol: no C, no `unsafe`, no thread that touches a record.
//!
//! [`Fetcher`] is told which partitions to read and where to begin, finds the brokers that lead them, and hands over
//! their records as [chunks](millstream_log::Chunk). Where a general client makes an object of every record and passes it
//! from thread to thread through a queue, here a whole answer is taken out of the connection, and its records are
//! unpacked where they are used. That costs about a fifth.
//!
//! | module | what it holds |
//! |---|---|
//! | [`batch`] | record batches: headers, records, checksums, compression, aborted transactions |
//! | `fetcher` | [`Fetcher`]: what waits of each partition, who leads it, when to ask for more |
//! | `link` | a connection to a broker, and the thread that waits for its answers |
//! | `messages` | the three requests that a reader makes |
//! | `frame` | the encoding of requests and answers |
//!
//! It is a reader and nothing else: it belongs to no group, commits nothing, and looks no offsets up, which
//! `millstream-kafka` does beside it through librdkafka. It speaks one version of each request, which brokers know from Kafka 2.7 on
//! and still do in 4.3. It speaks neither TLS nor SASL, follows no preferred replica, and keeps no fetch session: a
//! question names all partitions that it is about.
//!
//! # Examples
//! ```no_run
//! use std::time::Duration;
//! use millstream_log::Signal;
//! use millstream_types::{Offset, Timestamp, TopicPartition};
//! use millstream_wire::{FetchSettings, Fetcher, Told};
//!
//! let signal = Signal::new();
//! let settings = FetchSettings { bootstrap_servers: "localhost:9092".to_owned(), ..FetchSettings::default() };
//! let mut fetcher = Fetcher::new(settings, &signal);
//! fetcher.assign(TopicPartition::new("lines", 0), Offset::new(0), Offset::new(0));
//! let mut told = Vec::new();
//! for now in (0..1_000).map(Timestamp::from_millis) {
//!     fetcher.poll(now, &mut |_| true, &mut told);
//!     for chunk in told.drain(..).filter_map(|told| if let Told::Chunk(chunk) = told { Some(chunk) } else { None }) {
//!         chunk.iter().for_each(|record| println!("{:?}", record.value()));
//!     }
//!     signal.wait(Duration::from_millis(1));
//! }
//! ```

pub mod batch;
mod codes;
mod connection;
mod error;
mod fetcher;
mod frame;
mod link;
mod lookup;
mod messages;
mod pause;
mod settings;
#[cfg(test)]
mod testing;

pub use fetcher::{Fetcher, Halt, Told};
pub use settings::FetchSettings;
