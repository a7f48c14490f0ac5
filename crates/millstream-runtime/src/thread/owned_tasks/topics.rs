//! Topics that appear and disappear while a thread runs, because a source reads them by a pattern.

use std::sync::Arc;

use millstream_log::LogError;
use millstream_types::{Now, TaskId, TopicPartition};

use super::OwnedTasks;
use crate::assignment::WorkPlan;
use crate::messages::ThreadEvent;
use crate::thread::changing_topics::unknown_topic;

impl OwnedTasks {
    /// Works by another plan as soon as no commit is in progress, since a commit refers to the inputs of tasks.
    pub(in crate::thread) fn set_next_plan(&mut self, plan: Arc<WorkPlan>) {
        self.topics.next = Some(plan);
    }

    /// Takes up the next plan, if there is one: tasks read the topics that it has for them, and keep their state and their places in
    /// others. Returns whether there was one.
    pub(in crate::thread) fn take_up_plan(&mut self) -> bool {
        if !self.commits.is_idle() {
            return false;
        }
        let Some(plan) = self.topics.next.take() else { return false };
        self.plan = plan;
        self.offsets.set_topology(&self.plan.topology, &self.shared.id);
        let unreadable = std::mem::take(&mut self.topics.unreadable);
        let changed = self.tasks.change_topics(&self.plan.topology, &self.plan.counts, &unreadable);
        self.consumer.unassign(&changed.removed);
        self.commits.forget(&changed.removed);
        self.commits.forget(&changed.added);
        self.offsets.request(&changed.added, &mut *self.consumer);
        true
    }

    /// Takes tasks out of `ids` for which another member has seen topics that this one has not. They wait until it has.
    pub(super) fn postpone_unplanned(&mut self, ids: &mut Vec<TaskId>, now: Now) {
        let unplanned: Vec<TaskId> = ids.extract_if(.., |id| !self.plan.is_planned(*id)).collect();
        if !unplanned.is_empty() {
            unplanned.into_iter().for_each(|id| self.opening.postpone(id, now.monotonic));
            self.request_topics();
        }
    }

    /// Notes that a partition cannot be read because the log does not know it, if it is of a topic that matches a pattern and may be
    /// gone. Returns whether it is.
    pub(in crate::thread) fn note_unreadable(&mut self, partition: &TopicPartition, error: &LogError) -> bool {
        let may_be_gone = unknown_topic(error).is_some() && self.plan.reads_by_pattern(&partition.topic);
        if may_be_gone {
            self.topics.unreadable.insert(partition.clone());
            self.request_topics();
        }
        may_be_gone
    }

    /// Notes that offsets were not committed, if that is because a topic that matches a pattern is gone: topics are looked for, and then the
    /// offsets of the others can be committed. Returns whether it is.
    pub(in crate::thread) fn note_gone(&self, error: &LogError) -> bool {
        let is_gone = unknown_topic(error).is_some_and(|topic| self.plan.reads_by_pattern(topic));
        if is_gone {
            self.request_topics();
        }
        is_gone
    }

    fn request_topics(&self) {
        // Refused, the application has ended, or is behind; it looks at an interval, too.
        _ = self.shared.thread_events.try_send(ThreadEvent::TopicsOutdated);
    }
}
