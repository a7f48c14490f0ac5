//! Counts in windows.

use millstream::{BufferConfig, SessionWindows, SlidingWindows, StreamsBuilder, Suppressed, TimeWindows};

use super::records;
use crate::contender::job::Job;
use crate::workload::{CLOSED, CLOSING_WINDOW, COUNTS, SPAN, WINDOW};

pub(super) fn tumbling(builder: &StreamsBuilder, job: &Job) {
    records(builder, job)
        .group_by_key()
        .windowed_by(TimeWindows::of_size_with_no_grace(WINDOW))
        .count(COUNTS)
        .to_stream()
        .to(&*job.output);
}

pub(super) fn session(builder: &StreamsBuilder, job: &Job) {
    records(builder, job)
        .group_by_key()
        .windowed_by(SessionWindows::of_inactivity_gap_and_grace(SPAN, SPAN))
        .count(COUNTS)
        .to_stream()
        .to(&*job.output);
}

pub(super) fn sliding(builder: &StreamsBuilder, job: &Job) {
    records(builder, job)
        .group_by_key()
        .windowed_by(SlidingWindows::of_time_difference_and_grace(SPAN, SPAN))
        .count(COUNTS)
        .to_stream()
        .to(&*job.output);
}

pub(super) fn suppressed(builder: &StreamsBuilder, job: &Job) {
    records(builder, job)
        .group_by_key()
        .windowed_by(TimeWindows::of_size_with_no_grace(CLOSING_WINDOW))
        .count(COUNTS)
        .suppress(Suppressed::until_window_closes(BufferConfig::unbounded()).named(CLOSED))
        .to_stream()
        .to(&*job.output);
}
