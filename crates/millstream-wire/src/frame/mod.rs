//! Frames: a size, a header, a body, in the encoding that Kafka calls flexible.
//!
//! Source: `KIP-482` and the message schemas of Kafka 4.3.

mod answer;
mod question;

pub(crate) use answer::Answer;
pub(crate) use question::{Api, Question};
