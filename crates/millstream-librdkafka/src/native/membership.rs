//! The calls of a group member.

use millstream_types::Topic;
use rdkafka_sys as sys;

use super::{Client, NativeError, Partitions, Queue, text_of};

/// The calls of a group member.
impl Client {
    pub(crate) fn subscribe(&self, topics: &[Topic]) -> Result<(), NativeError> {
        let list = Partitions::of_topics(topics);
        // SAFETY: client and list are alive; the list is copied.
        NativeError::check(unsafe { sys::rd_kafka_subscribe(self.raw(), list.raw()) })
    }

    /// Unsubscribes. Once the assignment is revoked, this leaves the group, also for a static member.
    pub(crate) fn unsubscribe(&self) -> Result<(), NativeError> {
        // SAFETY: the client is alive.
        NativeError::check(unsafe { sys::rd_kafka_unsubscribe(self.raw()) })
    }

    /// Whether the group's coordinator has assigned a member id, which is dropped when the member leaves.
    pub(crate) fn has_member_id(&self) -> bool {
        // SAFETY: the client is alive; the text is ours, read before it is freed, or null.
        unsafe {
            let id = sys::rd_kafka_memberid(self.raw());
            let is_there = !text_of(id).is_empty();
            if !id.is_null() {
                sys::rd_kafka_mem_free(self.raw(), id.cast());
            }
            is_there
        }
    }

    /// Whether the assignment was lost, so that other members may own its partitions already.
    pub(crate) fn is_assignment_lost(&self) -> bool {
        // SAFETY: the client is alive.
        unsafe { sys::rd_kafka_assignment_lost(self.raw()) != 0 }
    }

    /// Adds partitions to the assignment, which acknowledges a rebalance.
    pub(crate) fn incremental_assign(&self, partitions: &Partitions) -> Result<(), NativeError> {
        // SAFETY: client and list are alive; the list is copied, the error is ours.
        unsafe { NativeError::take(sys::rd_kafka_incremental_assign(self.raw(), partitions.raw())) }
    }

    /// Removes partitions from the assignment, which acknowledges a revocation.
    pub(crate) fn incremental_unassign(&self, partitions: &Partitions) -> Result<(), NativeError> {
        // SAFETY: client and list are alive; the list is copied, the error is ours.
        unsafe { NativeError::take(sys::rd_kafka_incremental_unassign(self.raw(), partitions.raw())) }
    }

    /// Sends a commit. The response arrives in this queue.
    pub(crate) fn commit(&self, offsets: &Partitions, responses: &Queue) -> Result<(), NativeError> {
        // SAFETY: client, list and queue are alive; the list is copied, there is no callback and no opaque value.
        NativeError::check(unsafe {
            let no_opaque = std::ptr::null_mut();
            sys::rd_kafka_commit_queue(self.raw(), offsets.raw(), responses.raw(), None, no_opaque)
        })
    }

    /// Begins to close the consumer. Rebalances that must be acknowledged meanwhile arrive in this queue.
    pub(crate) fn close(&self, events: &Queue) -> Result<(), NativeError> {
        // SAFETY: client and queue are alive; the error is ours.
        unsafe { NativeError::take(sys::rd_kafka_consumer_close_queue(self.raw(), events.raw())) }
    }

    /// Whether the consumer is closed.
    pub(crate) fn is_closed(&self) -> bool {
        // SAFETY: the client is alive.
        unsafe { sys::rd_kafka_consumer_closed(self.raw()) != 0 }
    }
}
