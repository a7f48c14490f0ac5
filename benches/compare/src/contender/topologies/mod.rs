//! The workloads as Millstream writes them; `Topologies.java` has the same in Java.

mod joins;
mod lookup;
mod tables;
mod windows;

use millstream::{KStream, StreamsBuilder, Topology, TopologyError};

use super::job::Job;
use crate::workload::{COUNTS, JOINED_BYTES, Workload};

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
        Workload::WindowCount => windows::tumbling(&builder, job),
        Workload::SessionCount => windows::session(&builder, job),
        Workload::SlidingCount => windows::sliding(&builder, job),
        Workload::Suppress => windows::suppressed(&builder, job),
        Workload::Join => joins::with_table(&builder, job),
        Workload::StreamJoin => joins::with_stream(&builder, job),
        Workload::GlobalJoin => joins::with_global_table(&builder, job),
        Workload::VersionedJoin => joins::with_versioned_table(&builder, job),
        Workload::Lookup => lookup::by_processors(&builder, job),
        Workload::TableJoin => tables::join(&builder, job),
        Workload::ForeignKeyJoin => tables::foreign_key_join(&builder, job),
        Workload::TableCount => tables::count(&builder, job),
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
    records(builder, job).group_by_key().count(COUNTS).to_stream().to(&*job.output);
}

fn records(builder: &StreamsBuilder, job: &Job) -> KStream<String, Vec<u8>> {
    builder.stream::<String, Vec<u8>>(&*job.input)
}

/// A row with the beginning of a record's value.
fn joined(row: &[u8], value: &[u8]) -> Vec<u8> {
    [row, &value[..JOINED_BYTES]].concat()
}
