//! librdkafka's errors.

use rdkafka_sys as sys;

pub(crate) use sys::types::RDKafkaErrorCode as Code;

use super::text_of;

/// An error of librdkafka: its code and its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NativeError {
    pub(crate) code: Code,
    pub(crate) message: String,
}

impl NativeError {
    /// The error of a code, with librdkafka's message for it.
    pub(super) fn from_code(code: sys::rd_kafka_resp_err_t) -> Self {
        let code = Code::from(code);
        Self { code, message: code.to_string() }
    }

    /// `Err` unless the code is that of success.
    pub(super) fn check(code: sys::rd_kafka_resp_err_t) -> Result<(), Self> {
        match code {
            sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
            code => Err(Self::from_code(code)),
        }
    }

    /// Reads an error object and frees it; null is success.
    ///
    /// # Safety
    /// `error` must be null or an error object that the caller owns.
    pub(super) unsafe fn take(error: *mut sys::rd_kafka_error_t) -> Result<(), Self> {
        if error.is_null() {
            return Ok(());
        }
        // SAFETY: the caller owns the object, it is read first and destroyed once.
        unsafe {
            let result = Self::read(error);
            sys::rd_kafka_error_destroy(error);
            result
        }
    }

    /// Reads an error object; null is success.
    ///
    /// # Safety
    /// `error` must be null or a live error object.
    pub(super) unsafe fn read(error: *const sys::rd_kafka_error_t) -> Result<(), Self> {
        if error.is_null() {
            return Ok(());
        }
        // SAFETY: the caller vouches for a live object; its text is copied.
        let (code, message) = unsafe { (sys::rd_kafka_error_code(error), text_of(sys::rd_kafka_error_string(error))) };
        NativeError::check(code).map_err(|error| Self { message, ..error })
    }

    /// The error that an event has, if it has one.
    ///
    /// # Safety
    /// `event` must be a live event.
    pub(super) unsafe fn of_event(event: *mut sys::rd_kafka_event_t) -> Option<Self> {
        // SAFETY: every live event has an error code and a text; the text is copied.
        let (code, message) =
            unsafe { (sys::rd_kafka_event_error(event), text_of(sys::rd_kafka_event_error_string(event))) };
        let error = Self::check(code).err()?;
        Some(if message.is_empty() { error } else { Self { message, ..error } })
    }
}
