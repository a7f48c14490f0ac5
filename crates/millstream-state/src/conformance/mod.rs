//! What every engine, and every store over every backing, must do: call these from a test of the implementation.
//!
//! Each function runs all its cases and panics at the first that fails. `open` is called once per case; what it gives must
//! be empty.
//!
//! # Examples
//! ```
//! use millstream_state::{InMemoryEngine, conformance};
//!
//! conformance::engine(|| Box::new(InMemoryEngine::new()));
//! ```

#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

mod engine;
mod key_value;
mod recorded;
mod window;

pub use engine::engine;
pub use key_value::key_value;
pub use recorded::{LoggedRecord, LoggedView, RecordedChangelog};
pub use window::window;
