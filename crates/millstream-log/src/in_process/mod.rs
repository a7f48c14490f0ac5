//! A log inside the process: partitions, groups, compaction and retention in memory, nothing kept at exit.
//!
//! It is the embedded default, the log of tests, and the measure that other logs are held to. A batch of records that
//! a producer hands over becomes a chunk, and readers share it: no record is copied on its way out, and there is one
//! lock per batch, none per record. Time comes in through `poll`; there is no thread and no clock in here.
//!
//! | file | what it holds |
//! |---|---|
//! | `log` | [`InProcessLog`]: makes clients; direct ways in and out for tests and embedding |
//! | `topics`, `policy` | topics and their settings |
//! | `partition`, `batches`, `batch`, `compaction` | one partition: append, read, retain, compact |
//! | `group` | groups: members, owners, assignment, committed offsets |
//! | `reader`, `consumer`, `producer`, `admin` | the clients |
//! | `faults`, `fault_table` | [`Faults`]: misbehaviour on request |
//!
//! # What differs from Kafka
//! * An acknowledgement is immediate: a batch handed over is durable, as durable as this process.
//! * `retention.ms` counts back from a partition's newest record, not from a clock.
//! * A member lives by `poll` alone; nothing beats in the background. A group looks for lost members when one of them
//!   polls.
//!
//! # Transactions
//! There are none yet. Their place: a producer with a transactional identity marks the batches it hands over, the
//! partition keeps a last stable offset beside its end that `ReaderPosition::read` stops at, offsets sent to a transaction
//! wait in `group` until it ends, and the end takes one offset in each partition, as Kafka's markers do.

mod admin;
mod batch;
mod batches;
mod compaction;
mod consumer;
mod fault_table;
mod faults;
mod group;
mod lock;
mod log;
mod partition;
mod policy;
mod producer;
mod reader;
mod settings;
mod shared;
mod topics;

pub use faults::Faults;
pub use log::{InProcessLog, StoredRecord};
pub use settings::Settings;
