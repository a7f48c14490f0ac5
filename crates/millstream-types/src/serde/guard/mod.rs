//! A layer between a type's serde implementation and a format, which refuses values that would not be read back.
//!
//! JSON writes NaN and `Some(None)` as `null`, and writes deeper values than it reads. bincode leaves skipped fields out, and
//! does not limit the depth of reading. Such values could not be read, or would be read as other ones. Whether the type's own
//! implementation reads a value is checked by reading one value of each [shape](shape) back.

mod context;
mod de;
mod format;
mod parts;
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
