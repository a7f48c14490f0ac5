//! Sends records.

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::Duration;

use millstream_types::{Headers, RecordBytes};
use rdkafka_sys as sys;
use sys::rd_kafka_vtype_t as Kind;
use sys::rd_kafka_vu_s__bindgen_ty_1 as Value;

use super::{Client, Code, ErrorText, NativeError, c_string};

/// A topic of a client. Creating one starts a look-up of its partitions' leaders.
pub(crate) struct TopicHandle {
    raw: NonNull<sys::rd_kafka_topic_t>,
    client: Arc<Client>,
}

// SAFETY: librdkafka's topic handles may be used from any thread.
unsafe impl Send for TopicHandle {}

impl TopicHandle {
    /// Creates a handle. `number` is part of the delivery reports of its records. Those that cannot be sent before they are
    /// older than `age_max` are refused ([`Code::MessageTimedOut`]); without it the client's settings apply.
    pub(crate) fn new(
        client: &Arc<Client>,
        topic: &str,
        number: usize,
        age_max: Option<Duration>,
    ) -> Result<Self, NativeError> {
        let name = c_string(topic);
        let age_max = age_max.map(|age_max| c_string(&age_max.as_millis().max(1).to_string()));
        // SAFETY: the client is alive; the settings are a copy of its defaults and handed over; the opaque value is
        // a number, never followed as a pointer; the strings end with NUL and are copied, and the text is as long as given.
        let raw = unsafe {
            let settings = sys::rd_kafka_default_topic_conf_dup(client.raw());
            sys::rd_kafka_topic_conf_set_opaque(settings, number as *mut c_void);
            if let Some(millis) = &age_max {
                let (setting, mut text) = (c"message.timeout.ms", ErrorText::new());
                let length = text.len();
                sys::rd_kafka_topic_conf_set(settings, setting.as_ptr(), millis.as_ptr(), text.as_mut_ptr(), length);
            }
            sys::rd_kafka_topic_new(client.raw(), name.as_ptr(), settings)
        };
        match NonNull::new(raw) {
            Some(raw) => Ok(Self { raw, client: Arc::clone(client) }),
            // SAFETY: reads the calling thread's last error.
            None => Err(NativeError::from_code(unsafe { sys::rd_kafka_last_error() })),
        }
    }

    /// Copies a record into its partition's batch; returns `Ok(false)` if the buffer is full. The timestamp must not be 0,
    /// which librdkafka replaces by the current time. `number` is part of the record's delivery report.
    ///
    /// # Errors
    /// When this record cannot be sent.
    #[inline]
    pub(crate) fn send(&self, partition: u32, record: &RecordBytes<'_>, number: u64) -> Result<bool, NativeError> {
        let headers = OutgoingHeaders::new(record.headers);
        let partition = i32::try_from(partition).unwrap_or(i32::MAX);
        let fields = [
            field(Kind::RD_KAFKA_VTYPE_RKT, Value { rkt: self.raw.as_ptr() }),
            field(Kind::RD_KAFKA_VTYPE_PARTITION, Value { i32_: partition }),
            field(Kind::RD_KAFKA_VTYPE_MSGFLAGS, Value { i: sys::RD_KAFKA_MSG_F_COPY }),
            field(Kind::RD_KAFKA_VTYPE_TIMESTAMP, Value { i64_: record.timestamp.as_millis() }),
            field(Kind::RD_KAFKA_VTYPE_KEY, memory(record.key)),
            field(Kind::RD_KAFKA_VTYPE_VALUE, memory(record.value)),
            field(Kind::RD_KAFKA_VTYPE_OPAQUE, Value { ptr: number as *mut c_void }),
            field(Kind::RD_KAFKA_VTYPE_HEADERS, Value { headers: headers.0 }),
        ];
        let count = fields.len() - usize::from(headers.0.is_null());
        // SAFETY: client and topic are alive; key and value are copied before the call returns; the opaque value is a
        // number, never followed as a pointer; the headers are handed over only if the call succeeds.
        let sent = unsafe { NativeError::take(sys::rd_kafka_produceva(self.client.raw(), fields.as_ptr(), count)) };
        match sent {
            Ok(()) => {
                headers.handed_over();
                Ok(true)
            }
            Err(error) if error.code == Code::QueueFull => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Drop for TopicHandle {
    fn drop(&mut self) {
        // SAFETY: the handle is ours, and its client is still alive.
        unsafe { sys::rd_kafka_topic_destroy(self.raw.as_ptr()) };
    }
}

impl Client {
    /// Requests that buffered records are sent without lingering. It does not wait for the brokers' threads, so records may
    /// still linger if a thread handles the request too late.
    pub(crate) fn flush(&self) {
        // SAFETY: the client is alive; a timeout of 0 does not wait.
        unsafe { sys::rd_kafka_flush(self.raw(), 0) };
    }

    /// Takes back records that are not sent: they are refused with [`Code::PurgeQueue`]. Requests in flight are not affected;
    /// if they fail, call it again, so that their records are not sent again. The client cannot be used afterwards: the gap
    /// in its sequence is an error to the broker.
    pub(crate) fn purge_queued(&self) {
        let queued = sys::RD_KAFKA_PURGE_F_QUEUE | sys::RD_KAFKA_PURGE_F_NON_BLOCKING;
        // SAFETY: the client is alive and a producer; the call does not wait.
        unsafe { sys::rd_kafka_purge(self.raw(), queued) };
    }
}

fn field(vtype: Kind, u: Value) -> sys::rd_kafka_vu_t {
    sys::rd_kafka_vu_t { vtype, u }
}

/// A key or value; empty is not null.
fn memory(part: Option<&[u8]>) -> Value {
    let (ptr, size) = part.map_or((std::ptr::null(), 0), |part| (part.as_ptr(), part.len()));
    Value { mem: sys::rd_kafka_vu_s__bindgen_ty_1__bindgen_ty_1 { ptr: ptr.cast_mut().cast::<c_void>(), size } }
}

/// A record's headers in librdkafka's memory; null if there are none.
struct OutgoingHeaders(*mut sys::rd_kafka_headers_t);

impl OutgoingHeaders {
    #[inline]
    fn new(headers: &Headers) -> Self {
        if headers.is_empty() { Self(std::ptr::null_mut()) } else { Self::copy_of(headers) }
    }

    fn copy_of(headers: &Headers) -> Self {
        // SAFETY: the list is ours; names and values are copied, with the lengths they have.
        unsafe {
            let list = sys::rd_kafka_headers_new(headers.len());
            for header in headers {
                let value = header.value.as_deref();
                let (start, length) = value.map_or((std::ptr::null(), 0), |value| (value.as_ptr(), value.len()));
                sys::rd_kafka_header_add(
                    list,
                    header.name.as_ptr().cast(),
                    signed(header.name.len()),
                    start.cast(),
                    signed(length),
                );
            }
            Self(list)
        }
    }

    fn handed_over(mut self) {
        self.0 = std::ptr::null_mut();
    }
}

impl Drop for OutgoingHeaders {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: the list is still ours.
            unsafe { sys::rd_kafka_headers_destroy(self.0) };
        }
    }
}

/// Converts the length of a slice.
fn signed(length: usize) -> isize {
    isize::try_from(length).expect("a slice is no longer than isize::MAX")
}
