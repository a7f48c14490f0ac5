//! Sets of tasks, as ranges of partitions of each sub-topology.

use std::collections::BTreeSet;

use millstream_types::TaskId;

use super::error::DecodeError;
use super::reader::Reader;
use super::writer::Writer;
use crate::assignor::TASKS_MAX;

/// A run of partitions of a sub-topology.
struct Range {
    first: u32,
    last: u32,
}

/// Writes tasks, which are in order: for each sub-topology the distance from the one before, the number of ranges, and of each range its
/// distance from the one before and its length.
pub(super) fn write<'a>(to: &mut Writer, tasks: impl IntoIterator<Item = &'a TaskId>) {
    let mut groups: Vec<(u32, Vec<Range>)> = Vec::new();
    for task in tasks {
        let partition = task.partition.number();
        if groups.last().is_none_or(|(number, _)| *number != task.subtopology) {
            groups.push((task.subtopology, Vec::new()));
        }
        let Some((_, ranges)) = groups.last_mut() else { continue };
        match ranges.last_mut() {
            Some(range) if range.last.checked_add(1) == Some(partition) => range.last = partition,
            _ => ranges.push(Range { first: partition, last: partition }),
        }
    }
    to.count(groups.len());
    let mut next = 0;
    for (number, ranges) in groups {
        to.number(u64::from(number) - next);
        next = u64::from(number) + 1;
        to.count(ranges.len());
        let mut free = 0;
        for range in ranges {
            to.number(u64::from(range.first) - free);
            to.number(range.last - range.first);
            free = u64::from(range.last) + 2;
        }
    }
}

/// Reads what [`write`] has written, at most [`TASKS_MAX`] tasks.
pub(super) fn read(from: &mut Reader<'_>, what: &'static str) -> Result<BTreeSet<TaskId>, DecodeError> {
    let mut tasks = Vec::new();
    let mut next = 0;
    for _ in 0..from.count(4, what)? {
        let number = advance(from, next, what)?;
        next = u64::from(number) + 1;
        let mut free = 0;
        for _ in 0..from.count(2, what)? {
            let first = advance(from, free, what)?;
            let length: u32 = from.number(what)?;
            let last = first.checked_add(length).ok_or(DecodeError::Malformed(what))?;
            if tasks.len() as u64 + u64::from(length) >= TASKS_MAX {
                return Err(DecodeError::TooMany(what));
            }
            tasks.extend((first..=last).map(|partition| TaskId::new(number, partition)));
            free = u64::from(last) + 2;
        }
    }
    Ok(tasks.into_iter().collect())
}

/// A number, given as its distance from the smallest that it could be.
pub(super) fn advance(from: &mut Reader<'_>, smallest: u64, what: &'static str) -> Result<u32, DecodeError> {
    let distance: u64 = from.number(what)?;
    let number = smallest.checked_add(distance).ok_or(DecodeError::Malformed(what))?;
    u32::try_from(number).map_err(|_| DecodeError::Malformed(what))
}
