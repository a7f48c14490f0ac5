//! Records are read as they were written, with every compression of the broker.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test with a real broker, in real time")]

#[path = "support/records.rs"]
mod records;
#[path = "support/requests.rs"]
mod requests;
mod support;

use millstream_kafka::KafkaLog;
use records::{Written, check, read, records, write_all};
use requests::{create_with, wall_clock};
use support::Broker;

#[test]
fn records_are_read_as_they_were_written_whatever_compresses_them() {
    let broker = Broker::shared();
    let log = KafkaLog::new(broker.bootstrap());
    let written = records();
    for codec in ["uncompressed", "gzip", "snappy", "lz4", "zstd"] {
        let partition = create_with(&log, &format!("kept-{codec}"), 1, &[("compression.type", codec)]);
        write_all(&log, &partition, &written);
        // From the beginning, from the middle of a batch, and from just before the end.
        for from in [0, 1_234, written.len() - 1] {
            check(&log, &partition, from, &written[from..]);
        }
    }
}

#[test]
fn records_have_the_brokers_time_with_log_append_time() {
    let broker = Broker::shared();
    let log = KafkaLog::new(broker.bootstrap());
    let partition = create_with(&log, "stamped", 1, &[("message.timestamp.type", "LogAppendTime")]);
    let (before, written) = (wall_clock(), records());
    write_all(&log, &partition, &written);
    let after = wall_clock();
    for (read, written) in read(&log, &partition, 0, written.len()).iter().zip(&written) {
        assert!((before..=after).contains(&read.time), "{} is between {before} and {after}", read.time);
        assert_eq!(*read, Written { time: read.time, ..written.clone() });
    }
}
