//! A client of Kafka, by Kafka's own protocol, without C code and without `unsafe`.
//!
//! The [`clients`] are those of the log traits: a consumer that is a member of a group, a reader, a producer, and one for
//! administration. A stream thread polls them, and no call waits for a broker.
//!
//! A [`Fetcher`] reads partitions from given offsets. It finds their leaders, and returns the records as
//! [chunks](millstream_log::Chunk). A [`Producer`] writes records to partitions, each once and in order. A general client
//! allocates an object for every record and passes it between threads through a queue. Here a whole response is read at once,
//! and its records are decompressed where they are used; a record to be written is encoded once, into the batch that is
//! sent. This costs about a fifth of the processor time.
//!
//! | module | content |
//! |---|---|
//! | [`batch`] | record batches: headers, records, checksums, compression, aborted transactions, and building them |
//! | `fetcher` | [`Fetcher`]: the state of each partition, when to request more, a thread per broker that waits for responses |
//! | `producer` | [`Producer`]: the batches of each partition, sequence numbers, error classes, a thread per broker |
//! | `leaders` | look-ups of the leaders of partitions, and which brokers cannot be used for now |
//! | `messages` | `Fetch` and `Produce`, written and read without copying records; `millstream-protocol` has all others |
//! | `connection` | connecting and authenticating; sending requests and waiting for responses |
//! | `security` | [`SecuritySettings`]: certificates, keys, and the cryptography of TLS |
//! | `transport` | TCP with or without TLS |
//! | `sasl` | [`SaslSettings`]: the mechanisms PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER |
//! | `frame` | the encoding of requests and responses |
//! | `client` | all other calls to brokers: which broker to ask, connections, tasks of several steps |
//! | `throttle` | for how long a broker reads nothing after a response |
//! | `versions` | which versions of requests a broker supports |
//! | `address`, `bootstrap` | addresses of brokers; [`BootstrapServers`]: the addresses with which a client begins |
//! | `group` | classic consumer groups: members, their sessions and leases, commits, and the assignor `cooperative-sticky` |
//! | `admin` | topics, offsets, groups |
//! | [`clients`] | the clients of the log traits |
//!
//! Whatever takes several steps (joining a group, creating a topic) is a future that its owner polls. A connection has a thread
//! that sends and waits; what it sends and what comes of it is decided where it can be tested without one.
//!
//! It needs brokers of Kafka 2.8 or newer; tests run it on 3.9 and 4.4. Produce and fetch requests have one version that all of these
//! support, others the newest that both sides know. A fetch request names only what has changed since the last one (KIP-227). A
//! producer is idempotent; it has no transactions.
//!
//! # TLS
//! TLS 1.2 and 1.3 by rustls. Its cryptography is, in this order: the `CryptoProvider` that the program has installed for the whole
//! process; with the feature `aws-lc` or `ring`, that crate, which compiles C and assembler; with the default feature `graviola`
//! that crate, which is Rust for `x86_64` and `aarch64` and needs a processor of about 2013 or newer.
//!
//! # Examples
//! ```no_run
//! use std::time::Duration;
//! use millstream_log::Signal;
//! use millstream_types::{MonotonicTime, Offset, TopicPartition};
//! use millstream_wire::{ClientSettings, FetchSettings, Fetcher, FetchEvent};
//!
//! let signal = Signal::new();
//! let client = ClientSettings { bootstrap_servers: "localhost:9092".parse()?, ..ClientSettings::default() };
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
//! # Ok::<(), String>(())
//! ```

mod address;
mod admin;
mod backoff;
pub mod batch;
mod bootstrap;
mod client;
pub mod clients;
mod clock;
mod codes;
mod connection;
mod counted;
mod error;
mod fetcher;
mod frame;
mod group;
mod leaders;
mod leased;
mod messages;
mod producer;
mod sasl;
mod security;
mod settings;
#[cfg(test)]
mod testing;
mod throttle;
mod transport;
mod versions;

pub use batch::{Compression, GzipLevel};
pub use bootstrap::BootstrapServers;
pub use fetcher::{FetchEvent, Fetcher, Halt};
pub use group::MemberSettings;
pub use producer::{PartitionHandle, ProduceEvent, Producer, Taken};
#[cfg(feature = "oidc")]
pub use sasl::ClientCredentials;
pub use sasl::{SaslSettings, ScramHash, Token, TokenSource};
pub use security::{Authorities, Identity, Pem, Secret, Security, SecuritySettings, TlsSettings, Verification};
pub use settings::{ClientSettings, FetchSettings, IsolationLevel, ProduceSettings};
