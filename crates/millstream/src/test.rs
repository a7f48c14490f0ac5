//! Tests of topologies: the real tasks, without threads, brokers and waiting.

