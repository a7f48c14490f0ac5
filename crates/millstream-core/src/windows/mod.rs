//! The kinds of windows of aggregations.

mod fixed;
mod session;
mod sliding;
mod starts;
mod time;
mod unlimited;

pub(crate) use fixed::FixedWindows;
pub use session::SessionWindows;
pub use sliding::SlidingWindows;
pub use time::{TimeWindows, WindowedKey};
pub use unlimited::UnlimitedWindows;
