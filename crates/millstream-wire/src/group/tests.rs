//! Members against test brokers, which respond correctly or with a fault.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "against brokers in real time, on threads of their own"
)]

mod assignors;
mod brought;
mod commits;
mod errors;
mod lab;
mod lost;
mod members;
mod moves;
mod random;
mod silence;
mod statics;

use std::time::Duration;

use millstream_log::LogError;
use millstream_protocol::Request;
use millstream_protocol::messages as of;
use millstream_types::{Topic, TopicPartition};

use self::lab::{GROUP, Lab, at, names};
use crate::testing::{Fault, Waiting};
