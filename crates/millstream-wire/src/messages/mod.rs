//! The requests of a fetcher and a producer, and their responses, in one version each. Brokers support those of a fetcher
//! since Kafka 2.7, and those of a producer since 2.8.

pub(crate) mod api_versions;
pub(crate) mod fetch;
pub(crate) mod init_producer_id;
pub(crate) mod metadata;
pub(crate) mod produce;
pub(crate) mod sasl;

#[cfg(test)]
mod tests;
