//! A client of librdkafka, to which all other handles belong.

use std::ptr::NonNull;
use std::sync::Arc;
use std::time::Duration;

use millstream_types::Topic;
use rdkafka_sys as sys;

use super::{Config, ErrorText, Names, NativeError, Partitions};

/// A client. A group member has to leave its group before it is dropped: otherwise librdkafka waits for ever for the
/// acknowledgement of a pending rebalance.
pub(crate) struct Client {
    raw: NonNull<sys::rd_kafka_t>,
    names: Names,
}

// SAFETY: librdkafka's client handle may be used from any thread, and from several at once (its manual, "Threads and
// callbacks"); no callback of ours holds anything that is bound to a thread.
unsafe impl Send for Client {}
// SAFETY: as above.
unsafe impl Sync for Client {}

impl Client {
    /// A producer.
    ///
    /// # Errors
    /// When the settings contradict each other.
    pub(crate) fn producer(config: Config) -> Result<Arc<Self>, String> {
        Self::new(sys::rd_kafka_type_t::RD_KAFKA_PRODUCER, config).map(Arc::new)
    }

    /// A consumer, whose main queue is its consumer queue.
    ///
    /// # Errors
    /// When the settings contradict each other.
    pub(crate) fn consumer(config: Config) -> Result<Arc<Self>, String> {
        let client = Self::new(sys::rd_kafka_type_t::RD_KAFKA_CONSUMER, config)?;
        // SAFETY: the client is alive; the call moves its main queue onto its consumer queue.
        NativeError::check(unsafe { sys::rd_kafka_poll_set_consumer(client.raw()) }).map_err(|error| error.message)?;
        Ok(Arc::new(client))
    }

    fn new(kind: sys::rd_kafka_type_t, config: Config) -> Result<Self, String> {
        let ((config, names), mut text) = (config.into_raw(), ErrorText::new());
        // SAFETY: the configuration is alive and handed over, the text is as long as given.
        let raw = unsafe {
            let length = text.len();
            sys::rd_kafka_new(kind, config, text.as_mut_ptr(), length)
        };
        let Some(raw) = NonNull::new(raw) else {
            // SAFETY: a client that was not made leaves the configuration to its owner.
            drop(unsafe { Config::from_raw(config) });
            return Err(text.into_string());
        };
        Ok(Self { raw, names })
    }

    pub(super) fn raw(&self) -> *mut sys::rd_kafka_t {
        self.raw.as_ptr()
    }

    /// The names for error messages.
    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    /// The fatal error of this client, if there was one.
    pub(crate) fn fatal_error(&self) -> Option<NativeError> {
        let mut text = ErrorText::new();
        // SAFETY: the client is alive and the text is as long as given.
        let code = unsafe {
            let length = text.len();
            sys::rd_kafka_fatal_error(self.raw(), text.as_mut_ptr(), length)
        };
        NativeError::check(code).err().map(|error| NativeError { message: text.into_string(), ..error })
    }
}

/// Requests of an administration client.
impl Client {
    /// All topics that this client may see, with their numbers of partitions. It blocks, so it needs its own thread: librdkafka
    /// has no other call for a list of all topics.
    ///
    /// # Errors
    /// When no broker responds within `limit`.
    pub(crate) fn all_topics(&self, limit: Duration) -> Result<Vec<(Topic, u32)>, NativeError> {
        let limit_ms = i32::try_from(limit.as_millis()).unwrap_or(i32::MAX);
        let mut list = std::ptr::null();
        // SAFETY: the client is alive; on success the list is ours, read while it is alive, and destroyed once.
        unsafe {
            let nothing_else = std::ptr::null_mut();
            NativeError::check(sys::rd_kafka_metadata(self.raw(), 1, nothing_else, &raw mut list, limit_ms))?;
            let topics = super::replies::all_topics(&*list);
            sys::rd_kafka_metadata_destroy(list);
            Ok(topics)
        }
    }
}

/// Queries of a reader.
impl Client {
    /// Fills in, per partition, the offset after the last record taken from its queue.
    pub(crate) fn positions(&self, partitions: &mut Partitions) {
        // SAFETY: client and list are alive, and the list is not shared while its offsets are written.
        unsafe { sys::rd_kafka_position(self.raw(), partitions.raw()) };
    }

    /// The partition's end as of the last response of its leader.
    pub(crate) fn known_end(&self, partitions: &Partitions) -> Option<i64> {
        let first = partitions.first_raw()?;
        let (mut low, mut high) = (-1, -1);
        // SAFETY: client and list are alive, so is the name inside; the two offsets are ours.
        let code = unsafe {
            sys::rd_kafka_get_watermark_offsets(self.raw(), first.topic, first.partition, &raw mut low, &raw mut high)
        };
        NativeError::check(code).ok().map(|()| high).filter(|high| *high >= 0)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // SAFETY: the last owner is gone, and with it every queue, topic and message, since each of them holds a
        // reference to its client or is destroyed before the call that made it returns.
        unsafe { sys::rd_kafka_destroy_flags(self.raw(), sys::RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE) };
    }
}
