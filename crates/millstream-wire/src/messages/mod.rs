//! The requests that a reader makes, and their answers: one version of each, which all brokers since Kafka 2.7 speak.

pub(crate) mod api_versions;
pub(crate) mod fetch;
pub(crate) mod metadata;

#[cfg(test)]
mod tests;
