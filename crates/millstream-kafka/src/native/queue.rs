//! A queue of librdkafka's: events come from it, and it wakes who waits for them.

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use millstream_log::Signal;
use millstream_types::TopicPartition;
use rdkafka_sys as sys;

use super::replies::Response;
use super::{Batch, Client, Delivered, NativeError, Partitions, Room, c_string};

/// A queue, and the flag that librdkafka raises when something arrives in it while it was empty.
pub(crate) struct Queue {
    raw: NonNull<sys::rd_kafka_queue_t>,
    bell: Arc<Bell>,
    client: Arc<Client>,
}

// SAFETY: librdkafka's queues may be used from any thread; they lock themselves.
unsafe impl Send for Queue {}

/// What librdkafka rings from a thread of its own.
struct Bell {
    is_rung: AtomicBool,
    signal: Signal,
}

/// An event of a queue.
pub(crate) enum QueueEvent {
    /// Something went wrong that concerns the whole client.
    Error {
        error: NativeError,
        is_fatal: bool,
    },
    /// The group gives or takes partitions and waits for a response.
    Assigned(Partitions),
    Revoked(Partitions),
    /// How the commit that was sent last ended.
    Committed(Result<Partitions, NativeError>),
    /// Records have reached the log, or will not.
    Delivered(Delivered),
    /// The response to a request.
    Response(Response),
    /// Nothing of interest.
    Other,
}

impl Queue {
    pub(super) fn new(client: &Arc<Client>, raw: *mut sys::rd_kafka_queue_t, signal: &Signal) -> Self {
        let raw = NonNull::new(raw).expect("a live client has its queues");
        // Rung at first: what arrived before there was a bell is looked for once.
        let bell = Arc::new(Bell { is_rung: AtomicBool::new(true), signal: signal.clone() });
        // SAFETY: the queue is alive; the bell lives until the callback is taken away in `drop`.
        unsafe {
            let opaque = Arc::as_ptr(&bell).cast_mut().cast::<c_void>();
            sys::rd_kafka_queue_cb_event_enable(raw.as_ptr(), Some(ring), opaque);
        }
        Self { raw, bell, client: Arc::clone(client) }
    }

    pub(super) fn raw(&self) -> *mut sys::rd_kafka_queue_t {
        self.raw.as_ptr()
    }

    pub(crate) fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// Whether something may have arrived since it was last emptied.
    pub(crate) fn is_rung(&self) -> bool {
        self.bell.is_rung.load(Ordering::Acquire)
    }

    /// Takes the flag down. Must come before the queue is emptied, so that nothing is missed.
    pub(crate) fn silence(&self) {
        self.bell.is_rung.store(false, Ordering::Release);
    }

    /// Raises the flag again, for what was left in the queue.
    pub(crate) fn ring(&self) {
        self.bell.is_rung.store(true, Ordering::Release);
    }

    /// Hands out all that has arrived since it was last emptied.
    pub(crate) fn drain(&self, mut handle: impl FnMut(QueueEvent)) {
        if self.is_rung() {
            self.silence();
            while let Some(event) = self.poll() {
                handle(event);
            }
        }
    }

    /// The next event, if there is one. Polling a consumer's main queue keeps its membership alive.
    pub(crate) fn poll(&self) -> Option<QueueEvent> {
        // SAFETY: the queue is alive; a timeout of 0 does not wait; the event is ours. It is handed over if it reports
        // deliveries, else read before it is destroyed.
        unsafe {
            let event = NonNull::new(sys::rd_kafka_queue_poll(self.raw(), 0))?;
            if sys::rd_kafka_event_type(event.as_ptr()) == sys::RD_KAFKA_EVENT_DR {
                return Some(QueueEvent::Delivered(Delivered::new(event, &self.client)));
            }
            let read = read(event.as_ptr());
            sys::rd_kafka_event_destroy(event.as_ptr());
            Some(read)
        }
    }

    /// Up to `limit` records of this queue, which must be a partition's.
    pub(crate) fn take<'a>(&self, room: &'a mut Room, limit: usize) -> Batch<'a> {
        // SAFETY: the queue is alive, and by its contract a partition's.
        unsafe { room.fill(self.raw(), limit) }
    }
}

