//! A member of a streams group against a test broker whose responses the tests write.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "against brokers in real time, on threads of their own"
)]

mod joining;
mod lab;
mod reconciling;
mod refusals;
mod statuses;

use std::time::Duration;

use millstream_log::LogError;
use millstream_protocol::Request;
use millstream_protocol::messages as of;

use self::lab::{Lab, accepted, ids, with_tasks};
use crate::testing::Fault;

const HEARTBEAT: i16 = of::StreamsGroupHeartbeatRequest::API_KEY;
