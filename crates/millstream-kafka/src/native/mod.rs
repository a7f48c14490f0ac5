//! The one place that calls librdkafka's C functions: every `unsafe` block of the crate stands below this module.
//!
//! It wraps handles in owners ([`Client`], [`Queue`], [`Partitions`], [`TopicHandle`]) and turns what librdkafka reports
//! into plain values ([`QueueEvent`]); what to do with them is decided above. Nothing here blocks: all responses come by queues.
#![allow(unsafe_code)]

mod client;
mod config;
mod delivered;
mod error;
mod membership;
mod messages;
mod partitions;
mod produce;
mod queue;
mod replies;
mod requests;

use std::ffi::{CStr, CString, c_char};

use millstream_types::Topic;

pub(crate) use client::Client;
pub(crate) use config::{Config, ConfigError, Names};
pub(crate) use delivered::{Delivered, Delivery};
pub(crate) use error::{Code, NativeError};
pub(crate) use messages::{Batch, Room};
pub(crate) use partitions::Entry;
pub(crate) use partitions::{LogicalOffset, Partitions};
pub(crate) use produce::TopicHandle;
pub(crate) use queue::{Queue, QueueEvent};
pub(crate) use replies::{Description, Reply, Response, TopicId};
pub(crate) use requests::Requests;

/// A name as C wants it. No topic, group or setting of Kafka's has a NUL in it; what stands behind one is cut off,
/// and librdkafka or the broker refuses the rest by name.
fn c_string(text: &str) -> CString {
    let end = text.find('\0').unwrap_or(text.len());
    CString::new(&text[..end]).expect("cut before the first NUL")
}

/// A text of librdkafka's, copied. Null is empty.
///
/// # Safety
/// `text` must be null or point to a string that ends with NUL.
unsafe fn text_of(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: the caller vouches for a string that ends with NUL, and it is copied before it can be freed.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

/// A topic's name as librdkafka has it.
///
/// # Safety
/// As for [`text_of`].
unsafe fn topic_of(name: *const c_char) -> Topic {
    // SAFETY: the caller vouches for the same.
    Topic::from(unsafe { text_of(name) })
}

/// Room for a message of librdkafka's about what went wrong.
struct ErrorText([c_char; 512]);

impl ErrorText {
    fn new() -> Self {
        Self([0; 512])
    }

    fn as_mut_ptr(&mut self) -> *mut c_char {
        self.0.as_mut_ptr()
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn into_string(self) -> String {
        // SAFETY: the array began as zeros, and librdkafka ends what it writes into it with NUL.
        unsafe { text_of(self.0.as_ptr()) }
    }
}
