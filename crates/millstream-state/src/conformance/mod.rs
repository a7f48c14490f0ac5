//! Conformance suites for engines, and for stores with any backing. Call them from tests of an implementation.
//!
//! Each function runs all its cases and panics at the first that fails. `open` is called once per case, and must return an
//! empty engine or backing.
//!
//! # Examples
//! ```
//! use millstream_state::{InMemoryEngine, conformance};
//!
//! conformance::engine(|| Box::new(InMemoryEngine::new()));
//! ```

#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

mod duplicates;
mod engine;
mod headers;
mod key_value;
mod recorded;
mod session;
mod versioned;
mod window;

pub use duplicates::duplicates;
pub use engine::engine;
pub use headers::headers;
pub use key_value::key_value;
pub use recorded::{LoggedRecord, LoggedView, RecordedChangelog};
pub use session::session;
pub use versioned::versioned;
pub use window::window;
