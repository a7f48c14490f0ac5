//! Committing a task, in phases between which the log does its part.

use millstream_log::CommittedOffset;
use millstream_types::{Offset, Timestamp, TopicPartition};

use super::commit_metadata::encode_partition_time;
use super::input_queue::InputQueue;
use super::{Outbox, Task, TaskError, TaskState};

/// How far a task's commit is.
#[derive(Debug, Default)]
pub(super) struct Commit {
    /// Whether one is due although no offset has moved: a schedule ran and may have written, or the last one failed.
    pub(super) is_due: bool,
    /// Whether a commit is under way.
    is_pending: bool,
    /// Whether a store waits for the commit to be written to its engine. Until then nothing may change it.
    writes_back: bool,
    /// Per input the offset being committed and the time it stands for, where it has moved.
    offsets: Vec<Option<(Offset, Timestamp)>>,
}

impl Commit {
    /// Whether records have to wait for the commit under way.
    pub(super) fn blocks_processing(&self) -> bool {
        self.is_pending && self.writes_back
    }
}

impl Task {
    /// Whether anything happened since the last commit.
    #[must_use]
    pub fn needs_commit(&self) -> bool {
        self.commit.is_due || self.inputs.iter().any(InputQueue::has_moved)
    }

    /// Whether a processor has asked for a commit since the last call.
    pub fn take_commit_request(&mut self) -> bool {
        self.chain.take_commit_request()
    }

    /// Whether a commit of it is between its first and its last phase.
    #[must_use]
    pub fn is_committing(&self) -> bool {
        self.commit.is_pending
    }

    /// First phase: logs and forwards what caches hold back, and notes the offsets that this covers.
    ///
    /// A task all of whose stores live in memory goes on processing meanwhile; one with an engine to write to waits.
    ///
    /// # Errors
    /// When an operator or a store fails.
    pub fn prepare_commit(&mut self, now: Timestamp, outbox: &mut Outbox) -> Result<(), TaskError> {
        if !matches!(self.state, TaskState::Running | TaskState::Suspended) {
            return Ok(());
        }
        let flushed = self.chain.flush(&mut self.surroundings.environment(now, outbox));
        flushed.map_err(|failure| self.chain_error(failure))?;
        self.commit.offsets.clear();
        for (input, queue) in self.inputs.iter().enumerate() {
            let moved = queue.committable().filter(|_| queue.has_moved());
            self.commit.offsets.push(moved.map(|offset| (offset, self.chain.partition_time(input))));
        }
        self.commit.writes_back = self.chain.stores_mut().any(|store| store.unwritten_bytes() > 0);
        self.commit.is_due = false;
        self.commit.is_pending = true;
        Ok(())
    }

    /// Third phase, after the outbox is flushed: appends the offsets to commit, each with its partition's time.
    pub fn offsets_to_commit(&self, offsets: &mut Vec<(TopicPartition, CommittedOffset)>) {
        for (input, offset) in self.commit.offsets.iter().enumerate() {
            if let Some((offset, time)) = *offset {
                let metadata = encode_partition_time(time);
                let partition = self.inputs.queue(input).partition().clone();
                offsets.push((partition, CommittedOffset { offset, metadata }));
            }
        }
    }

    /// Last phase, after the offsets are committed: brings the stores' engines up to date.
    ///
    /// # Errors
    /// When an engine fails. The commit stands all the same; the engine restores the rest from the changelog.
    pub fn finish_commit(&mut self, outbox: &Outbox) -> Result<(), TaskError> {
        if !std::mem::take(&mut self.commit.is_pending) {
            return Ok(());
        }
        for (input, offset) in self.commit.offsets.drain(..).enumerate() {
            if let Some((offset, _)) = offset {
                self.inputs.queue_mut(input).set_committed(offset);
            }
        }
        if std::mem::take(&mut self.commit.writes_back) {
            self.write_back(outbox)?;
        }
        Ok(())
    }

    fn write_back(&mut self, outbox: &Outbox) -> Result<(), TaskError> {
        let changelogs = &mut self.surroundings.changelogs;
        let written = self.chain.stores_mut().filter(|store| store.unwritten_bytes() > 0).try_for_each(|store| {
            let changelog = changelogs.partition(store.index());
            let acknowledged = changelog.and_then(|changelog| outbox.acknowledged_offset(changelog));
            changelogs.write_back(store, acknowledged)
        });
        written.map_err(|error| self.store_error(&error))
    }

    /// Ends a commit that failed half-way: it is due again, with everything it covered.
    pub fn abandon_commit(&mut self) {
        if std::mem::take(&mut self.commit.is_pending) {
            self.commit.offsets.clear();
            self.commit.writes_back = false;
            self.commit.is_due = true;
        }
    }
}
