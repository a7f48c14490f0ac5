//! Start-up: finds out how many partitions the topics have, and sees to it that the internal topics are there.

mod fitness;
mod set_up;

pub(crate) use set_up::SetUp;
pub use set_up::SetUpError;

#[cfg(test)]
mod tests;
