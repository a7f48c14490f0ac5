//! The assignor of Millstream, step by step: the model of a group, the balance between processes, copies that have to warm up, standbys,
//! and the balance between threads.

mod assignor;
mod balance;
mod hosts;
mod model;
mod outcome;
mod spread;
mod standbys;
#[cfg(test)]
mod tests;
mod threads;

pub use assignor::StickyTaskAssignor;
