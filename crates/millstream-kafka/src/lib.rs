//! Millstream on a real Kafka: the log traits over librdkafka, and over a reader and a writer of its own.
//!
//! [`KafkaLog`] is all there is to see. It implements [`millstream_log::Log`], and what it makes never blocks: every
//! request to a broker gets its response through a queue of librdkafka's, and each queue raises the waiting thread's signal.
//!
//! | what | how |
//! |---|---|
//! | reading | by Kafka's own protocol ([`millstream_wire`]), unless the connection is encrypted or asks who is there: then by a client of librdkafka's without a group, a queue per partition, drained in batches that are copied into chunks |
//! | where partitions begin and end, whether they are still there | a client without a group, beside either reader |
//! | membership | a client that reads nothing, `cooperative-sticky` or, with `group.protocol=consumer`, KIP-848 |
//! | static members | dropped, they stay members for their session; `leave` ends their membership |
//! | commits | sent one at a time, with a queue for the responses of their own: neither a rebalance nor an outage blocks the thread |
//! | writing | by Kafka's own protocol, under the same condition, else by a producer of librdkafka's; idempotent; partition, timestamp and headers as given; responses are put in the order of the appends |
//! | administration | topics and their settings, groups and what they committed, offset ranges in bulk, deleting records |
//!
//! What it cannot do: a record with a negative timestamp is refused by name, as Kafka's clients do, and one with the
//! timestamp 0 where librdkafka writes, which would replace it. Under KIP-848 a static member keeps its place even if told to
//! leave, and the session time is the broker's (`group.consumer.session.timeout.ms`): one that was killed is let in
//! again when that is over. Transactions come with exactly-once.
//!
//! The module `native` is the only one with `unsafe`; it wraps librdkafka's handles in owners. This is the only crate
//! that links librdkafka, whose source is built along with it. Features add to that build:
//!
//! | feature | adds | needs to build |
//! |---|---|---|
//! | `libz` (default) | gzip | a C compiler and make |
//! | `ssl` | TLS; SASL SCRAM and OAUTHBEARER (PLAIN is there without) | OpenSSL's headers (`libssl-dev`), `pkg-config` |
//! | `ssl-vendored` | the same, with an OpenSSL built from source | Perl, some minutes |
//! | `gssapi` | SASL GSSAPI (Kerberos) | Cyrus SASL (`libsasl2-dev`) |
//! | `zstd` | zstd | nothing more |
//! | `cmake-build` | nothing: builds with CMake instead of make | CMake |

mod admin;
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
mod source;
mod topic_list;
mod topic_monitor;
mod topics;
mod writer;

pub use log::KafkaLog;
