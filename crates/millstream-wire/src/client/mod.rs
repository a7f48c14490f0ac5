//! Calls to brokers beyond fetching and producing: to any broker, to the controller, to leaders and coordinators.

mod call;
mod call_link;
mod cluster;
mod errors;
#[cfg(test)]
mod in_flight;
mod tasks;
#[cfg(test)]
mod tests;

pub(crate) use call::CallError;
pub(crate) use cluster::{Cluster, Lane};
pub(crate) use errors::{about_group, about_partition, about_topic, log_error};
#[cfg(test)]
pub(crate) use in_flight::Counter;
pub(crate) use tasks::{Task, Tasks, poll_slot};
