//! The workloads as Millstream writes them; `Topologies.java` has the same in Java.

use millstream::{Consumed, StreamsBuilder, TimeWindows, Topology, TopologyError};

use super::job::Job;
use crate::workload::{COUNTS, JOINED_BYTES, ROWS, WINDOW, Workload};

/// The topology of a job.
///
/// # Errors
/// Never: the topologies are valid.
pub(crate) fn topology(job: &Job) -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    match job.workload {
        Workload::Filter => filter(&builder, job),
        Workload::PassThrough => pass_through(&builder, job),
        Workload::WordCount => word_count(&builder, job),
        Workload::KeyedCount | Workload::LargeCount => keyed_count(&builder, job),
        Workload::WindowCount => window_count(&builder, job),
        Workload::Join => join(&builder, job),
    }
    builder.build()
}

fn filter(builder: &StreamsBuilder, job: &Job) {
    builder.stream::<Vec<u8>, Vec<u8>>(&*job.input).filter(|_key, value| value.is_empty()).to(&*job.output);
}

fn pass_through(builder: &StreamsBuilder, job: &Job) {
    builder.stream::<Vec<u8>, Vec<u8>>(&*job.input).to(&*job.output);
}

fn word_count(builder: &StreamsBuilder, job: &Job) {
    builder
        .stream::<(), String>(&*job.input)
        .flat_map_values(|_key, line| line.split(' ').map(str::to_owned).collect::<Vec<_>>())
        .group_by(|_key, word| word.clone())
        .count(COUNTS)
        .to_stream()
        .to(&*job.output);
}

fn keyed_count(builder: &StreamsBuilder, job: &Job) {
    builder.stream::<String, Vec<u8>>(&*job.input).group_by_key().count(COUNTS).to_stream().to(&*job.output);
}

fn window_count(builder: &StreamsBuilder, job: &Job) {
    builder
        .stream::<String, Vec<u8>>(&*job.input)
        .group_by_key()
        .windowed_by(TimeWindows::of_size_with_no_grace(WINDOW))
        .count(COUNTS)
        .to_stream()
        .to(&*job.output);
}

fn join(builder: &StreamsBuilder, job: &Job) {
    let rows = builder.table::<String, Vec<u8>>(Consumed::topics([&*job.rows]), ROWS);
    builder
        .stream::<String, Vec<u8>>(&*job.input)
        .join(&rows, |_key, value, row| [row, &value[..JOINED_BYTES]].concat())
        .to(&*job.output);
}
