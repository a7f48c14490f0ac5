//! The broker, and the program's own requests to it.

pub(crate) mod client;
mod feeder;
mod progress;
mod server;

pub(crate) use client::BrokerClient;
pub(crate) use feeder::Feeder;
pub(crate) use progress::Progress;
pub(crate) use server::{Server, scripts};
