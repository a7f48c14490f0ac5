//! The broker, and what the program itself does with it.

mod feeder;
pub(crate) mod hands;
mod progress;
mod server;

pub(crate) use feeder::Feeder;
pub(crate) use hands::Hands;
pub(crate) use progress::Progress;
pub(crate) use server::{Server, scripts};
