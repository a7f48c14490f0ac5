//! The requests that a reader and a writer make, and their responses: one version of each. All brokers since Kafka 2.7 speak
//! the reader's, and since 2.8 the writer's.

pub(crate) mod api_versions;
pub(crate) mod fetch;
pub(crate) mod init_producer_id;
pub(crate) mod metadata;
pub(crate) mod produce;

#[cfg(test)]
mod tests;
