//! The broker, and what the program itself does with it.

pub(crate) mod hands;
mod progress;
mod server;

pub(crate) use hands::{Feeder, Hands};
pub(crate) use progress::Progress;
pub(crate) use server::{Server, scripts};
