//! Reads and writes partitions by Kafka's own protocol: no C, no `unsafe`, no thread that touches a record.
//!
//! [`Fetcher`] gets partitions and where to begin in each, finds the brokers that lead them, and hands over
//! their records as [chunks](millstream_log::Chunk). [`Producer`] takes records for partitions, and brings them there in
//! order, each once. Where a general client makes an object of every record and passes it from thread to thread through a
//! queue, here a whole response is taken out of the connection, and its records are unpacked where they are used; and a
//! record is written once, into the batch that is sent. That costs about a fifth.
//!
//! | module | what it holds |
//! |---|---|
//! | [`batch`] | record batches: headers, records, checksums, compression, aborted transactions; and how they are made |
//! | `fetcher` | [`Fetcher`]: what waits of each partition, when to ask for more, a thread per broker that waits for responses |
//! | `producer` | [`Producer`]: what waits for each partition, sequence numbers, what to do about errors, a thread per broker |
//! | `leaders` | which brokers there are, and who leads what |
//! | `messages` | the requests that a reader and a writer make |
//! | `frame` | the encoding of requests and responses |
//!
//! It reads and writes and does nothing else: it belongs to no group, commits nothing, and looks no offsets up, which
//! `millstream-kafka` does beside it through librdkafka. It speaks one version of each request; brokers know those of the
//! reader from Kafka 2.7 on, those of the writer from 2.8 on, and both still do in 4.3. It speaks neither TLS nor SASL,
//! follows no preferred replica, and keeps no fetch session: a request names all partitions that it is about. A producer
//! is idempotent; transactions are not here yet.
//!
//! # Examples
//! ```no_run
//! use std::time::Duration;
//! use millstream_log::Signal;
//! use millstream_types::{MonotonicTime, Offset, TopicPartition};
//! use millstream_wire::{ClientSettings, FetchSettings, Fetcher, FetchEvent};
//!
//! let signal = Signal::new();
//! let client = ClientSettings { bootstrap_servers: "localhost:9092".to_owned(), ..ClientSettings::default() };
//! let settings = FetchSettings { client, ..FetchSettings::default() };
//! let mut fetcher = Fetcher::new(settings, &signal);
//! fetcher.assign(TopicPartition::new("lines", 0), Offset::new(0), Offset::new(0));
//! let mut events = Vec::new();
//! for now in (0..1_000).map(|millis| MonotonicTime::after_start(Duration::from_millis(millis))) {
//!     fetcher.poll(now, &mut |_| true, &mut events);
//!     for chunk in events.drain(..).filter_map(|event| if let FetchEvent::Chunk(chunk) = event { Some(chunk) } else { None }) {
//!         chunk.iter().for_each(|record| println!("{:?}", record.value()));
//!     }
//!     signal.wait(Duration::from_millis(1));
//! }
//! ```

mod any_broker;
mod backoff;
pub mod batch;
mod clock;
mod codes;
mod connection;
mod counted;
mod error;
mod fetcher;
mod frame;
mod leaders;
mod messages;
mod producer;
mod settings;
#[cfg(test)]
mod testing;

pub use batch::Compression;
pub use fetcher::{FetchEvent, Fetcher, Halt};
pub use producer::{PartitionHandle, ProduceEvent, Producer, Taken};
pub use settings::{ClientSettings, FetchSettings, ProduceSettings};
