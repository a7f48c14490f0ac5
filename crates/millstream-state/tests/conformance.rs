//! All conformance suites, with all backings of this crate.

use millstream_state::{Backing, InMemoryEngine, conformance};

fn over_engine(cache_bytes_max: usize) -> Backing {
    Backing::Engine { engine: Box::new(InMemoryEngine::new()), cache_bytes_max }
}

#[test]
fn engine_in_memory() {
    conformance::engine(|| Box::new(InMemoryEngine::new()));
}

#[test]
fn key_value_in_memory() {
    conformance::key_value(|| Backing::InMemory);
}

#[test]
fn key_value_over_an_engine_with_a_large_cache() {
    conformance::key_value(|| over_engine(100 << 20));
}

#[test]
fn key_value_over_an_engine_with_a_tiny_cache() {
    conformance::key_value(|| over_engine(400));
}

#[test]
fn key_value_over_an_engine_without_cache() {
    conformance::key_value(|| over_engine(0));
}

#[test]
fn window_in_memory() {
    conformance::window(|| Backing::InMemory);
}

#[test]
fn window_over_an_engine_with_a_large_cache() {
    conformance::window(|| over_engine(100 << 20));
}

#[test]
fn window_over_an_engine_with_a_tiny_cache() {
    conformance::window(|| over_engine(400));
}

#[test]
fn window_over_an_engine_without_cache() {
    conformance::window(|| over_engine(0));
}

#[test]
fn duplicates_in_memory() {
    conformance::duplicates(|| Backing::InMemory);
}

#[test]
fn duplicates_over_an_engine_with_a_large_cache() {
    conformance::duplicates(|| over_engine(100 << 20));
}

#[test]
fn duplicates_over_an_engine_with_a_tiny_cache() {
    conformance::duplicates(|| over_engine(400));
}

#[test]
fn duplicates_over_an_engine_without_cache() {
    conformance::duplicates(|| over_engine(0));
}

#[test]
fn session_in_memory() {
    conformance::session(|| Backing::InMemory);
}

#[test]
fn session_over_an_engine_with_a_large_cache() {
    conformance::session(|| over_engine(100 << 20));
}

#[test]
fn session_over_an_engine_with_a_tiny_cache() {
    conformance::session(|| over_engine(400));
}

#[test]
fn session_over_an_engine_without_cache() {
    conformance::session(|| over_engine(0));
}

#[test]
fn headers_in_memory() {
    conformance::headers(|| Backing::InMemory);
}

#[test]
fn headers_over_an_engine() {
    for cache_bytes_max in [0, 400, 100 << 20] {
        conformance::headers(|| over_engine(cache_bytes_max));
    }
}

#[test]
fn versioned_in_memory() {
    conformance::versioned(|| Backing::InMemory);
}

#[test]
fn versioned_over_an_engine() {
    for cache_bytes_max in [0, 400, 100 << 20] {
        conformance::versioned(|| over_engine(cache_bytes_max));
    }
}
