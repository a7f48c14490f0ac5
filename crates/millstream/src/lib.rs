//! Stateful stream processing as a library: Kafka Streams' model in Rust
