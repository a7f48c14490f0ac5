//! Joins of a stream.

use millstream::{Consumed, JoinWindows, Materialized, StreamsBuilder};

use super::{joined, records};
use crate::contender::job::Job;
use crate::workload::records::NUMBER_DIGITS;
use crate::workload::{HISTORY, PAIRS, ROWS, SPAN};

pub(super) fn with_table(builder: &StreamsBuilder, job: &Job) {
    let rows = builder.table::<String, Vec<u8>>(Consumed::topics([&*job.rows]), ROWS);
    records(builder, job).join(&rows, |_key, value, row| joined(row, &value)).to(&*job.output);
}

pub(super) fn with_versioned_table(builder: &StreamsBuilder, job: &Job) {
    let rows = builder.table::<String, Vec<u8>>(&*job.rows, Materialized::named(ROWS).versioned(HISTORY));
    records(builder, job).join(&rows, |_key, value, row| joined(row, &value)).to(&*job.output);
}

pub(super) fn with_global_table(builder: &StreamsBuilder, job: &Job) {
    let rows = builder.global_table::<String, Vec<u8>>(&*job.rows, ROWS);
    let by_key = rows.by(|key: &String, _value: &Vec<u8>| key.clone());
    records(builder, job).join_global(by_key, |_key, _row_key, value, row| joined(row, &value)).to(&*job.output);
}

pub(super) fn with_stream(builder: &StreamsBuilder, job: &Job) {
    let records = records(builder, job);
    let even = records.filter(|_key, value| is_even(value));
    let odd = records.filter_not(|_key, value| is_even(value));
    let near = odd.within(JoinWindows::of_time_difference_with_no_grace(SPAN)).stores(PAIRS);
    even.join_stream(near, |_key, even, odd| joined(even, odd)).to(&*job.output);
}

/// Whether the number of a record is even, as its last digit's code is then.
fn is_even(value: &[u8]) -> bool {
    value[NUMBER_DIGITS - 1].is_multiple_of(2)
}
