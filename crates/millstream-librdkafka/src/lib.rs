//! Millstream on Kafka through librdkafka: the log traits, implemented with that C library and nothing else.
//!
//! A program needs it only for what `millstream-kafka`, which is wholly in Rust, does not have yet: Kerberos (feature `gssapi`),
//! levels of compression (zstd's with the feature `zstd`), and `group.protocol=consumer` (KIP-848). It
//! also shows whether a fault is one of that crate or of the broker, and it is what the benchmarks compare that crate with, which
//! takes a fifth of the processor time per record.
//!
//! The only public type is [`LibrdkafkaLog`]. It implements [`millstream_log::Log`], and its clients never block: responses of
//! brokers arrive through queues of librdkafka, and each queue raises the signal of the waiting thread.
//!
//! | part | implementation |
//! |---|---|
//! | membership | a client that reads nothing, `cooperative-sticky` or, with `group.protocol=consumer`, KIP-848 |
//! | static members | a dropped one stays a member until its session times out; `leave` ends its membership |
//! | commits | sent one at a time, with their own queue for responses: neither a rebalance nor an outage blocks the thread |
//! | reading | a client without a group: one queue per partition, drained in batches that are copied into chunks |
//! | whether topics still exist | looked up at least every 10 s by the client that reads |
//! | writing | a producer; idempotent; partition, timestamp and headers as given; acknowledgements in the order of the appends |
//! | records that are not sent | held back and discarded: they are taken back from the producer, which is then replaced |
//! | silent brokers | found in librdkafka's statistics within some seconds |
//! | administration | topics and their settings, groups and what they committed, offset ranges in bulk, deleting records |
//!
//! # Limits
//! - A record with a negative timestamp is refused, as by Kafka's clients; so is one with the timestamp 0, which librdkafka would
//!   replace.
//! - Of a batch that the broker refuses for some of its records, all are reported as refused.
//! - Sending stops in two steps, since librdkafka sends on threads of its own: a request in flight is completed, and what a
//!   pause of the whole machine delays may be sent after it, unless it is older than half a session.
//! - Checksums of batches are checked with `check.crcs=true` only; a damaged batch ends the application with an error that names
//!   its offset. How large a batch becomes when it is decompressed is limited with zstd only.
//! - Under KIP-848 a static member keeps its membership even when it leaves, and the session time-out is the broker's
//!   (`group.consumer.session.timeout.ms`): a member that was killed can rejoin only after it.
//! - Transactions are not supported.
//!
//! # Building
//! librdkafka is built from source, and no other crate links it. Only the module `native` uses `unsafe`; it wraps librdkafka's
//! handles in owning types. Features extend the build:
//!
//! | feature | adds | needs to build |
//! |---|---|---|
//! | `libz` (default) | gzip | a C compiler and `make` |
//! | `ssl` | TLS; SASL SCRAM and OAUTHBEARER (PLAIN is there without) | OpenSSL's headers (`libssl-dev`), `pkg-config` |
//! | `ssl-vendored` | the same, with an OpenSSL built from source | Perl, some minutes |
//! | `gssapi` | SASL GSSAPI (Kerberos) | Cyrus SASL (`libsasl2-dev`) |
//! | `zstd` | zstd, to read and to write | nothing more |
//! | `cmake-build` | nothing: builds with `cmake` instead of `make` | `cmake` |
//!
//! The example `bare` is the same work in one loop over C functions: what librdkafka itself costs.

mod admin;
mod broker_session;
mod committed;
mod consumer;
mod errors;
mod group_exit;
mod group_offsets;
mod log;
mod member;
mod native;
mod outage_tracker;
mod producer;
mod ranges;
mod reader;
mod rejoin;
mod secrets;
mod settings;
mod silent_brokers;
mod source;
mod times;
mod topic_list;
mod topic_monitor;
mod topics;
mod writer;

pub use log::LibrdkafkaLog;
