//! The size and retention of windows.

/// The size and retention of the windows of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowOptions {
    /// How far the start of a window may be behind stream time, in milliseconds.
    pub retention_ms: i64,
    /// The size of a window in milliseconds.
    pub window_size_ms: i64,
}
