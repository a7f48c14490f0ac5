//! Delivery reports.

use std::ptr::NonNull;
use std::sync::Arc;

use millstream_types::RecordBuf;
use rdkafka_sys as sys;

use super::messages::Fetched;
use super::{Client, NativeError};

/// The delivery reports of an event, one for each record. Records are not copied.
pub(crate) struct Delivered {
    event: NonNull<sys::rd_kafka_event_t>,
    /// Outlives the event.
    _client: Arc<Client>,
}

/// The delivery report of one record.
pub(crate) struct Delivery {
    /// The number with which it was sent.
    pub(crate) number: u64,
    /// The number of its topic's handle.
    pub(crate) topic: usize,
    pub(crate) partition: u32,
    /// Its offset, if it is known.
    pub(crate) result: Result<Option<i64>, Refused>,
}

/// A record that was not written.
pub(crate) struct Refused {
    pub(crate) error: NativeError,
    pub(crate) record: Box<RecordBuf>,
}

impl Delivered {
    /// # Safety
    /// `event` must be a live event of deliveries, whose records stem from `TopicHandle::send`; it is handed over.
    pub(super) unsafe fn new(event: NonNull<sys::rd_kafka_event_t>, client: &Arc<Client>) -> Self {
        Self { event, _client: Arc::clone(client) }
    }
}

impl Iterator for Delivered {
    type Item = Delivery;

    #[inline]
    fn next(&mut self) -> Option<Delivery> {
        // SAFETY: the event is alive and hands its messages out one by one. They stay its own, and this one is read
        // before anything else happens to it.
        unsafe { sys::rd_kafka_event_message_next(self.event.as_ptr()).as_ref().map(|message| read(message)) }
    }
}

impl Drop for Delivered {
    fn drop(&mut self) {
        // SAFETY: the event is ours and destroyed once, with all its messages.
        unsafe { sys::rd_kafka_event_destroy(self.event.as_ptr()) };
    }
}

/// # Safety
/// The message must be alive and stem from `TopicHandle::send`.
unsafe fn read(message: &sys::rd_kafka_message_t) -> Delivery {
    // SAFETY: the topic of a live message is alive, and its opaque value is the number it was made with.
    let topic = unsafe { sys::rd_kafka_topic_opaque(message.rkt) } as usize;
    Delivery {
        number: message._private as u64,
        topic,
        partition: u32::try_from(message.partition).unwrap_or_default(),
        result: match NativeError::check(message.err) {
            Ok(()) => Ok(Some(message.offset).filter(|offset| *offset >= 0)),
            Err(error) => Err(refused(message, error)),
        },
    }
}

/// Copies the record, since its message is destroyed with the event.
#[cold]
fn refused(message: &sys::rd_kafka_message_t, error: NativeError) -> Refused {
    Refused { error, record: Box::new(Fetched::new(message).to_buf()) }
}
