//! Millstream on Kafka: the log traits, implemented with librdkafka and with [`millstream_wire`].
//!
//! The only public type is [`KafkaLog`]. It implements [`millstream_log::Log`], and its clients never block: responses of
//! brokers arrive through queues of librdkafka, and each queue raises the signal of the waiting thread.
//!
//! | part | implementation |
//! |---|---|
//! | reading | by [`millstream_wire`]; with TLS or SASL by a librdkafka client without a group: one queue per partition, drained in batches that are copied into chunks |
//! | offset ranges of partitions, whether topics still exist | a librdkafka client without a group, beside either reader |
//! | membership | a librdkafka client that reads nothing, `cooperative-sticky` or, with `group.protocol=consumer`, KIP-848 |
//! | static members | a dropped one stays a member until its session times out; `leave` ends its membership |
//! | commits | sent one at a time, with their own queue for responses: neither a rebalance nor an outage blocks the thread |
//! | writing | by [`millstream_wire`]; with TLS or SASL by a librdkafka producer; idempotent; partition, timestamp and headers as given; acknowledgements in the order of the appends |
//! | records that are not sent | held back and discarded, by librdkafka too: they are taken back from its producer, which is then replaced |
//! | administration | topics and their settings, groups and what they committed, offset ranges in bulk, deleting records |
//!
//! Limits: a record with a negative timestamp is refused, as by Kafka's clients; so is one with the timestamp 0 when
//! librdkafka writes, which would replace it. Under KIP-848 a static member keeps its membership even when it leaves, and the
//! session time-out is the broker's (`group.consumer.session.timeout.ms`): a member that was killed can rejoin only after it.
//! Transactions are not supported.
//!
//! Only the module `native` uses `unsafe`; it wraps librdkafka's handles in owning types. No other crate links librdkafka,
//! which is built from source. Features extend that build:
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

pub use log::KafkaLog;
