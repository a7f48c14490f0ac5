//! Start-up: determines how many partitions the topics have, creates the internal topics, and fails if a changed topology
//! would lose records or state.

mod error;
mod fitness;
mod left_over;
mod set_up;
mod survey;
mod why;

pub use error::{NewStore, Quoted, SetUpError, Unread, WrongCount};
pub(crate) use set_up::{Found, SetUp};

#[cfg(test)]
mod tests;
