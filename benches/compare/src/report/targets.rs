//! The targets.

use crate::contender::Contender;
use crate::contender::job::Store;
use crate::workload::{Case, Workload};

/// How many times less processor time than Kafka Streams, at least.
pub(crate) fn against_kafka_streams(case: Case) -> Option<f64> {
    match (case.workload, case.store) {
        (Workload::Filter, _) => Some(2.2),
        (Workload::PassThrough, _) => Some(2.8),
        (Workload::WordCount, Store::Memory) => Some(3.0),
        (Workload::KeyedCount, Store::Memory) => Some(5.0),
        (Workload::WindowCount, Store::Memory) => Some(7.0),
        (Workload::Join, Store::Memory) => Some(8.0),
        (Workload::KeyedCount, Store::Rocksdb) => Some(4.0),
        (Workload::WindowCount, Store::Rocksdb) => Some(10.0),
        (Workload::Join, Store::Rocksdb) => Some(6.0),
        (Workload::LargeCount, Store::Rocksdb) => Some(2.0),
        (Workload::WordCount | Workload::VersionedJoin | Workload::Lookup, _) => None,
        // Windows, joins and tables other than those above.
        (_, Store::Memory) => Some(10.0),
        (_, Store::Rocksdb) => Some(6.0),
    }
}

/// How many times the processor time of the bare loop, at most.
pub(crate) fn against_bare_loop(case: Case) -> Option<f64> {
    match case.workload {
        Workload::Filter => Some(1.6),
        Workload::PassThrough => Some(1.4),
        _ => None,
    }
}

/// How many times the records per second of Kafka Streams when restoring, at least, for every kind of store.
pub(crate) const RESTORE: f64 = 5.0;

/// The names of the contenders in a ratio, in the order of the tables.
pub(crate) const SHOWN: [Contender; 3] = [Contender::Millstream, Contender::KafkaStreams, Contender::Librdkafka];

/// How many times less processor time than Kafka Streams under a steady load of so many records a second, at least.
pub(crate) fn steady_cpu(per_second: u64) -> Option<f64> {
    match per_second {
        2_000 => Some(15.0),
        20_000 => Some(11.0),
        60_000 => Some(9.0),
        _ => None,
    }
}

/// The 99th percentile of latency under a steady load, at most, beyond the time that caching holds results back, in milliseconds.
pub(crate) const STEADY_P99_MS: f64 = 10.0;

/// How many times less memory than Kafka Streams under a steady load, at least.
pub(crate) const STEADY_MEMORY: f64 = 10.0;
