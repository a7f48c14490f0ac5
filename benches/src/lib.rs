//! Millstream's benches.
