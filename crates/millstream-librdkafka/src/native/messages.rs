//! Records as librdkafka returns them.

use std::ffi::c_void;

use millstream_types::{Header, Headers, Offset, RecordBuf, RecordBytes, Timestamp};
use rdkafka_sys as sys;

use super::{NativeError, text_of};

/// The buffer for the messages of a batch, which is used again for each batch.
#[derive(Default)]
pub(crate) struct Room(Vec<*mut sys::rd_kafka_message_t>);

// SAFETY: outside of a batch, which borrows it, the room is empty: no pointer goes from thread to thread.
unsafe impl Send for Room {}

impl Room {
    /// Takes up to `limit` messages from a queue.
    ///
    /// # Safety
    /// `queue` must be a live queue of a partition.
    pub(super) unsafe fn fill(&mut self, queue: *mut sys::rd_kafka_queue_t, limit: usize) -> Batch<'_> {
        self.0.clear();
        self.0.reserve(limit);
        // SAFETY: the caller vouches for the queue; the room has place for `limit` messages, and librdkafka says how
        // many it wrote.
        unsafe {
            let count = sys::rd_kafka_consume_batch_queue(queue, 0, self.0.as_mut_ptr(), limit);
            self.0.set_len(usize::try_from(count).unwrap_or(0));
        }
        Batch(&mut self.0)
    }
}

/// Messages taken from a queue. Dropping it destroys them: closing a client waits until all of them are destroyed.
pub(crate) struct Batch<'a>(&'a mut Vec<*mut sys::rd_kafka_message_t>);

/// A record of a batch.
pub(crate) struct Fetched<'a>(&'a sys::rd_kafka_message_t);

impl Batch<'_> {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Fetched<'_>> {
        // SAFETY: the messages are alive until the batch is dropped, and the records borrow from it.
        self.0.iter().map(|message| Fetched(unsafe { &**message }))
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        for message in self.0.drain(..) {
            // SAFETY: the message is ours and is destroyed once.
            unsafe { sys::rd_kafka_message_destroy(message) };
        }
    }
}

impl<'a> Fetched<'a> {
    /// The record of a live message: one that was read, or that of a delivery report.
    pub(super) fn new(message: &'a sys::rd_kafka_message_t) -> Self {
        Self(message)
    }
}

impl Fetched<'_> {
    /// A copy of the record.
    pub(super) fn to_buf(&self) -> RecordBuf {
        let headers = self.headers();
        let (timestamp, key, value) = (self.timestamp(), self.key(), self.value());
        RecordBytes { timestamp, key, value, headers: &headers }.to_buf()
    }

    /// `Err` if this is not a record but an error of its partition.
    #[inline]
    pub(crate) fn check(&self) -> Result<(), NativeError> {
        match self.0.err {
            sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
            _ => Err(self.error()),
        }
    }

    #[cold]
    fn error(&self) -> NativeError {
        let error = NativeError::from_code(self.0.err);
        // SAFETY: a live message has a text for its error or none; it is copied.
        let message = unsafe { text_of(sys::rd_kafka_message_errstr(self.0)) };
        if message.is_empty() { error } else { NativeError { message, ..error } }
    }

    #[inline]
    pub(crate) fn offset(&self) -> Offset {
        Offset::new(self.0.offset)
    }

    #[inline]
    pub(crate) fn timestamp(&self) -> Timestamp {
        let mut kind = sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: the message is alive and the kind is ours.
        Timestamp::from_millis(unsafe { sys::rd_kafka_message_timestamp(self.0, &raw mut kind) })
    }

    #[inline]
    pub(crate) fn key(&self) -> Option<&[u8]> {
        // SAFETY: a live message has that many bytes of key, or none.
        unsafe { bytes(self.0.key, self.0.key_len) }
    }

    #[inline]
    pub(crate) fn value(&self) -> Option<&[u8]> {
        // SAFETY: a live message without an error has that many bytes of value, or none.
        unsafe { bytes(self.0.payload, self.0.len) }
    }

    /// Bytes of key and value.
    #[inline]
    pub(crate) fn size(&self) -> usize {
        self.0.key_len + self.0.len
    }

    #[inline]
    pub(crate) fn headers(&self) -> Headers {
        let mut headers = std::ptr::null_mut();
        // SAFETY: the message is alive; the headers found are its own.
        let found = unsafe { sys::rd_kafka_message_headers(self.0, &raw mut headers) };
        match found {
            // SAFETY: headers that were found live as long as their message.
            sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR => unsafe { copy_headers(headers) },
            _ => Headers::new(),
        }
    }
}

/// # Safety
/// `start` must be null or the start of `length` live bytes.
#[inline]
unsafe fn bytes<'a>(start: *const c_void, length: usize) -> Option<&'a [u8]> {
    // SAFETY: the caller vouches for it.
    (!start.is_null()).then(|| unsafe { std::slice::from_raw_parts(start.cast::<u8>(), length) })
}

/// # Safety
/// `headers` must be live headers.
#[cold]
unsafe fn copy_headers(headers: *const sys::rd_kafka_headers_t) -> Headers {
    let header = |index| {
        let (mut name, mut value, mut length) = (std::ptr::null(), std::ptr::null(), 0);
        // SAFETY: the caller vouches for live headers; name and value are theirs and copied.
        unsafe {
            let found = sys::rd_kafka_header_get_all(headers, index, &raw mut name, &raw mut value, &raw mut length);
            NativeError::check(found).ok()?;
            Some(Header { name: text_of(name), value: bytes(value, length).map(<[u8]>::to_vec) })
        }
    };
    (0..).map_while(header).collect()
}
