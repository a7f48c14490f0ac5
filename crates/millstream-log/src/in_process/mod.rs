//! A log in the memory of the process: partitions, groups, compaction and retention. It is lost when the process exits.
//!
//! It is for embedded use, for tests, and as the reference of the conformance suite. A batch of a producer becomes a chunk
//! that all readers share: reading copies no records, and locks once per batch. Time is passed to `poll`; the log has no
//! threads and no clock.
//!
//! | file | contents |
//! |---|---|
//! | `log` | [`InProcessLog`]: creates clients, and gives direct access to records |
//! | `topics`, `policy` | topics and their settings |
//! | `partition`, `batches`, `batch`, `compaction` | one partition: append, read, retain, compact |
//! | `group` | groups: members, owners, assignment, committed offsets |
//! | `reader`, `consumer`, `producer`, `admin` | the clients |
//! | `faults`, `fault_table` | [`Faults`]: fault injection |
//!
//! # Differences from Kafka
//! * Acknowledgements are immediate, and records are as durable as the process.
//! * `retention.ms` is relative to the newest record of a partition, not to a clock.
//! * Heartbeats are sent by `poll` only, not in the background. A group checks for lost members when a member polls.
//!
//! # Transactions
//! There are none yet. The plan: a producer with a transactional id marks its batches; the partition has a last stable
//! offset, at which `ReaderPosition::read` stops; offsets of a transaction wait in `group` until it ends; and the end takes one
//! offset in each partition, as Kafka's markers do.

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
