//! The requests that the brokers read and answer by the codecs of `millstream-protocol`.

mod admin;
mod call;
mod dispatch;
mod group;
mod group_calls;
mod join;
mod metadata;
mod offsets;
mod state;
mod streams_calls;
mod versions;

pub(crate) use call::Call;
pub(crate) use group::{TestGroup, TestMember, Waiting};
pub(crate) use state::{Calls, Served};
pub(crate) use versions::APIS;
