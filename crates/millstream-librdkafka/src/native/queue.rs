//! A queue of librdkafka: it returns events, and raises the signal of the thread that waits for them.

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use millstream_log::Signal;
use millstream_types::TopicPartition;
use rdkafka_sys as sys;

use super::replies::Response;
use super::{Batch, Client, Delivered, NativeError, Partitions, Room, c_string, text_of};

/// A queue, and the flag that librdkafka sets when an event arrives while the queue is empty.
pub(crate) struct Queue {
    raw: NonNull<sys::rd_kafka_queue_t>,
    arrivals: Arc<Arrivals>,
    client: Arc<Client>,
}

// SAFETY: librdkafka's queues may be used from any thread; they lock themselves.
unsafe impl Send for Queue {}

/// The flag that librdkafka sets from one of its threads.
struct Arrivals {
    has_events: AtomicBool,
    signal: Signal,
}

/// An event of a queue.
pub(crate) enum QueueEvent {
    /// An error of the whole client.
    Error {
        error: NativeError,
        severity: Severity,
    },
    /// The group assigns or revokes partitions, which must be acknowledged.
    Assigned(Partitions),
    Revoked(Partitions),
    /// The result of the last commit.
    Committed(Result<Partitions, NativeError>),
    /// Delivery reports.
    Delivered(Delivered),
    /// The response to a request.
    Response(Response),
    /// The client's statistics, as JSON.
    Statistics(String),
    /// An event that is not used.
    Other,
}

/// Whether a client can continue after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Severity {
    /// It can.
    Recoverable,
    /// It cannot.
    Fatal,
}

impl Queue {
    pub(super) fn new(client: &Arc<Client>, raw: *mut sys::rd_kafka_queue_t, signal: &Signal) -> Self {
        let raw = NonNull::new(raw).expect("a live client has its queues");
        // The flag is set at first, since events may have arrived before the callback was set.
        let arrivals = Arc::new(Arrivals { has_events: AtomicBool::new(true), signal: signal.clone() });
        // SAFETY: the queue is alive; `arrivals` lives until the callback is removed in `drop`.
        unsafe {
            let opaque = Arc::as_ptr(&arrivals).cast_mut().cast::<c_void>();
            sys::rd_kafka_queue_cb_event_enable(raw.as_ptr(), Some(on_arrival), opaque);
        }
        Self { raw, arrivals, client: Arc::clone(client) }
    }

    pub(super) fn raw(&self) -> *mut sys::rd_kafka_queue_t {
        self.raw.as_ptr()
    }

    pub(crate) fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// Whether events may have arrived since the flag was cleared.
    pub(crate) fn has_events(&self) -> bool {
        self.arrivals.has_events.load(Ordering::Acquire)
    }

    /// Clears the flag. Call it before the queue is emptied, so that no event is missed.
    pub(crate) fn clear_flag(&self) {
        self.arrivals.has_events.store(false, Ordering::Release);
    }

    /// Sets the flag again, for events that were left in the queue.
    pub(crate) fn set_flag(&self) {
        self.arrivals.has_events.store(true, Ordering::Release);
    }

    /// Calls `handle` with all events that have arrived.
    pub(crate) fn drain(&self, mut handle: impl FnMut(QueueEvent)) {
        if self.has_events() {
            self.clear_flag();
            while let Some(event) = self.poll() {
                handle(event);
            }
        }
    }

    /// The next event, if there is one. Polling a consumer's main queue keeps its membership.
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

    /// Takes up to `limit` records from this queue, which must be that of a partition.
    pub(crate) fn take<'a>(&self, room: &'a mut Room, limit: usize) -> Batch<'a> {
        // SAFETY: the queue is alive, and by its contract a partition's.
        unsafe { room.fill(self.raw(), limit) }
    }
}

/// The queues of a client.
impl Client {
    /// The queue of the events and errors of the whole client.
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

    /// The queue of one partition's records, which no longer go to the main queue. Call it again before each assignment:
    /// a partition stays separated from the main queue, so its records would be lost otherwise.
    pub(crate) fn partition_queue(self: &Arc<Self>, partition: &TopicPartition, signal: &Signal) -> Queue {
        let topic = c_string(partition.topic.as_str());
        let number = i32::try_from(partition.partition.number()).unwrap_or(i32::MAX);
        // SAFETY: the client is alive and the name ends with NUL; forwarding to null ends the forwarding.
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
        // SAFETY: the queue is alive. Removing the callback waits for a call in progress (both hold the queue's lock), so
        // `arrivals` outlives every call.
        unsafe {
            sys::rd_kafka_queue_cb_event_enable(self.raw(), None, std::ptr::null_mut());
            sys::rd_kafka_queue_destroy(self.raw());
        }
    }
}

unsafe extern "C" fn on_arrival(_client: *mut sys::rd_kafka_t, arrivals: *mut c_void) {
    // SAFETY: the pointer is that of the queue that calls; it lives as long as the callback is set.
    let arrivals = unsafe { &*arrivals.cast_const().cast::<Arrivals>() };
    arrivals.has_events.store(true, Ordering::Release);
    arrivals.signal.raise();
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
                let severity = if is_fatal { Severity::Fatal } else { Severity::Recoverable };
                NativeError::of_event(event).map_or(QueueEvent::Other, |error| QueueEvent::Error { error, severity })
            }
            sys::RD_KAFKA_EVENT_OFFSET_COMMIT => {
                let offsets = Partitions::copy_of(sys::rd_kafka_event_topic_partition_list(event));
                QueueEvent::Committed(NativeError::of_event(event).map_or(Ok(offsets), Err))
            }
            sys::RD_KAFKA_EVENT_STATS => QueueEvent::Statistics(text_of(sys::rd_kafka_event_stats(event))),
            kind => Response::read(kind, event).map_or(QueueEvent::Other, QueueEvent::Response),
        }
    }
}

/// # Safety
/// `event` must be a live rebalance event.
unsafe fn rebalance(event: *mut sys::rd_kafka_event_t) -> QueueEvent {
    // SAFETY: a rebalance event has a list, which is copied; its error code is the kind of rebalance.
    unsafe {
        let partitions = Partitions::copy_of(sys::rd_kafka_event_topic_partition_list(event));
        match sys::rd_kafka_event_error(event) {
            sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => QueueEvent::Assigned(partitions),
            _ => QueueEvent::Revoked(partitions),
        }
    }
}
