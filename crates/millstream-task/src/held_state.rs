//! Resources that a task holds beside its stores.

use std::sync::{Arc, OnceLock};

/// Resources that a task holds longer than its stores, such as the lock of its directory.
pub struct HeldState {
    pub(super) damage: Damage,
    _guard: Box<dyn Send>,
}

impl HeldState {
    /// `guard` is dropped after the stores of the task; `damage` is recorded by their engines.
    #[must_use]
    pub fn new(damage: Damage, guard: impl Send + 'static) -> Self {
        Self { damage, _guard: Box::new(guard) }
    }
}

/// The first damage that the engines of a task have found, as a text. Clones share it.
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

    /// Records damage, unless there was an earlier one.
    pub fn note(&self, damage: impl Into<String>) {
        self.0.get_or_init(|| damage.into());
    }
}
