//! Tests of whole tasks, on the in-process log.

#![allow(clippy::unwrap_used)]

mod commits;
mod fixture;
mod records;
