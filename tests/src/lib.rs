//! Millstream's tests.
