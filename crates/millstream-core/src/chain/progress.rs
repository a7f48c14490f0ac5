//! Whether work that may end early is done.

/// How far work has come that may end before it is done, such as a [flush](super::Chain::flush).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlushProgress {
    /// Nothing is left to do.
    Done,
    /// There is more to do.
    More,
}
