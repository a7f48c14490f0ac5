//! The requests that carry records, and their responses, in one version each. They are written and read by hand, so that
//! records are not copied. All others are in `millstream-protocol`. Brokers support `Fetch` since Kafka 2.7, and `Produce`
//! since 2.8.

pub(crate) mod fetch;
pub(crate) mod produce;

#[cfg(test)]
mod tests;
