//! What stands between a type's serde implementation and a format, and refuses what the format would not give back.
//!
//! JSON writes NaN as `null` and `Some(None)` as `null`, and nests without end although its reader does not; bincode leaves
//! skipped fields out without a trace, and reads as deep as the stack is large. Each such value would be written once and
//! never be read again, or be read as another one. What only the type itself decides is found by reading a value of each
//! [shape](shape) back.

mod de;
mod format;
mod parts;
mod place;
mod read_back;
mod redact;
mod refusal;
mod ser;
mod shape;

pub(super) use de::{Bounded, TOO_DEEP};
pub(super) use format::Format;
pub(super) use read_back::encode as encode_read_back;
pub(super) use redact::without_quotes;
pub(super) use refusal::Refusal;
pub(super) use ser::Guarded;
