//! Promises: for each process and thread the tasks that it will have.

use std::collections::{BTreeMap, BTreeSet};

use millstream_types::TaskId;

use super::error::DecodeError;
use super::reader::Reader;
use super::task_set;
use super::writer::Writer;
use crate::assignment::Promise;
use crate::identity::ProcessId;

const WHAT: &str = "the promised tasks";

pub(super) fn write(to: &mut Writer, promised: &BTreeMap<TaskId, Promise>) {
    let mut tasks: BTreeMap<Promise, BTreeSet<TaskId>> = BTreeMap::new();
    for (task, promise) in promised {
        tasks.entry(*promise).or_default().insert(*task);
    }
    to.count(tasks.len());
    for (promise, tasks) in tasks {
        to.bytes.extend(promise.process.bits().to_be_bytes());
        to.number(promise.thread.map_or(0, |thread| u64::from(thread) + 1));
        task_set::write(to, &tasks);
    }
}

pub(super) fn read(from: &mut Reader<'_>) -> Result<BTreeMap<TaskId, Promise>, DecodeError> {
    let mut promised = BTreeMap::new();
    let mut total = 0;
    for _ in 0..from.count(18, WHAT)? {
        let process = ProcessId::new(u128::from_be_bytes(from.array(WHAT)?));
        let thread: u64 = from.number(WHAT)?;
        let thread = thread.checked_sub(1).map(u32::try_from).transpose().map_err(|_| DecodeError::Malformed(WHAT))?;
        let tasks = task_set::read(from, WHAT)?;
        total += tasks.len() as u64;
        if total > crate::assignor::TASKS_MAX {
            return Err(DecodeError::TooMany(WHAT));
        }
        promised.extend(tasks.into_iter().map(|task| (task, Promise { process, thread })));
    }
    Ok(promised)
}
