//! Tests of the primitive types.
