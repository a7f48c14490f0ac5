//! How long windows are, and how long they are kept.

/// A window store's windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowOptions {
    /// How far behind stream time a window's start may lie, in milliseconds.
    pub retention_ms: i64,
    /// How long a window is, in milliseconds.
    pub window_size_ms: i64,
}
