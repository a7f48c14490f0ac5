//! The calls of librdkafka's C functions. Every `unsafe` block of the crate is in this module.
//!
//! It wraps handles in owning types ([`Client`], [`Queue`], [`Partitions`], [`TopicHandle`]) and converts what librdkafka
//! returns to plain values ([`QueueEvent`]). Except for [`Client::all_topics`] nothing blocks: responses arrive in queues.
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
pub(crate) use queue::{Queue, QueueEvent, Severity};
pub(crate) use replies::{Description, Reply, Response, TopicId};
pub(crate) use requests::Requests;

/// A C string. Names in Kafka have no NUL; a text is cut before one, and librdkafka or the broker refuses the rest.
fn c_string(text: &str) -> CString {
    let end = text.find('\0').unwrap_or(text.len());
    CString::new(&text[..end]).expect("cut before the first NUL")
}

/// Copies a string of librdkafka; null is empty.
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

/// Copies the name of a topic.
///
/// # Safety
/// As for [`text_of`].
unsafe fn topic_of(name: *const c_char) -> Topic {
    // SAFETY: the caller vouches for the same.
    Topic::from(unsafe { text_of(name) })
}

/// The buffer for an error message of librdkafka.
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