/// The queues of a client.
impl Client {
    /// The queue of events and errors that concern the client as a whole.
    pub(crate) fn main_queue(self: &Arc<Self>, signal: &Signal) -> Queue {
        // SAFETY: the client is alive. A consumer has a consumer queue, a producer a main queue.
        let raw = unsafe {
            let consumer = sys::rd_kafka_queue_get_consumer(self.raw());
            if consumer.is_null() { sys::rd_kafka_queue_get_main(self.raw()) } else { consumer }
        };
        Queue::new(self, raw, signal)
    }

    /// A new queue, for responses.
    pub(crate) fn new_queue(self: &Arc<Self>, signal: &Signal) -> Queue {
        // SAFETY: the client is alive.
        let raw = unsafe { sys::rd_kafka_queue_new(self.raw()) };
        Queue::new(self, raw, signal)
    }

    /// The queue of one partition's records, cut off from the main queue. Must be taken anew before each assignment:
    /// a partition once cut off stays so, and its records would go nowhere.
    pub(crate) fn partition_queue(self: &Arc<Self>, partition: &TopicPartition, signal: &Signal) -> Queue {
        let topic = c_string(partition.topic.as_str());
        let number = i32::try_from(partition.partition.number()).unwrap_or(i32::MAX);
        // SAFETY: the client is alive and the name ends with NUL; forwarding to null is "to nobody".
        let raw = unsafe {
            let queue = sys::rd_kafka_queue_get_partition(self.raw(), topic.as_ptr(), number);
            sys::rd_kafka_queue_forward(queue, std::ptr::null_mut());
            queue
        };
        Queue::new(self, raw, signal)
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: the queue is alive. Taking the callback away waits for one that is under way (both hold the queue's
        // lock), so the bell outlives every call.
        unsafe {
            sys::rd_kafka_queue_cb_event_enable(self.raw(), None, std::ptr::null_mut());
            sys::rd_kafka_queue_destroy(self.raw());
        }
    }
}

unsafe extern "C" fn ring(_client: *mut sys::rd_kafka_t, bell: *mut c_void) {
    // SAFETY: the pointer is the bell of the queue that calls; it lives as long as the callback is set.
    let bell = unsafe { &*bell.cast_const().cast::<Bell>() };
    bell.is_rung.store(true, Ordering::Release);
    bell.signal.raise();
}

/// # Safety
/// `event` must be a live event.
unsafe fn read(event: *mut sys::rd_kafka_event_t) -> QueueEvent {
    // SAFETY: the caller vouches for a live event; which accessors it has follows from its type.
    unsafe {
        match sys::rd_kafka_event_type(event) {
            sys::RD_KAFKA_EVENT_REBALANCE => rebalance(event),
            sys::RD_KAFKA_EVENT_ERROR => {
                let is_fatal = sys::rd_kafka_event_error_is_fatal(event) != 0;
                NativeError::of_event(event).map_or(QueueEvent::Other, |error| QueueEvent::Error { error, is_fatal })
            }
            sys::RD_KAFKA_EVENT_OFFSET_COMMIT => {
                let offsets = Partitions::copy_of(sys::rd_kafka_event_topic_partition_list(event));
                QueueEvent::Committed(NativeError::of_event(event).map_or(Ok(offsets), Err))
            }
            kind => Response::read(kind, event).map_or(QueueEvent::Other, QueueEvent::Response),
        }
    }
}

/// # Safety
/// `event` must be a live rebalance event.
unsafe fn rebalance(event: *mut sys::rd_kafka_event_t) -> QueueEvent {
    // SAFETY: a rebalance event has a list, which is copied, and says by its error code which way it goes.
    unsafe {
        let partitions = Partitions::copy_of(sys::rd_kafka_event_topic_partition_list(event));
        match sys::rd_kafka_event_error(event) {
            sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => QueueEvent::Assigned(partitions),
            _ => QueueEvent::Revoked(partitions),
        }
    }
}
