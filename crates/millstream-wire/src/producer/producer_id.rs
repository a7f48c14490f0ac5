//! The id by which brokers recognise the batches of a producer.

/// A producer id, which no other producer has, and its epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProducerId {
    pub(crate) id: i64,
    pub(crate) epoch: i16,
}
