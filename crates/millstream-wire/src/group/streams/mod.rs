//! Members of streams groups (KIP-1071): the broker assigns the tasks.

mod described;
mod heartbeat;
mod refusal;
mod settings;
mod status;
mod streams_member;
mod tasks;
#[cfg(test)]
mod tests;
mod topology;

pub(crate) use streams_member::StreamsMember;
