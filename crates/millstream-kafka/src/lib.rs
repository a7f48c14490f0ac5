//! Millstream on Kafka: the log traits, implemented with [`millstream_wire`].
//!
//! The only public type is [`KafkaLog`]: the address of a cluster and settings. It implements [`millstream_log::Log`]; the
//! clients that it makes are those of [`millstream_wire::clients`]. All of it is Rust, so nothing but Rust is needed to build it.
//!
//! | part | how |
//! |---|---|
//! | groups | Kafka's classic protocol with the assignor `cooperative-sticky`: members with other clients may be in the same group |
//! | assignors of members | offered before `cooperative-sticky`, and used as long as all members offer them |
//! | static members | a dropped one stays a member until its session times out; `leave` ends its membership |
//! | commits | sent one at a time; neither a rebalance nor an outage blocks the thread |
//! | reading | from the leaders of partitions, by a thread for each broker |
//! | writing | idempotent; partition, timestamp and headers as given; acknowledgements in the order of the appends |
//! | security | TLS by rustls; SASL PLAIN, SCRAM and OAUTHBEARER |
//! | administration | topics and their settings, groups and what they committed, offset ranges in bulk, deleting records |
//!
//! Settings have the names that librdkafka and Kafka's Java clients give them: see [`KafkaLog::with`].
//!
//! Limits: brokers of Kafka 2.8 and newer. A record with a negative timestamp is refused, as by Kafka's clients. Transactions,
//! Kerberos, levels of compression, and reading from a replica other than the leader are not supported; the crate
//! `millstream-librdkafka` has the last three.

mod log;
mod secrets;
mod settings;

pub use log::KafkaLog;
pub use millstream_wire::{Token, TokenSource};
