//! Joins of two tables, and a grouped table.

use millstream::{Joined, StreamsBuilder};

use super::joined;
use crate::contender::job::Job;
use crate::workload::records::NUMBER_DIGITS;
use crate::workload::{COUNTS, FOREIGN, GROUP_DIGITS, RECORDS, ROWS};

pub(super) fn join(builder: &StreamsBuilder, job: &Job) {
    let records = builder.table::<String, Vec<u8>>(&*job.input, RECORDS);
    let rows = builder.table::<String, Vec<u8>>(&*job.rows, ROWS);
    records.join(&rows, |_key, value, row| joined(row, value)).to_stream().to(&*job.output);
}

pub(super) fn foreign_key_join(builder: &StreamsBuilder, job: &Job) {
    let records = builder.table::<String, Vec<u8>>(&*job.input, RECORDS);
    let rows = builder.table::<String, Vec<u8>>(&*job.rows, ROWS);
    let by_first_digits = rows.by(|key: &String, _value: &Vec<u8>| format!("0{}", &key[..key.len() - 1]));
    records
        .join_foreign(Joined::with(&by_first_digits).named(FOREIGN), |_key, value, row| joined(row, value))
        .to_stream()
        .to(&*job.output);
}

pub(super) fn count(builder: &StreamsBuilder, job: &Job) {
    builder
        .table::<String, Vec<u8>>(&*job.input, RECORDS)
        .group_by(|_key, value| (group(&value), value))
        .count(COUNTS)
        .to_stream()
        .to(&*job.output);
}

/// The last digits of a record's number.
fn group(value: &[u8]) -> String {
    String::from_utf8_lossy(&value[NUMBER_DIGITS - GROUP_DIGITS..NUMBER_DIGITS]).into_owned()
}
