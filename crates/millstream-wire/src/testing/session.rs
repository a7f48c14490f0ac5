//! A fetch session.

use super::requests::RequestedPartition;

/// What a broker remembers of a connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct TestSession {
    pub(crate) epoch: i32,
    /// The partitions, each with the end that was told.
    pub(super) partitions: Vec<(RequestedPartition, Option<i64>)>,
}
