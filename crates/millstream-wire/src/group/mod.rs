//! Classic consumer groups: what members tell the leader and each other, and how the leader assigns partitions.

pub(crate) mod consumer_protocol;
pub(crate) mod cooperative_sticky;
pub(crate) mod member;
