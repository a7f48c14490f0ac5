//! Millstream's examples.
