//! What a task holds of its state on disk beside its stores.

use std::sync::{Arc, OnceLock};

/// What a task holds of its state on disk beside its stores, and longer than them: the lock on its directory, say.
pub struct HeldState {
    pub(super) damage: Damage,
    _guard: Box<dyn Send>,
}

impl HeldState {
    /// Drops `guard` after the stores of the task; `damage` is what the engines of these stores have met.
    #[must_use]
    pub fn new(damage: Damage, guard: impl Send + 'static) -> Self {
        Self { damage, _guard: Box::new(guard) }
    }
}

/// The damage that the engines of one task have met: the first, in words. Clones share it.
///
/// # Examples
/// ```
/// let damage = millstream_task::Damage::default();
/// damage.clone().note("a block fails its checksum");
/// damage.note("a file is missing");
/// assert_eq!(damage.get(), Some("a block fails its checksum"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Damage(Arc<OnceLock<String>>);

impl Damage {
    /// The first damage, if there was any.
    #[must_use]
    pub fn get(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }

    /// Remembers this damage unless there was an earlier one.
    pub fn note(&self, damage: impl Into<String>) {
        self.0.get_or_init(|| damage.into());
    }
}
